/** Runs a verb where it belongs: in the running Upkeep over its API, else here on what is stored. */
import { existsSync, mkdtempSync, readFileSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseDocument } from 'yaml';
import { type App, createApp, runFolderOf, stateFile } from '../app.ts';
import type { Configuration } from '../core/configuration.ts';
import { networkCode, networkWords } from '../core/network-words.ts';
import {
  type Actor,
  asModel,
  drivenHeader,
  type Scope,
  scopes,
  timezoneHeader,
  UpkeepError,
} from '../core/verb.ts';
import { silentLog } from '../log.ts';
import { newestAt } from '../store/last-end.ts';
import type { AnyVerb } from '../verbs/context.ts';
import { type Chosen, chooseConfiguration, requireConfiguration, Usage } from './configuration.ts';
import type { World } from './world.ts';

export interface Connection {
  /** Whether an Upkeep that runs answers. */
  readonly isLive: boolean;
  call(verb: AnyVerb, input: Readonly<Record<string, unknown>>): Promise<unknown>;
  /** The team's zone; of a running Upkeep known with its first answer. */
  timezone(): string | undefined;
  /** The newest that is stored, epoch milliseconds: until then Upkeep ran. Null where nothing is, and where it runs. */
  storedAt(): Promise<number | null>;
  /** Runs every check once; only where nothing runs. */
  glance(): Promise<void>;
  close(): Promise<void>;
}

export interface ConnectOptions {
  readonly config?: string | undefined;
  /** Where a model drives: with at most these scopes, and marked as such. */
  readonly model?: { readonly scopes: readonly Scope[] } | undefined;
}

