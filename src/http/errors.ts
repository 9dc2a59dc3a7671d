import type { ErrorHandler } from 'hono';
import { HTTPException } from 'hono/http-exception';
import { ZodError } from 'zod';
import { inputProblems } from '../core/input-words.ts';
import { type ErrorCode, errorCodes, UpkeepError } from '../core/verb.ts';
import type { Log } from '../log.ts';

/** Every error as `{ error: { code, message } }`; what is not ours to tell goes to the log. */
export function answerErrors(log: Log): ErrorHandler {
  return (error, c) => {
    const { code, message } = tell(error);
    if (code === 'internal') {
      const { method, path } = c.req;
      log.error('a request failed', { method, path, error: error.stack ?? String(error) });
    }
    return c.json({ error: { code, message } }, errorCodes[code]);
  };
}

export function tell(error: unknown): { code: ErrorCode; message: string } {
  if (error instanceof UpkeepError) return { code: error.code, message: error.message };
  if (error instanceof ZodError) {
    return { code: 'bad-input', message: inputProblems(error).join('; ') };
  }
  if (error instanceof HTTPException && error.status === 413)
    return { code: 'too-large', message: 'the body is larger than 256 KiB' };
  return { code: 'internal', message: 'something went wrong inside Upkeep; its log says what' };
}
