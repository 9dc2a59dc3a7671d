/** An endpoint of a language model on loopback that says what a test has written down, in either dialect. */
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';

/** One answer of the model: words, calls of tools, or both; or an HTTP status instead. */
export interface Line {
  readonly text?: string;
  readonly calls?: readonly { readonly name: string; readonly input: unknown }[];
  readonly status?: number;
  /** Never answers. */
  readonly hangs?: true;
  readonly tokens?: number;
}

export interface Asked {
  readonly path: string;
  readonly headers: IncomingMessage['headers'];
  readonly body: string;
}

export async function startScriptedModel(script: (turn: number, body: string) => Line) {
  const asked: Asked[] = [];
  const server = createServer((request, response) => {
    let body = '';
    request.setEncoding('utf8').on('data', (part: string) => {
      body += part;
    });
    request.once('end', () => {
      const path = request.url ?? '';
      const line = script(asked.length, body);
      asked.push({ path, headers: request.headers, body });
      if (line.hangs) return;
      const isAnthropic = path.endsWith('/messages');
      const answer = line.status
        ? { error: { type: 'error', message: 'it does not want to' } }
        : isAnthropic
          ? inAnthropic(line)
          : inOpenAi(line);
      response.writeHead(line.status ?? 200, { 'content-type': 'application/json' });
      response.end(JSON.stringify(answer));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}/v1`,
    port,
    asked,
    stop: () =>
      new Promise<void>((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

function inOpenAi({ text = '', calls = [], tokens = 100 }: Line) {
  return {
    ...{ id: 'c1', object: 'chat.completion', created: 1, model: 'scripted' },
    choices: [
      {
        index: 0,
        finish_reason: calls.length > 0 ? 'tool_calls' : 'stop',
        message: {
          role: 'assistant',
          content: text,
          ...(calls.length > 0
            ? {
                tool_calls: calls.map(({ name, input }, index) => ({
                  ...{ id: `call-${index}-${name}`, type: 'function' },
                  function: { name, arguments: JSON.stringify(input) },
                })),
              }
            : {}),
        },
      },
    ],
    usage: { prompt_tokens: tokens, completion_tokens: 10, total_tokens: tokens + 10 },
  };
}

function inAnthropic({ text = '', calls = [], tokens = 100 }: Line) {
  return {
    ...{ id: 'm1', type: 'message', role: 'assistant', model: 'scripted' },
    content: [
      ...(text === '' ? [] : [{ type: 'text', text }]),
      ...calls.map(({ name, input }, index) => ({
        type: 'tool_use',
        id: `call-${index}-${name}`,
        name,
        input,
      })),
    ],
    stop_reason: calls.length > 0 ? 'tool_use' : 'end_turn',
    stop_sequence: null,
    usage: { input_tokens: tokens, output_tokens: 10 },
  };
}
