/** One request and its answer over a connection of its own, each phase timed. */
import { type IncomingHttpHeaders, type IncomingMessage, request as startRequest } from 'node:http';
import type { Socket } from 'node:net';
import type { Clock } from '../../core/time.ts';
import { Interrupted, type Phase } from '../../machine/network/dial.ts';

export interface ExchangeRequest {
  readonly method: string;
  /** Path and query. */
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | undefined;
  readonly maxBytes: number;
  readonly keepBody: boolean;
}

export interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  /** Undefined where the request did not ask to keep it. */
  readonly body: Buffer | undefined;
  readonly bytes: number;
  /** The body is longer than `maxBytes`; the rest was not read. */
  readonly isCut: boolean;
  readonly firstByteSeconds: number;
  readonly transferSeconds: number;
}

/** Rejects with Interrupted or with the error of the connection; the socket is closed in either case. */
export function exchange(
  socket: Socket,
  asked: ExchangeRequest,
  ctx: { readonly signal: AbortSignal; readonly clock: Clock },
): Promise<Answer> {
  const { signal, clock } = ctx;
  return new Promise((resolve, reject) => {
    const began = clock.monotonic();
    // The handshake has brought bytes already where there was one.
    const readBefore = socket.bytesRead;
    let phase: Phase = 'first byte';
    const end = (finish: () => void) => {
      signal.removeEventListener('abort', interrupt);
      socket.destroy();
      finish();
    };
    const interrupt = () => {
      const hasBegun = socket.bytesRead > readBefore;
      end(() => reject(new Interrupted(hasBegun ? 'transfer' : phase)));
    };
    const fail = (error: Error) => end(() => reject(error));
    if (signal.aborted) return interrupt();
    signal.addEventListener('abort', interrupt, { once: true });
    const receive = (response: IncomingMessage) => {
      const answeredAt = clock.monotonic();
      phase = 'transfer';
      response.on('error', fail);
      readBody(response, asked, ({ body, bytes, isCut }) =>
        end(() =>
          resolve({
            status: response.statusCode ?? 0,
            headers: response.headers,
            body,
            bytes,
            isCut,
            firstByteSeconds: (answeredAt - began) / 1_000,
            transferSeconds: (clock.monotonic() - answeredAt) / 1_000,
          }),
        ),
      );
    };
    const request = startRequest({
      createConnection: () => socket,
      method: asked.method,
      path: asked.path,
      headers: asked.headers,
    });
    request.on('error', fail);
    request.once('response', receive);
    // A server that switches protocols (WebSocket) has answered; what follows is no HTTP.
    request.once('upgrade', (response) => {
      receive(response);
      response.push(null);
    });
    request.end(asked.body);
  });
}

function readBody(
  response: IncomingMessage,
  asked: ExchangeRequest,
  done: (read: { body: Buffer | undefined; bytes: number; isCut: boolean }) => void,
): void {
  const chunks: Buffer[] = [];
  let bytes = 0;
  let isDone = false;
  const finish = (isCut: boolean) => {
    if (isDone) return;
    isDone = true;
    done({ body: asked.keepBody ? Buffer.concat(chunks) : undefined, bytes, isCut });
  };
  response.on('data', (chunk: Buffer) => {
    if (isDone) return;
    const left = asked.maxBytes - bytes;
    bytes += Math.min(chunk.length, left);
    if (asked.keepBody) chunks.push(chunk.length > left ? chunk.subarray(0, left) : chunk);
    if (chunk.length > left) finish(true);
  });
  response.once('end', () => finish(false));
}
