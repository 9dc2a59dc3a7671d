/** A stand-in for the HTTP side of a service: records what comes and answers as it is told. */
import { createServer } from 'node:http';

export interface Recorded {
  readonly method: string;
  /** With its query. */
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  json<T = Record<string, unknown>>(): T;
  form(): Readonly<Record<string, string>>;
}

export type Answering =
  | {
      readonly status?: number;
      readonly headers?: Readonly<Record<string, string>>;
      /** Text as it is, anything else as JSON. */
      readonly body?: unknown;
    }
  /** Never answers. */
  | 'hang'
  /** Closes the connection without a word. */
  | 'close';

export interface HttpReceiver {
  readonly url: string;
  readonly port: number;
  readonly requests: Recorded[];
  /** May be changed at any time. */
  answer: (request: Recorded) => Answering;
  stop(): Promise<void>;
}

export async function startHttpReceiver(
  answer: (request: Recorded) => Answering = () => ({ status: 200, body: {} }),
): Promise<HttpReceiver> {
  const server = createServer((request, response) => {
    const parts: Buffer[] = [];
    request.on('data', (part: Buffer) => parts.push(part));
    request.on('end', () => {
      const body = Buffer.concat(parts).toString('utf8');
      const recorded: Recorded = {
        method: request.method ?? '',
        path: request.url ?? '',
        headers: Object.fromEntries(
          Object.entries(request.headers).map(([name, value]) => [name, String(value)]),
        ),
        body,
        json: <T>() => JSON.parse(body) as T,
        form: () => Object.fromEntries(new URLSearchParams(body)),
      };
      receiver.requests.push(recorded);
      const said = receiver.answer(recorded);
      if (said === 'hang') return;
      if (said === 'close') {
        request.socket.destroy();
        return;
      }
      const text = typeof said.body === 'string' ? said.body : JSON.stringify(said.body ?? {});
      response
        .writeHead(said.status ?? 200, { 'content-type': 'application/json', ...said.headers })
        .end(text);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  const receiver: HttpReceiver = {
    url: `http://127.0.0.1:${port}`,
    port,
    requests: [],
    answer,
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
  return receiver;
}
