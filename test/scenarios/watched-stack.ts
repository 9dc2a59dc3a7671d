/** The demo's real stack watched by a real Upkeep, with a webhook receiver: what the scenarios play on. */
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type App, createApp } from '../../src/app.ts';
import { systemClock } from '../../src/clock.ts';
import { formatProblem } from '../../src/config/problem.ts';
import { readConfiguration } from '../../src/config/read.ts';
import type { Configuration } from '../../src/core/configuration.ts';
import type { Message } from '../../src/core/message.ts';
import { scopes } from '../../src/core/verb.ts';
import type { ActionView, IncidentDetail, IncidentView } from '../../src/core/view.ts';
import { type Stack, startStack } from '../../src/demo/stack.ts';
import { silentLog } from '../../src/log.ts';
import { notifiers } from '../../src/notifiers/index.ts';
import { systems } from '../../src/systems/index.ts';
import { verbNamed } from '../../src/verbs/index.ts';

export interface WatchedStack {
  readonly stack: Stack;
  /** The one that runs now; another after `restart`. */
  readonly app: App;
  readonly messages: readonly Message[];
  /** Resolves with the first result that is not undefined; rejects with `what` after `withinMs`. */
  until<T>(what: string, look: () => T | undefined | Promise<T | undefined>, withinMs?: number): Promise<T>;
  incidents(): Promise<IncidentView[]>;
  incident(id: string): Promise<IncidentDetail>;
  actions(): Promise<ActionView[]>;
  /** Stops Upkeep, not the stack, and starts it again on the same store. */
  restart(): Promise<void>;
  stop(): Promise<void>;
}

const actor = { name: 'scenario', scopes };

export async function watchStack(
  options: {
    readonly store?: Configuration['store'];
    readonly change?: (configuration: Configuration) => Configuration;
    /** Folder of the built dashboard. */
    readonly web?: string;
  } = {},
): Promise<WatchedStack> {
  const folder = mkdtempSync(join(tmpdir(), 'upkeep-scenario-'));
  const receiver = await startReceiver();
  const stack = await startStack({ clock: systemClock, log() {} });
  const start = appOf(stack, receiver.url, folder, options);
  let app = await start().catch(async (error: unknown) => {
    await stack.stop();
    throw error;
  });
  const call = (verb: string, input: Record<string, unknown>) => verbNamed(verb).call(app.ctx, input, actor);
  return {
    stack,
    get app() {
      return app;
    },
    messages: receiver.messages,
    until,
    incidents: async () => (await call('incident.list', { status: 'all' })) as IncidentView[],
    incident: async (id) => (await call('incident.show', { id })) as IncidentDetail,
    actions: async () => (await call('action.list', {})) as ActionView[],
    async restart() {
      await app.stop();
      app = await start();
    },
    async stop() {
      await app.stop();
      await stack.stop();
      await receiver.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** Faults are played one right after the other: each is told by itself. */
function appOf(
  stack: Stack,
  hook: string,
  folder: string,
  options: Parameters<typeof watchStack>[0],
): () => Promise<App> {
  const file = join(folder, 'upkeep.yaml');
  const text = stack
    .configuration()
    .replace(
      /notify:[\s\S]*?guard:/,
      `notify:\n  hook: { notifier: webhook, url: "${hook}", storms: each }\nguard:`,
    );
  const reading = readConfiguration({ file, text, env: {}, systems, notifiers, readFile: () => '' });
  if (!reading.configuration) throw new Error(reading.problems.map(formatProblem).join('\n'));
  const configuration: Configuration = {
    ...reading.configuration,
    listen: { host: '127.0.0.1', port: 0 },
    store: options?.store ?? { kind: 'sqlite', folder: join(folder, 'data') },
  };
  return () =>
    createApp({
      configuration: options?.change?.(configuration) ?? configuration,
      file,
      clock: systemClock,
      log: silentLog,
      print() {},
      systems,
      notifiers,
      web: options?.web ?? join(folder, 'no-dashboard'),
    });
}

export async function startReceiver(): Promise<{ url: string; messages: Message[]; close(): Promise<void> }> {
  const messages: Message[] = [];
  const server = createServer((request, response) => {
    let body = '';
    request.on('data', (part: Buffer) => {
      body += part.toString();
    });
    request.on('end', () => {
      response.end();
      // A sender that stops in the middle leaves half a body; it sends the whole again.
      if (request.complete && body !== '') messages.push(JSON.parse(body) as Message);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}/hook`,
    messages,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

export async function until<T>(
  what: string,
  look: () => T | undefined | Promise<T | undefined>,
  withinMs = 90_000,
): Promise<T> {
  const end = Date.now() + withinMs;
  for (;;) {
    const found = await look();
    if (found !== undefined) return found;
    if (Date.now() > end) throw new Error(`not seen within ${withinMs} ms: ${what}`);
    await systemClock.sleep(50);
  }
}
