/** Asks one address for a text over HTTP(S), with a cap on its size; follows no redirects. */
import { type IncomingMessage, request as requestHttp } from 'node:http';
import { request as requestHttps } from 'node:https';
import { amount } from '../../core/rule-words.ts';
import { Interrupted, type Phase } from './dial.ts';

export interface TextQuestion {
  readonly url: URL;
  /** `POST` where a body is given, else `GET`. */
  readonly method?: 'GET' | 'HEAD' | 'POST' | 'PUT';
  readonly body?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly signal: AbortSignal;
  /** Of the answer; a longer one rejects with AnswerTooLong. */
  readonly maxBytes: number;
  /** PEM of the authorities to trust beside the system's own. */
  readonly ca?: string;
}

export interface TextAnswer {
  readonly status: number;
  readonly statusText: string;
  readonly contentType: string;
  /** `Location` of a redirect. */
  readonly location: string | undefined;
  readonly text: string;
}

export class AnswerTooLong extends Error {
  override readonly name = 'AnswerTooLong';
}

/** Rejects with Interrupted, AnswerTooLong or the error of the network; credentials in the address become a header. */
export function fetchText(question: TextQuestion): Promise<TextAnswer> {
  const { url, body, signal } = question;
  let phase: Phase = 'connect';
  return new Promise((resolve, reject) => {
    const fail = (error: unknown) => reject(signal.aborted ? new Interrupted(phase) : error);
    if (signal.aborted) return fail(undefined);
    const ask = url.protocol === 'https:' ? requestHttps : requestHttp;
    const asked = ask(
      {
        hostname: url.hostname.replace(/^\[(.*)\]$/, '$1'),
        port: portOf(url),
        path: `${url.pathname}${url.search}`,
        method: question.method ?? (body === undefined ? 'GET' : 'POST'),
        headers: headersOf(question),
        agent: false,
        signal,
        ...(question.ca === undefined ? {} : { ca: question.ca }),
      },
      (response) => {
        phase = 'transfer';
        read(response, question.maxBytes).then((text) => resolve(answerOf(response, text)), fail);
      },
    );
    asked.once('socket', (socket) => {
      socket.once('connect', () => {
        phase = 'first byte';
      });
    });
    asked.once('error', fail);
    asked.end(body);
  });
}

export function portOf(url: URL): number {
  return url.port === '' ? (url.protocol === 'https:' ? 443 : 80) : Number(url.port);
}

function headersOf({ url, body, headers }: TextQuestion): Record<string, string | number> {
  const credentials = `${decodeURIComponent(url.username)}:${decodeURIComponent(url.password)}`;
  return {
    'user-agent': 'Upkeep',
    ...(credentials === ':' ? {} : { authorization: `Basic ${Buffer.from(credentials).toString('base64')}` }),
    ...(body === undefined ? {} : { 'content-length': Buffer.byteLength(body) }),
    ...headers,
  };
}

async function read(response: IncomingMessage, maxBytes: number): Promise<string> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of response as AsyncIterable<Buffer>) {
    length += chunk.length;
    if (length > maxBytes) {
      response.destroy();
      throw new AnswerTooLong(`the answer is longer than ${amount(maxBytes, 'bytes')}`);
    }
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

function answerOf(response: IncomingMessage, text: string): TextAnswer {
  return {
    status: response.statusCode ?? 0,
    statusText: response.statusMessage ?? '',
    contentType: response.headers['content-type'] ?? '',
    location: response.headers.location,
    text,
  };
}