export async function connect(world: World, options: ConnectOptions): Promise<Connection> {
  const { model } = options;
  // Set and empty is how scripts say that there is none.
  const remote = world.env.UPKEEP_URL || undefined;
  if (remote !== undefined && !/^https?:\/\//.test(remote))
    throw new Usage('UPKEEP_URL is no address; use https://upkeep.example.org');
  if (remote !== undefined) return overHttp(remote, world.env.UPKEEP_TOKEN ?? '', model !== undefined);
  const chosen = await chooseConfiguration(world, options.config);
  const running = readRunFile(runFolder(chosen));
  if (running && (await answers(running.url)))
    return overHttp(running.url, running.token, model !== undefined);
  const configuration = requireConfiguration(chosen);
  const scratch = hasStore(configuration) ? null : mkdtempSync(join(tmpdir(), 'upkeep-look-'));
  const app = await createApp({
    configuration:
      scratch === null ? configuration : { ...configuration, store: { kind: 'sqlite', folder: scratch } },
    file: chosen.file,
    clock: world.clock,
    log: silentLog,
    print: () => {},
    systems: world.systems,
    notifiers: world.notifiers,
    web: webFolder,
    mode: scratch === null ? 'look' : 'scratch',
  });
  const actor: Actor = model ? asModel({ name: 'cli', scopes: model.scopes }) : { name: 'cli', scopes };
  return inProcess(app, actor, scratch !== null, () => {
    if (scratch !== null) rmSync(scratch, { recursive: true, force: true });
  });
}

/** Where the Upkeep answers whose run file lies in this folder; undefined where none runs. */
export async function runningIn(folder: string): Promise<string | undefined> {
  const running = readRunFile(folder);
  return running && (await answers(running.url)) ? running.url : undefined;
}

/** A file that is broken since an edit must not hide the Upkeep that goes on with what it said before. */
function runFolder({ file, reading }: Chosen): string {
  if (reading.configuration) return runFolderOf(reading.configuration);
  const store = file === null ? undefined : storeIn(file);
  const isFolder = store !== undefined && !store.includes('://');
  return resolve(dirname(file ?? ''), isFolder ? store : 'data');
}

/** `store:` alone of a file that may be broken elsewhere. */
function storeIn(file: string): string | undefined {
  try {
    const store: unknown = parseDocument(readFileSync(file, 'utf8')).get('store');
    return typeof store === 'string' ? store : undefined;
  } catch {
    return undefined;
  }
}

/** Before the first `upkeep run` there is nothing stored; a command looks around all the same. */
function hasStore({ store }: Configuration): boolean {
  return store.kind === 'postgres' || existsSync(stateFile(store.folder));
}

export const webFolder = fileURLToPath(new URL('../../web/dist', import.meta.url));

function inProcess(app: App, actor: Actor, isScratch: boolean, cleanUp: () => void): Connection {
  return {
    isLive: false,
    timezone: () => app.ctx.configuration().timezone,
    async call(verb, input) {
      // What was written there would be gone with the command, and nobody would know.
      if (isScratch && verb.changes && verb.scope !== 'read' && !verb.storesNothing)
        throw new UpkeepError(
          'conflict',
          `nothing is stored yet, so ${verb.name.replace('.', ' ')} would be lost: start upkeep run first`,
        );
      return verb.call(app.ctx, input, actor);
    },
    async storedAt() {
      if (isScratch) return null;
      return newestAt(app.ctx);
    },
    glance: app.glance,
    async close() {
      await app.stop();
      cleanUp();
    },
  };
}

function overHttp(url: string, token: string, isModel: boolean): Connection {
  let timezone: string | undefined;
  const onTimezone = (told: string) => {
    timezone = told;
  };
  return {
    isLive: true,
    timezone: () => timezone,
    call: (verb, input) => callOverHttp({ url, token, isModel, onTimezone }, verb, input),
    storedAt: async () => null,
    glance: async () => {},
    close: async () => {},
  };
}

async function callOverHttp(
  {
    url,
    token,
    isModel,
    onTimezone,
  }: { url: string; token: string; isModel: boolean; onTimezone: (told: string) => void },
  verb: AnyVerb,
  input: Readonly<Record<string, unknown>>,
): Promise<unknown> {
  const [method = 'GET', route = '/'] = verb.route.split(' ');
  const left = new Map(Object.entries(input).filter(([, value]) => value !== undefined));
  const path = route.replace(/:(\w+)/g, (_all, name: string) => {
    const value = left.get(name);
    left.delete(name);
    return encodeURIComponent(String(value));
  });
  const query = new URLSearchParams();
  if (method === 'GET')
    for (const [name, value] of left)
      query.set(name, typeof value === 'object' ? JSON.stringify(value) : String(value));
  const response = await fetch(`${url}/api/v1${path}${query.size > 0 ? `?${query}` : ''}`, {
    method,
    headers: {
      authorization: `Bearer ${token}`,
      ...(isModel ? { [drivenHeader]: 'model' } : {}),
      ...(method === 'GET' ? {} : { 'content-type': 'application/json' }),
    },
    ...(method === 'GET' ? {} : { body: JSON.stringify(Object.fromEntries(left)) }),
  }).catch((error: unknown) => {
    throw new Usage(`Upkeep at ${url} does not answer: ${networkWords(networkCode(error))}`);
  });
  const told = response.headers.get(timezoneHeader);
  if (told !== null) onTimezone(told);
  const body = (await response.json()) as { error?: { code: UpkeepError['code']; message: string } };
  if (body.error) throw new UpkeepError(body.error.code, body.error.message);
  return body;
}

/** A machine in trouble is when people ask, and it is slow then; where nobody listens, the answer is there at once. */
const slowestAnswerMs = 10_000;

async function answers(url: string): Promise<boolean> {
  return fetch(`${url}/healthz`, { signal: AbortSignal.timeout(slowestAnswerMs) }).then(
    (response) => response.ok,
    () => false,
  );
}

function readRunFile(folder: string): { url: string; token: string } | undefined {
  try {
    const found: unknown = JSON.parse(readFileSync(join(folder, 'run.json'), 'utf8'));
    if (found === null || typeof found !== 'object' || !('url' in found) || !('token' in found))
      return undefined;
    if (!('folder' in found) || found.folder !== realpathSync(folder)) return undefined;
    return { url: String(found.url), token: String(found.token) };
  } catch {
    return undefined;
  }
}
