import { type Agent, request } from 'node:http';

export interface Answer {
  readonly status: number;
  readonly body: string;
}

/** One request with a limit on its whole length; rejects when there is no answer. */
export function send(
  method: 'GET' | 'POST',
  url: string,
  timeoutMs: number,
  options: { agent?: Agent; signal?: AbortSignal } = {},
): Promise<Answer> {
  const timeout = AbortSignal.timeout(timeoutMs);
  const signal = options.signal ? AbortSignal.any([options.signal, timeout]) : timeout;
  return new Promise((resolve, reject) => {
    const fail = (error: Error) =>
      reject(timeout.aborted ? new Error(`no answer within ${timeoutMs / 1000} s`) : error);
    const req = request(
      url,
      { method, signal, ...(options.agent ? { agent: options.agent } : {}) },
      (res) => {
        let body = '';
        res.setEncoding('utf8');
        res.on('data', (chunk: string) => {
          body += chunk;
        });
        res.on('end', () => resolve({ status: res.statusCode ?? 0, body }));
        res.on('error', fail);
      },
    );
    req.on('error', fail);
    req.end();
  });
}

export const get = (url: string, timeoutMs: number): Promise<Answer> => send('GET', url, timeoutMs);
