import type { ErrorHandler } from 'hono';
import { HTTPException } from 'hono/http-exception';
import { ZodError } from 'zod';
import { type ErrorCode, errorCodes, UpkeepError } from '../core/verb.ts';

/** Every error as `{ error: { code, message } }`; what is not ours to tell stays inside. */
export const answerErrors: ErrorHandler = (error, c) => {
  const { code, message } = tell(error);
  return c.json({ error: { code, message } }, errorCodes[code]);
};

export function tell(error: unknown): { code: ErrorCode; message: string } {
  if (error instanceof UpkeepError) return { code: error.code, message: error.message };
  if (error instanceof ZodError) {
    const places = error.issues.map((issue) => `${issue.path.join('.') || 'input'}: ${issue.message}`);
    return { code: 'bad-input', message: places.join('; ') };
  }
  if (error instanceof HTTPException && error.status === 413)
    return { code: 'bad-input', message: 'the request is too large' };
  if (error instanceof SyntaxError) return { code: 'bad-input', message: 'the body is not JSON' };
  return { code: 'internal', message: 'something went wrong inside Upkeep; its log says what' };
}
