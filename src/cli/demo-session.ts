/** `upkeep demo`: the stack and Upkeep side by side, drawn on the terminal, faults by key or from a second terminal. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type App, createApp } from '../app.ts';
import { formatProblem } from '../config/problem.ts';
import { readConfiguration } from '../config/read.ts';
import type { Configuration } from '../core/configuration.ts';
import { hintFor } from '../core/suggest.ts';
import { parseDuration } from '../core/time.ts';
import { scopes } from '../core/verb.ts';
import type { IncidentDetail, IncidentView, LiveEvent, Overview } from '../core/view.ts';
import { faultNames } from '../demo/fault.ts';
import { whyTaken } from '../demo/ports.ts';
import { type FaultOnScreen, renderScreen } from '../demo/screen.ts';
import { type Stack, startStack } from '../demo/stack.ts';
import { silentLog } from '../log.ts';
import { hasAny } from '../store/accounts.ts';
import { verbNamed } from '../verbs/index.ts';
import { webFolder } from './ask.ts';
import { Usage } from './configuration.ts';
import { buildDashboard } from './dashboard-build.ts';
import { askDemo, serveDemoControl } from './demo-control.ts';
import type { Session } from './session.ts';
import { jsonText, paint, table } from './terminal.ts';

export interface DemoOptions {
  readonly port: string;
  readonly fault?: string;
  readonly for?: string;
}

const drawEveryMs = 500;
const watcher = { name: 'demo', scopes };

export async function runDemo(session: Session, options: DemoOptions): Promise<void> {
  const { world, terminal } = session;
  const lifeMs = options.for === undefined ? null : parseDuration(options.for);
  if (lifeMs === undefined) throw new Usage(`--for ${options.for}: use 90s or 5m`);
  if (options.fault !== undefined) requireFault(options.fault);
  const port = portOf(options.port);
  const refusal = portRefusal(await whyTaken(port), port);
  if (refusal) throw refusal;
  const stop = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => stop.abort());
  await buildDashboard(webFolder, terminal.err);
  terminal.err('Bringing up PostgreSQL, Redis, an API, a proxy and some load …');
  const starting = new AbortController();
  const giveUp = () => starting.abort();
  stop.signal.addEventListener('abort', giveUp, { once: true });
  const stack = await startStack({
    clock: world.clock,
    log: (line) => terminal.err(`  ${line}`),
    signal: starting.signal,
  });
  // From here on Upkeep stops first, so that it does not see its stack die.
  stop.signal.removeEventListener('abort', giveUp);
  for (const line of stack.missing) terminal.err(`  ${line}`);
  let app: App | null = null;
  try {
    app = await watchStack(session, stack, port);
    const control = await serveDemoControl(stack);
    stop.signal.addEventListener('abort', control.close, { once: true });
    if (lifeMs !== null) world.clock.after(lifeMs, () => stop.abort());
    if (options.fault !== undefined) await stack.inject(options.fault);
    await show(session, stack, app, stop);
    control.close();
  } finally {
    await app?.stop();
    await stack.stop();
  }
}

/** Before anything is brought up: a name that is none. What this stack had to leave out is told by the stack itself. */
function requireFault(name: string): void {
  const names: readonly string[] = faultNames;
  if (!names.includes(name))
    throw new Usage(`there is no fault ${name}; ${hintFor(name, names) ?? `one of ${names.join(', ')}`}`);
}

function portOf(text: string): number {
  const port = Number(text);
  if (text === '' || !Number.isInteger(port) || port < 0 || port > 65_535)
    throw new Usage(`--port ${text}: a port is a whole number up to 65535`);
  return port;
}

async function watchStack({ world }: Session, stack: Stack, port: number): Promise<App> {
  const folder = join(stack.folder, 'upkeep');
  mkdirSync(folder, { mode: 0o700 });
  const file = join(folder, 'upkeep.yaml');
  writeFileSync(file, stack.configuration(), { mode: 0o600 });
  const { systems, notifiers, clock } = world;
  const readFile = () => '';
  const reading = readConfiguration({
    file,
    text: stack.configuration(),
    env: {},
    systems,
    notifiers,
    readFile,
  });
  if (!reading.configuration)
    throw new Error(
      `the demo's own configuration is wrong: ${reading.problems.map(formatProblem).join('; ')}`,
    );
  const configuration: Configuration = {
    ...reading.configuration,
    listen: { host: '127.0.0.1', port },
    store: { kind: 'sqlite', folder: join(folder, 'data') },
  };
  try {
    // The terminal is the screen's; what the console notifier would print is on it already.
    return await createApp({
      configuration,
      file,
      clock,
      log: silentLog,
      print: () => {},
      systems,
      notifiers,
      web: webFolder,
    });
  } catch (error) {
    throw portRefusal(error instanceof Error && 'code' in error ? error.code : null, port) ?? error;
  }
}

function portRefusal(code: unknown, port: number): Usage | undefined {
  const way = 'choose another port: upkeep demo --port 0';
  if (code === 'EADDRINUSE') return new Usage(`127.0.0.1:${port} is taken by another process; ${way}`);
  if (code === 'EACCES') return new Usage(`Upkeep is not allowed to listen on 127.0.0.1:${port}; ${way}`);
  return undefined;
}

function show(session: Session, stack: Stack, app: App, stop: AbortController): Promise<void> {
  return process.stdout.isTTY && process.stdin.isTTY
    ? showScreen(session, stack, app, stop)
    : showLines(session, app, stop);
}

