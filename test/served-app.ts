/** A real Upkeep on a temporary folder and a free port, asked over real HTTP. */
import { scryptSync } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type App, createApp } from '../src/app.ts';
import { systemClock } from '../src/clock.ts';
import { configurationFile } from '../src/config/file.ts';
import { formatProblem } from '../src/config/problem.ts';
import { readConfiguration } from '../src/config/read.ts';
import type { Configuration } from '../src/core/configuration.ts';
import { type Actor, type Scope, scopes } from '../src/core/verb.ts';
import type { Log } from '../src/log.ts';
import { notifiers } from '../src/notifiers/index.ts';
import { systems } from '../src/systems/index.ts';
import { verbNamed } from '../src/verbs/index.ts';

export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly text: string;
  /** The body as JSON; throws where it is none. */
  json<T = Record<string, unknown>>(): T;
}

export interface Question {
  readonly token?: string;
  readonly cookie?: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** Text goes as it is; anything else as JSON. */
  readonly body?: unknown;
}

export interface ServedApp {
  readonly app: App;
  readonly folder: string;
  readonly url: string;
  /** What was logged, as text. */
  readonly logged: string[];
  /** Without fetch, which would not let us lie about the host or send half a percent sign. */
  ask(method: string, path: string, question?: Question): Promise<Answer>;
  /** The command line on this machine. */
  readonly machine: Actor;
  call<T>(verb: string, input?: Record<string, unknown>, actor?: Actor): Promise<T>;
  /** A token of these scopes. */
  token(...granted: Scope[]): Promise<string>;
  /**
   * Makes the owner by the one-time link; gives the cookie. The password is then checked in a millisecond instead of a
   * third of a second of a processor, unless `hash` is real.
   */
  setUp(credentials?: { name: string; password: string }, hash?: 'quick' | 'real'): Promise<string>;
  signIn(question?: Question & { name?: string; password?: string }): Promise<Answer>;
  /** Lets this much time pass for sessions, links and limits. */
  pass(ms: number): void;
  /** Stops it, lets `meanwhile` happen, and starts it on what it left. */
  restart(meanwhile?: () => void): Promise<void>;
  stop(): Promise<void>;
}

export const owner = { name: 'owner', password: 'correct horse battery' };
const everything: Actor = { name: 'test', scopes };

export async function serveApp(
  options: {
    readonly yaml?: string;
    readonly web?: string;
    readonly change?: (configuration: Configuration) => Configuration;
  } = {},
): Promise<ServedApp> {
  const folder = mkdtempSync(join(tmpdir(), 'upkeep-served-'));
  const file = join(folder, 'upkeep.yaml');
  const text =
    options.yaml ??
    'name: served\ntargets: { it: { system: process, pidFile: /nonexistent/it.pid, every: 60s } }\n';
  const reading = readConfiguration({ file, text, env: {}, systems, notifiers, readFile: () => '' });
  if (!reading.configuration) throw new Error(reading.problems.map(formatProblem).join('\n'));
  const configuration = { ...reading.configuration, listen: { host: '127.0.0.1', port: 0 } };
  const logged: string[] = [];
  const write = (message: string, fields?: unknown) =>
    void logged.push(`${message} ${JSON.stringify(fields ?? {})}`);
  const log: Log = { info: write, warn: write, error: write };
  let passed = 0;
  const start = () =>
    createApp({
      configuration: options.change?.(configuration) ?? configuration,
      file,
      configurationFile: configurationFile({ file, env: {}, systems, notifiers }),
      clock: { ...systemClock, now: () => systemClock.now() + passed },
      log,
      print: (line) => void logged.push(line),
      systems,
      notifiers,
      web: options.web ?? join(folder, 'no-dashboard'),
    });
  let app = await start();
  let names = 0;

  const served: ServedApp = {
    machine: { name: 'cli', scopes },
    folder,
    logged,
    get app() {
      return app;
    },
    get url() {
      return app.url ?? '';
    },
    ask: (method, path, question) => ask(app.url ?? '', method, path, question),
    call: async <T>(verb: string, input = {}, actor = everything) =>
      (await verbNamed(verb).call(app.ctx, input, actor)) as T,
    async token(...granted) {
      const made = await served.call<{ token: string }>('token.create', {
        name: `${granted.join('-')}-${++names}`,
        scopes: granted,
      });
      return made.token;
    },
    async setUp(credentials = owner, hash = 'quick') {
      const token = /#token=(.+)$/.exec(app.setupLink ?? '')?.[1];
      const answer = await served.ask('POST', '/api/v1/setup', {
        headers: { 'x-upkeep': '1' },
        body: { token, ...credentials },
      });
      if (answer.status !== 200) throw new Error(answer.text);
      if (hash === 'quick')
        await app.ctx.store.db
          .updateTable('accounts')
          .set({ password_hash: quickHash(credentials.password) })
          .where('name', '=', credentials.name)
          .execute();
      return cookieOf(answer);
    },
    signIn: ({ name = owner.name, password = owner.password, headers, ...question } = {}) =>
      served.ask('POST', '/api/v1/session', {
        ...question,
        headers: { 'x-upkeep': '1', ...headers },
        body: { name, password },
      }),
    pass(ms) {
      passed += ms;
    },
    async restart(meanwhile) {
      await app.stop();
      meanwhile?.();
      app = await start();
    },
    async stop() {
      await app.stop();
      rmSync(folder, { recursive: true, force: true });
    },
  };
  return served;
}

/** As the store keeps it. */
function quickHash(password: string): string {
  const salt = 'of-a-test';
  const key = scryptSync(password.normalize('NFKC'), salt, 32, { N: 2 ** 10, r: 8, p: 1 });
  return `$scrypt$ln=10,r=8,p=1$${salt}$${key.toString('base64url')}`;
}

/** `name=value` of the first cookie that was set. */
export function cookieOf({ headers }: Answer): string {
  return headers['set-cookie']?.[0]?.split(';')[0] ?? '';
}

function ask(
  url: string,
  method: string,
  path: string,
  { token, cookie, headers, body }: Question = {},
): Promise<Answer> {
  const text = body === undefined ? undefined : typeof body === 'string' ? body : JSON.stringify(body);
  const { hostname, port } = new URL(url);
  return new Promise((resolve, reject) => {
    const asked = request(
      {
        ...{ hostname, port, method, path, agent: false },
        headers: {
          ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
          ...(cookie === undefined ? {} : { cookie }),
          ...(text === undefined
            ? {}
            : { 'content-type': 'application/json', 'content-length': Buffer.byteLength(text) }),
          ...headers,
        },
      },
      (response) => {
        let all = '';
        response.setEncoding('utf8').on('data', (part: string) => {
          all += part;
        });
        response.once('end', () =>
          resolve({
            status: response.statusCode ?? 0,
            headers: response.headers,
            text: all,
            json: <T>() => JSON.parse(all) as T,
          }),
        );
        response.once('error', reject);
      },
    );
    asked.once('error', reject);
    asked.end(text);
  });
}
