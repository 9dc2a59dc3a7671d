/** `upkeep demo`: the stack and Upkeep side by side, drawn on the terminal, faults by key or from a second terminal. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseDocument } from 'yaml';
import { type App, createApp } from '../app.ts';
import { formatProblem } from '../config/problem.ts';
import { readConfiguration } from '../config/read.ts';
import type { Configuration } from '../core/configuration.ts';
import { hintFor } from '../core/suggest.ts';
import { parseDuration } from '../core/time.ts';
import { scopes } from '../core/verb.ts';
import type { ActionView, IncidentDetail, IncidentView, LiveEvent, Overview } from '../core/view.ts';
import { faultNames } from '../demo/fault.ts';
import { type FaultOnScreen, renderScreen, type ScreenState } from '../demo/screen.ts';
import { type Stack, startStack } from '../demo/stack.ts';
import { silentLog } from '../log.ts';
import { hasAny } from '../store/accounts.ts';
import { verbNamed } from '../verbs/index.ts';
import { webFolder } from './ask.ts';
import { Usage } from './configuration.ts';
import { buildDashboard } from './dashboard-build.ts';
import { askDemo, serveDemoControl } from './demo-control.ts';
import { createDemoLines } from './demo-lines.ts';
import { demoPort, refusalOf, usualPort } from './demo-port.ts';
import type { Session } from './session.ts';
import { stopOnSignals } from './stop-on-signals.ts';
import { jsonText, paint, table } from './terminal.ts';

export interface DemoOptions {
  readonly port?: string;
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
  const port = await demoPort(options.port, usualPort, terminal.err);
  const stop = new AbortController();
  // The guardian ends what a forced leave leaves behind.
  const stopped = stopOnSignals(stop, {
    clock: world.clock,
    from: process,
    leave: (code) => process.exit(code),
  });
  try {
    await bringUp(session, options, { port, lifeMs, stop });
  } catch (error) {
    if (!stop.signal.aborted) throw error;
    terminal.err('Stopped.');
  } finally {
    stopped();
  }
}

interface Run {
  readonly port: number;
  readonly lifeMs: number | null;
  readonly stop: AbortController;
}

async function bringUp(session: Session, options: DemoOptions, { port, lifeMs, stop }: Run): Promise<void> {
  const { world, terminal } = session;
  await buildDashboard(webFolder, terminal.err);
  stop.signal.throwIfAborted();
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

async function watchStack({ world }: Session, stack: Stack, port: number): Promise<App> {
  const folder = join(stack.folder, 'upkeep');
  mkdirSync(folder, { mode: 0o700 });
  const file = join(folder, 'upkeep.yaml');
  const text = askingConfiguration(stack.configuration());
  writeFileSync(file, text, { mode: 0o600 });
  const { systems, notifiers, clock } = world;
  const readFile = () => '';
  const reading = readConfiguration({
    file,
    text,
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
    throw (await refusalOf(error instanceof Error && 'code' in error ? error.code : null, port)) ?? error;
  }
}

/** What the demo's policy does not name, and a person who watches may want: it waits for a yes instead of being denied. */
const asked = ['redis.* on cache'];

function askingConfiguration(text: string): string {
  const document = parseDocument(text);
  document.setIn(['guard', 'ask'], asked);
  return String(document);
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
  const linesOf = createDemoLines(app.ctx.reading().file ?? '');
  const unsubscribe = app.subscribe((event: LiveEvent) => {
    if (event.type === 'journal') for (const line of linesOf(event.entry)) terminal.out(line);
  });
  await aborted(stop.signal);
  unsubscribe();
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
    if (key === 'a' || key === 'n') {
      answer(app, key === 'a').then(
        (text) => {
          note = text;
        },
        (error: unknown) => {
          note = error instanceof Error ? error.message : String(error);
        },
      );
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

/** Says yes or no to what waits longest. */
async function answer(app: App, isYes: boolean): Promise<string> {
  const waiting = (await verbNamed('action.list').call(
    app.ctx,
    { state: 'waiting' },
    watcher,
  )) as ActionView[];
  const [first] = waiting.toSorted((a, b) => a.proposedAt - b.proposedAt);
  if (!first) return 'Nothing waits for an answer.';
  const { id, digest, plan } = first;
  if (isYes) await verbNamed('action.approve').call(app.ctx, { id, digest }, watcher);
  else await verbNamed('action.deny').call(app.ctx, { id, reason: 'no, in the demo' }, watcher);
  return `${isYes ? 'Approved' : 'Denied'}: ${plan.summary}`;
}

async function toggle(stack: Stack, name: string): Promise<void> {
  const fault = stack.faults.find((one) => one.name === name);
  await ((await fault?.isPresent()) ? stack.heal(name) : stack.inject(name));
}

/** The gravest open incident in full, else the last one that was; the other open ones beside it. */
async function incidentsOf(
  app: App,
): Promise<{ incident: ScreenState['incident']; others: readonly IncidentView[] }> {
  const list = verbNamed('incident.list');
  const open = (await list.call(app.ctx, { status: 'open', limit: 20 }, watcher)) as IncidentView[];
  const [first, ...others] =
    open.length > 0
      ? open
      : ((await list.call(app.ctx, { status: 'all', limit: 1 }, watcher)) as IncidentView[]);
  if (!first) return { incident: null, others };
  const show = verbNamed('incident.show');
  const incident = (await show.call(app.ctx, { id: first.id }, watcher)) as IncidentDetail;
  return { incident: { ...incident, unplanned: unplannedIn(incident) }, others };
}

function unplannedIn({ timeline }: IncidentDetail) {
  const payload = timeline.findLast(({ kind }) => kind === 'action.not-planned')?.payload;
  if (!payload) return null;
  return {
    action: String(payload.action),
    target: String(payload.target),
    reason: String(payload.reason),
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
