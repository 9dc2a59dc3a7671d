import { z } from 'zod';
import { UpkeepError } from '../../core/verb.ts';

export const jsonInput = z.union([z.record(z.string(), z.unknown()), z.string()]);

/** How an action is asked for, on the command line and over HTTP. */
export const requestInput = z.object({
  action: z.string().describe('id of the action: postgres.terminate-backend'),
  target: z.string().describe('name of the target'),
  input: jsonInput.default({}).describe('its input as JSON: {"pid": 812, …}'),
  why: z.string().max(2_000).default('asked for by hand').describe('the reason; goes into the journal'),
});

export function requestOf(input: z.output<typeof requestInput>) {
  return { action: input.action, target: input.target, why: input.why, input: parsedInput(input.input) };
}

export function parsedInput(input: Record<string, unknown> | string): Record<string, unknown> {
  if (typeof input !== 'string') return input;
  try {
    const value: unknown = JSON.parse(input);
    if (value !== null && typeof value === 'object' && !Array.isArray(value)) return { ...value };
  } catch {
    // Falls through to the one message for both mistakes.
  }
  throw new UpkeepError('bad-input', 'input must be a JSON object: {"pid": 812}');
}
