import type { Context } from 'hono';
import { UpkeepError } from '../core/verb.ts';

/** The body as a JSON object; `{}` where there is none. @throws UpkeepError bad-input */
export async function jsonBody(c: Context): Promise<Record<string, unknown>> {
  const text = await c.req.text();
  if (text.trim() === '') return {};
  const type = c.req.header('content-type');
  if (type !== undefined && !/^application\/(\w+\+)?json\b/i.test(type))
    throw new UpkeepError('bad-input', 'send the body as Content-Type: application/json');
  const body = parsed(text);
  if (body === null || typeof body !== 'object' || Array.isArray(body))
    throw new UpkeepError('bad-input', 'the body must be a JSON object');
  return { ...body };
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new UpkeepError('bad-input', 'the body is not JSON');
  }
}
