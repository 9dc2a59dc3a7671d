/** The composition root: one straight function that makes every part and hands it over. */
import { existsSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { nextRun, timestamp } from './clock.ts';
import { readPolicyText } from './config/guard-policy.ts';
import { overrideRule } from './config/override-rule.ts';
import type { ConfigurationReading } from './config/read.ts';
import { sloPeriodMs } from './core/burn-rate/error-budget.ts';
import type { Configuration } from './core/configuration.ts';
import type { ConfigurationFile } from './core/configuration-file.ts';
import { backdated } from './core/maintenance.ts';
import type { NotifierEntry } from './core/notifier.ts';
import type { OwnFailure } from './core/own-end.ts';
import type { Gap } from './core/schedule.ts';
import type { SystemEntry } from './core/system.ts';
import type { Clock } from './core/time.ts';
import type { LiveEvent } from './core/view.ts';
import { bindEstate, bindNotifiers } from './estate.ts';
import { assertPortFree } from './http/port-free.ts';
import { createSealing } from './http/sealing.ts';
import { type HttpServer, startHttp } from './http/server.ts';
import { newId, newSecret, random, sha256 } from './id.ts';
import type { Log } from './log.ts';
import { clearUnfinished } from './machine/empty-folder.ts';
import { createTail } from './machine/logs/tail.ts';
import { ownSignReader } from './machine/own-signs.ts';
import { dropLeftSocketFolders } from './machine/socket-folder.ts';
import { endLeft } from './machine/tied.ts';
import { createMcpEndpoint } from './mcp/endpoint.ts';
import { ownMetrics } from './own-metrics.ts';
import { createDesk } from './pipeline/desk.ts';
import { createFeed } from './pipeline/feed.ts';
import { createPipeline } from './pipeline/index.ts';
import { historyOf } from './pipeline/learned/history.ts';
import { saidOf } from './pipeline/said.ts';
import { createSampleBuffer } from './pipeline/sample-buffer.ts';
import { createUsualPace } from './pipeline/usual-pace.ts';
import { housekeeping } from './practices/housekeeping.ts';
import { scheduleMaintenance } from './practices/maintenance/notices.ts';
import { importAbsences } from './practices/oncall/absences.ts';
import { scheduleHandOffs } from './practices/oncall/hand-off.ts';
import { followPlanned } from './practices/planned-ahead.ts';
import { followActionItems } from './practices/postmortem/reminders.ts';
import { createRecovery } from './practices/recovery/index.ts';
import { scheduleBackups } from './practices/recovery/schedule.ts';
import { scheduleReports } from './practices/reports/schedule.ts';
import { scheduleTuning } from './practices/rules/monthly.ts';
import { createStatusPage } from './practices/status-page/index.ts';
import { s3Buckets } from './s3/index.ts';
import * as accounts from './store/accounts.ts';
import { openStore } from './store/index.ts';
import * as invitations from './store/invitations.ts';
import * as journal from './store/journal.ts';
import { readEndBefore } from './store/last-end.ts';
import { keyIn, makePrivateFolder } from './store/private-files.ts';
import { openSampleStore } from './store/samples/index.ts';
import type { VerbContext } from './verbs/context.ts';
import { verbs } from './verbs/index.ts';
import { reportDaily } from './verbs/report/daily.ts';
import { ruleTuning } from './verbs/rule/tuning.ts';
import { targetView } from './verbs/status/target-view.ts';
import { version } from './version.ts';

export interface AppOptions {
  readonly configuration: Configuration;
  /** Null where the configuration was discovered, not read from a file. */
  readonly file: string | null;
  /** The same file, for those who may edit it; nobody may where it is left out. */
  readonly configurationFile?: ConfigurationFile | null;
  readonly clock: Clock;
  readonly log: Log;
  readonly print: (text: string) => void;
  readonly systems: readonly SystemEntry[];
  readonly notifiers: readonly NotifierEntry[];
  /** Folder of the built dashboard. */
  readonly web: string;
  /**
   * `look` opens what is stored without watching or serving anything: for commands while nothing runs.
   * `scratch` does so on a store of its own that is thrown away.
   */
  readonly mode?: 'run' | 'look' | 'scratch';
}

export interface App {
  readonly ctx: VerbContext;
  /** Runs every check once and waits: a picture of this moment for a command that found nothing running. */
  glance(): Promise<void>;
  /** Where the dashboard is; null without an HTTP server. */
  readonly url: string | null;
  /** The one-time link of the first visit; null when there is an account. */
  readonly setupLink: string | null;
  /** Takes in a new reading of the file: in force when it has no problem, else kept as a list of problems. */
  reload(reading: ConfigurationReading): Promise<void>;
  /** What happens, as the dashboard hears it. */
  subscribe(listener: (event: LiveEvent) => void): () => void;
  /** May be called again and from anywhere. With `failure` the journal says that Upkeep ends by itself, and why. */
  stop(failure?: OwnFailure): Promise<void>;
}

const invitationLifeMs = 24 * 3_600_000;
const keepGapsMs = 24 * 3_600_000;

export async function createApp(options: AppOptions): Promise<App> {
  const { clock, log, mode = 'run' } = options;
  let { configuration } = options;
  const startedAt = clock.now();
  let reading: ReturnType<VerbContext['reading']> = { file: options.file, loadedAt: startedAt, problems: [] };
  let gaps: Gap[] = [];
  let isReady = false;
  let server: HttpServer | null = null;
  const runFolder = runFolderOf(configuration);

  // A first start that cannot serve leaves nothing behind.
  if (mode === 'run' && !existsSync(runFolder)) await assertPortFree(configuration.listen);
  const store = await openStore(stateLocation(configuration), clock, { shared: mode === 'look' });
  const samples = await openSampleStore(sampleLocation(configuration), {
    ...configuration.retention,
    clock,
    shared: mode === 'look',
    warn: (message) => log.warn(message),
  });
  const endedBefore = await readEndBefore({ store, samples });
  const baseUrl = () =>
    configuration.publicUrl ??
    server?.url ??
    `http://${configuration.listen.host}:${configuration.listen.port}`;
  const desk = createDesk({
    clock,
    store,
    log,
    configuration: () => configuration,
    baseUrl,
    newId: () => newId(clock.now()),
    digest: sha256,
    said: (alert) => saidOf(estate.targets, alert),
    usualPace: createUsualPace({
      clock,
      targets: () => estate.targets,
      range: (span) => samples.range(span),
    }),
  });
  const feed = await createFeed(desk);
  const buffer = createSampleBuffer(clock, samples.append, (error, lost) =>
    log.error('samples could not be stored', { error: String(error), lost }),
  );
  const practices = scheduleReports(desk, {
    nextRun: (pattern) => nextRun(pattern, configuration.timezone, clock.now()),
    write: () => reportDaily.run({ ctx, input: {}, actor: { name: 'upkeep', scopes: ['read'] } }),
  });
  const tuning = scheduleTuning(desk, {
    nextRun: (pattern) => nextRun(pattern, configuration.timezone, clock.now()),
    write: () =>
      ruleTuning.run({ ctx, input: { since: '30d' }, actor: { name: 'upkeep', scopes: ['read'] } }),
  });
  const maintenance = scheduleMaintenance(desk);
  const handOffs = scheduleHandOffs(desk);
  const recovery = createRecovery(desk, {
    estate: () => estate,
    range: samples.range,
    random,
    alert: (detected) => pipeline.assessor.take(detected),
    propose: (...request) => pipeline.actor.propose(...request),
    evidence: { secret: () => keyIn(join(runFolder, 'evidence.key'), newSecret), version },
    newSecret,
    buckets: s3Buckets,
    sweeping: { endLeft: () => endLeft(clock), dropLeftSocketFolders, clearUnfinished },
  });
  const backups = scheduleBackups(desk, recovery, (pattern) =>
    nextRun(pattern, configuration.timezone, clock.now()),
  );
  const absences = importAbsences(desk);
  const dayMs = 86_400_000;
  // What waits for a moment that people named (a window, a due date) is right by any clock.
  const calendar = followPlanned(desk, [
    {
      what: 'reports',
      longestWaitMs: { 'report-daily': 2 * dayMs, 'rule-tuning': 33 * dayMs },
      again: async () => {
        await practices.start();
        await tuning.start();
      },
    },
    { what: 'looks at maintenance', longestWaitMs: { 'maintenance-plan': dayMs }, again: maintenance.start },
    { what: 'looks at hand-offs', longestWaitMs: { 'oncall-handoff': dayMs }, again: handOffs.start },
    { what: 'looks at calendars', longestWaitMs: { 'oncall-absences': dayMs }, again: absences.start },
  ]);
  const statusPage = createStatusPage(desk, {
    samples,
    picture: () => pipeline.picture,
    estate: () => estate,
    newSecret,
  });
  const pipeline = createPipeline({
    desk,
    store: buffer.take,
    past: { history: historyOf(samples), range: samples.range, covered: samples.covered },
    aggregate: samples.aggregate,
    logs: {
      openTail: (paths) => createTail(paths, configuration.folder),
      timezone: new Intl.DateTimeFormat().resolvedOptions().timeZone,
    },
    print: options.print,
    owner: newId(startedAt),
    ownSigns: ownSignReader(clock, () => configuration.canaries ?? []),
    practices: {
      ...practices.jobs,
      ...tuning.jobs,
      ...followActionItems(desk),
      ...maintenance.jobs,
      ...handOffs.jobs,
      ...absences.jobs,
      ...backups.jobs,
    },
    practised: recovery.actionsOf,
    isJudgedElsewhere: recovery.judges,
    onObservation({ check }) {
      if (!check.probe.liveness || !feed.hasListeners) return;
      const watched = estate.targets.get(check.target.name);
      if (watched)
        feed.publish({
          type: 'target',
          target: targetView(ctx, watched, pipeline.firing(check.target.name)),
        });
    },
    onGap(gap) {
      gaps = [...gaps, gap].filter((one) => one.to > clock.now() - keepGapsMs);
      const { from, to, why } = gap;
      if (why === 'clock-set-back') {
        const times = { from: timestamp(to), to: timestamp(from) };
        log.warn('the clock was set back; what waits is moved with it', times);
        return;
      }
      log.warn(
        why === 'suspended'
          ? 'the machine slept; the gap is no outage'
          : 'the clock jumped; the gap is no outage',
        { from: timestamp(from), to: timestamp(to) },
      );
      void note('gap.detected', 'upkeep', { ...gap });
    },
  });
  let estate = bindEstate(configuration, options.systems, clock, undefined, pipeline.intake.inboxOf);
  const ctx: VerbContext = {
    clock,
    store,
    samples,
    picture: pipeline.picture,
    dueAt: pipeline.dueAt,
    assessor: pipeline.assessor,
    actor: pipeline.actor,
    diagnostician: pipeline.diagnostician,
    notifications: pipeline.notifications,
    links: pipeline.links,
    intake: pipeline.intake,
    ledger: pipeline.ledger,
    logs: pipeline.logs,
    rules: pipeline.rules,
    objectives: pipeline.objectives,
    recovery,
    overrideRule: (rule, settings) => overrideRule(rule, settings, options.systems),
    readPolicy: (text) =>
      readPolicyText(
        text,
        options.systems,
        configuration.targets.map(({ name }) => name),
        configuration.timezone,
      ),
    statusPage,
    baseUrl,
    estate: () => estate,
    configuration: () => configuration,
    reading: () => reading,
    configurationFile: options.configurationFile ?? null,
    gaps: () => gaps,
    changed: desk.changed,
    newId: desk.newId,
    newSecret,
    digest: sha256,
    version,
    startedAt,
    // A run that does not answer may still go on; only of its own word is it known that it ended.
    endedBefore: mode === 'run' || endedBefore?.kind === 'failed' ? endedBefore : null,
  };

  async function note(kind: string, subject: string, payload: Readonly<Record<string, unknown>>) {
    await store.transaction((tx) =>
      journal.append(tx, { at: clock.now(), actor: 'upkeep', kind, subject, payload }),
    );
    desk.changed();
  }

  async function reload(next: ConfigurationReading) {
    reading = { file: options.file, loadedAt: clock.now(), problems: next.problems };
    if (!next.configuration) {
      log.error('the edited configuration has problems; the old one stays in force', {
        problems: next.problems.length,
      });
      await note('configuration.rejected', 'configuration', { problems: next.problems });
      return;
    }
    const before = estate;
    const { maintenance: windows } = next.configuration;
    const late = backdated(configuration.maintenance, windows, clock.now(), sloPeriodMs);
    if (late.length > 0)
      log.warn('windows that have begun already take what was measured in them out of SLOs', {
        windows: late,
      });
    configuration = next.configuration;
    estate = bindEstate(configuration, options.systems, clock, before, pipeline.intake.inboxOf);
    pipeline.replace(estate, bindNotifiers(configuration, options.notifiers));
    for (const [name, { bound }] of before.targets)
      if (estate.targets.get(name)?.bound !== bound) await bound.close();
    log.info('configuration reloaded', { targets: estate.targets.size });
    await note('configuration.reloaded', 'configuration', {
      targets: [...estate.targets.keys()],
      ...(late.length > 0 ? { backdated: late } : {}),
    });
    await maintenance.start();
    await backups.start();
    recovery.follow();
  }

  const localToken = `upk_local_${newSecret()}`;
  let setupLink: string | null = null;
  try {
    pipeline.replace(estate, bindNotifiers(configuration, options.notifiers));
    if (mode === 'run') {
      // Before anybody can begin anything that looks the same.
      await recovery.clean();
      server = await startHttp({
        ...configuration.listen,
        ctx,
        access: {
          store,
          clock,
          log,
          digest: sha256,
          newSecret,
          newId: desk.newId,
          settings: () => configuration.access,
          sealing: createSealing(keyIn(join(runFolder, 'access.key'), newSecret), newSecret),
          baseUrl,
          hosts: () => hostsOf(configuration),
          publicUrl: () => configuration.publicUrl,
          localToken,
          changed: desk.changed,
        },
        verbs,
        feed,
        web: options.web,
        isReady: () => isReady,
        metrics: () => ownMetrics({ pipeline, buffer, startedAt, version }),
        assistants: createMcpEndpoint({ verbs, ctx }),
      });
      setupLink = await invite();
      writeRunFile(runFolder, { url: server.url, token: localToken, pid: process.pid });
      await note('upkeep.started', 'upkeep', {
        ...{ version, targets: estate.targets.size },
        ...(endedBefore === null ? {} : { before: endedBefore }),
      });
      await pipeline.start();
      await calendar.look();
      calendar.start();
      await practices.start();
      await tuning.start();
      await maintenance.start();
      await handOffs.start();
      await absences.start();
      await backups.start();
      recovery.follow();
      statusPage.start();
    }
  } catch (error) {
    await closeAll();
    throw error;
  }
  const keeper = housekeeping(desk, samples);
  let stopping: Promise<void> | undefined;
  isReady = true;

  async function invite(): Promise<string | null> {
    if (await accounts.hasAny(store.db)) return null;
    const secret = newSecret();
    const createdAt = clock.now();
    const invitation = {
      hash: sha256(secret),
      id: newId(createdAt),
      role: 'owner',
      name: null,
      createdBy: null,
      createdAt,
      expiresAt: createdAt + invitationLifeMs,
    };
    await store.transaction(async (tx) => {
      await invitations.takeBack(tx);
      await invitations.insert(tx, invitation);
    });
    return `${baseUrl()}/setup#token=${secret}`;
  }

  async function closeAll() {
    await server?.close();
    for (const { bound } of estate.targets.values()) await bound.close().catch(() => {});
    await buffer.flush();
    await samples.close();
    await store.close();
    if (server) rmSync(join(runFolder, 'run.json'), { force: true });
  }

  return {
    ctx,
    get url() {
      return server?.url ?? null;
    },
    setupLink,
    glance: pipeline.glance,
    reload,
    subscribe: feed.subscribe,
    stop(failure) {
      stopping ??= stop(failure);
      return stopping;
    },
  };

  async function stop(failure?: OwnFailure) {
    isReady = false;
    // At once: what stops after it may hang or fail, as it is in a state that nobody knows.
    if (server && failure)
      await note('upkeep.failed', 'upkeep', { ...failure }).catch((error: unknown) =>
        log.error('the journal does not take that Upkeep failed', { error: String(error) }),
      );
    keeper.stop();
    calendar.stop();
    feed.stop();
    await statusPage.stop();
    await recovery.stop();
    await pipeline.stop();
    if (server && !failure) await note('upkeep.stopped', 'upkeep', {});
    await closeAll();
  }
}

/** Where the running process leaves its address and local token for the command line. */
export function runFolderOf(configuration: Pick<Configuration, 'store' | 'folder'>): string {
  return configuration.store.kind === 'sqlite'
    ? configuration.store.folder
    : resolve(configuration.folder, 'data');
}

function writeRunFile(folder: string, content: { url: string; token: string; pid: number }): void {
  makePrivateFolder(folder);
  // The folder stands in it, so that a copy of the data is not taken for the store that runs.
  const place = realpathSync(folder);
  writeFileSync(join(folder, 'run.json'), JSON.stringify({ ...content, folder: place }), { mode: 0o600 });
}

export function stateFile(folder: string): string {
  return join(folder, 'state.db');
}

export function stateLocation({ store }: Pick<Configuration, 'store'>) {
  return store.kind === 'sqlite' ? ({ kind: 'sqlite', file: stateFile(store.folder) } as const) : store;
}

function sampleLocation({ store }: Pick<Configuration, 'store'>) {
  return store.kind === 'sqlite'
    ? ({ kind: 'sqlite', file: join(store.folder, 'metrics.db') } as const)
    : store;
}

function hostsOf({ publicUrl, listen }: Configuration): string[] {
  const listening = listen.host.toLowerCase();
  const own = ['localhost', '127.0.0.1', '[::1]', listening.includes(':') ? `[${listening}]` : listening];
  return publicUrl === null ? own : [...own, new URL(publicUrl).hostname.toLowerCase()];
}