/** Without a terminal: one line for each thing that happens. */
async function showLines({ terminal }: Session, app: App, stop: AbortController): Promise<void> {
  terminal.out(
    `Dashboard  ${app.url}\nFirst visit  ${app.setupLink}\nIn a second terminal: upkeep demo fault --pid ${process.pid}`,
  );
  const unsubscribe = app.subscribe((event: LiveEvent) => {
    if (event.type !== 'journal') return;
    const { kind, subject, payload } = event.entry;
    const text =
      payload.title ??
      payload.summary ??
      firstFinding(payload.findings) ??
      payload.result ??
      payload.reason ??
      '';
    terminal.out(`${kind.padEnd(24)} ${subject.slice(0, 40).padEnd(40)} ${String(text)}`);
  });
  await aborted(stop.signal);
  unsubscribe();
}

/** The leading cause of an `incident.diagnosed` entry. */
function firstFinding(findings: unknown): string | undefined {
  const [first]: unknown[] = Array.isArray(findings) ? findings : [];
  return typeof first === 'object' && first !== null && 'summary' in first
    ? String(first.summary)
    : undefined;
}

async function showScreen(
  { world, terminal }: Session,
  stack: Stack,
  app: App,
  stop: AbortController,
): Promise<void> {
  const { clock } = world;
  const changing = new Set<string>();
  let note: string | null = null;
  const startedAt = clock.now();
  const onKey = (data: Buffer) => {
    const key = data.toString();
    if (key === 'q' || key === '\u0003') return stop.abort();
    if (key === 'h') {
      note = 'Everything is put right again.';
      stack.healAll().catch((error: unknown) => {
        note = String(error);
      });
      return;
    }
    const fault = stack.faults.find((one) => one.key === key);
    if (!fault || changing.has(fault.name)) return;
    changing.add(fault.name);
    note = fault.does;
    toggle(stack, fault.name)
      .catch((error: unknown) => {
        note = `${fault.title}: ${error instanceof Error ? error.message : String(error)}`;
      })
      .finally(() => changing.delete(fault.name));
  };
  process.stdin.setRawMode(true).resume().on('data', onKey);
  process.stdout.write('\u001b[?1049h\u001b[?25l');
  try {
    while (!stop.signal.aborted) {
      const setupLink = (await hasAny(app.ctx.store.db)) ? null : app.setupLink;
      const lines = renderScreen(
        {
          at: clock.now(),
          startedAt,
          url: app.url ?? '',
          setupLink,
          load: stack.load(),
          faults: await Promise.all(stack.faults.map((fault) => faultState(fault, changing))),
          note: note ?? (setupLink === null ? null : 'First visit of the dashboard:'),
          overview: (await verbNamed('status.show').call(app.ctx, {}, watcher)) as Overview,
          ...(await incidentsOf(app)),
        },
        { width: Math.min(process.stdout.columns ?? 80, 120), colour: terminal.hasColour },
      );
      process.stdout.write(`\u001b[H${lines.map((line) => `${line}\u001b[K`).join('\r\n')}\u001b[J`);
      await clock.sleep(drawEveryMs, stop.signal).catch(() => {});
    }
  } finally {
    process.stdin.off('data', onKey).setRawMode(false).pause();
    process.stdout.write('\u001b[?25h\u001b[?1049l');
  }
}

async function faultState(
  fault: Stack['faults'][number],
  changing: ReadonlySet<string>,
): Promise<FaultOnScreen> {
  const isPresent = await fault.isPresent().catch(() => true);
  return {
    key: fault.key,
    title: fault.title,
    state: changing.has(fault.name) ? 'changing' : isPresent ? 'present' : 'absent',
  };
}

async function toggle(stack: Stack, name: string): Promise<void> {
  const fault = stack.faults.find((one) => one.name === name);
  await ((await fault?.isPresent()) ? stack.heal(name) : stack.inject(name));
}

/** The newest open incident in full, else the last one that was; the other open ones beside it. */
async function incidentsOf(
  app: App,
): Promise<{ incident: IncidentDetail | null; others: readonly IncidentView[] }> {
  const list = verbNamed('incident.list');
  const open = (await list.call(app.ctx, { status: 'open', limit: 20 }, watcher)) as IncidentView[];
  const [newest, ...others] =
    open.length > 0
      ? open
      : ((await list.call(app.ctx, { status: 'all', limit: 1 }, watcher)) as IncidentView[]);
  if (!newest) return { incident: null, others };
  const show = verbNamed('incident.show');
  return {
    incident: (await show.call(app.ctx, { id: newest.id }, watcher)) as IncidentDetail,
    others,
  };
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    signal.addEventListener('abort', () => resolve(), { once: true });
  });
}

/** `upkeep demo fault`: tells the demo that runs on this machine. */
export async function injectInto(
  { terminal }: Session,
  name: string | undefined,
  options: { heal?: boolean; json?: boolean; pid?: string },
): Promise<void> {
  if (name !== undefined) requireFault(name);
  const answer = await askDemo(
    name === undefined ? { list: true } : { [options.heal ? 'heal' : 'inject']: name },
    options.pid === undefined ? undefined : Number(options.pid),
  );
  if (answer.error !== undefined) throw new Usage(answer.error);
  if (options.json) return terminal.out(jsonText(answer));
  if (answer.done !== undefined) return terminal.out(answer.done);
  terminal.out(
    table(
      terminal,
      (answer.faults ?? []).map((fault) => [
        fault.key,
        paint(terminal, 'bold', fault.name),
        fault.title,
        paint(terminal, 'gray', fault.does),
      ]),
    ),
  );
}
