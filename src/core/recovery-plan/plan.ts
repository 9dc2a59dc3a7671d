/** What to do when a database, the application or the whole place is lost, and how long it took when it was last rehearsed. Pure. */
import type { RestoreInto } from '../backup/engine.ts';
import { exposureOf, lostWords } from '../backup/exposure.ts';
import type { OffsiteView, PlanView } from '../backup/view.ts';
import type { FailoverSettings } from '../failover.ts';
import { formatDuration } from '../time.ts';
import { emptyOffsite, emptyPlan, emptyRepository } from './empty.ts';
import { cannotFailOver, type FailoverReadiness, readinessWords } from './readiness.ts';

const dayMs = 86_400_000;

/** The teams' own: a restore each month, and a quarter for what needs an hour of people (J). */
const restoreStaleMs = 31 * dayMs;
const failoverStaleMs = 92 * dayMs;

/** Something that was really done, or a fire drill of it. */
export interface Rehearsal {
  readonly at: number;
  /** Until users had it back; null where only the doing is known. */
  readonly tookMs: number | null;
  readonly isGood: boolean;
}

type BackupStanding = Pick<
  PlanView,
  'name' | 'target' | 'restores' | 'none' | 'keepsLog' | 'proven' | 'lapsed' | 'log' | 'seconds' | 'offsite'
>;

export interface RecoveryFacts {
  readonly name: string;
  readonly now: number;
  /** Targets that hold data which Upkeep can back up. */
  readonly dataTargets: readonly string[];
  /** Those of them whose data are files of a machine, and no database. */
  readonly fileTargets?: readonly string[];
  readonly backups: readonly {
    readonly objective: { readonly rpoMs: number; readonly rtoMs: number };
    readonly view: BackupStanding;
    /** Where its engine restores into; over what lives where nobody says. */
    readonly into?: readonly RestoreInto['kind'][];
    /** What is done by hand with a restored folder. */
    readonly putInPlace?: string;
    /** How its repository gets to another place, where `offsite:` is of no use to its engine. */
    readonly elsewhere?: string;
    /** Where its repository lies, where that is another place: `s3:https://…`. */
    readonly liesIn?: string;
    readonly keepsLog?: boolean;
  }[];
  readonly failovers: readonly {
    readonly settings: FailoverSettings;
    /** The last promotion on these very servers. */
    readonly last: Rehearsal | null;
    readonly readiness: FailoverReadiness;
  }[];
  /** Data targets of a system whose standby could take over, and of no pair of `failover:`. */
  readonly unpaired?: readonly { readonly target: string; readonly services: readonly string[] }[];
  /** The fire drill of a failover in a sandbox; null where it was never played on this machine. */
  readonly failoverDrill: Rehearsal | null;
  /** What can bring back a part of a service, and when it last did. */
  readonly parts: readonly {
    readonly service: string;
    readonly target: string;
    readonly actions: readonly string[];
    readonly last: (Rehearsal & { readonly action: string }) | null;
  }[];
}

/** `blocked`: however well it was rehearsed, it could not be done now. */
export type WayState = 'rehearsed' | 'stale' | 'failed' | 'slow' | 'never' | 'blocked';

export interface Way {
  readonly title: string;
  /** One each, in this order; commands as they are typed. */
  readonly steps: readonly string[];
  readonly state: WayState;
  /** In words: when and how it was rehearsed last, or `never rehearsed`. */
  readonly said: string;
  readonly rehearsedAt: number | null;
  /** Measured; null where it never was. */
  readonly rtoMs: number | null;
  readonly rpoMs: number | null;
  readonly objective: { readonly rpoMs: number; readonly rtoMs: number } | null;
}

export interface Procedure {
  readonly id: 'database' | 'application' | 'region';
  readonly title: string;
  /** What has happened. */
  readonly when: string;
  readonly ways: readonly Way[];
  /** For what there is no way at all. */
  readonly gaps: readonly string[];
}

export interface RecoveryPlan {
  readonly name: string;
  readonly at: number;
  readonly procedures: readonly Procedure[];
}

export function recoveryPlan(facts: RecoveryFacts): RecoveryPlan {
  return {
    name: facts.name,
    at: facts.now,
    procedures: [ofDatabases(facts), ofApplication(facts), ofRegion(facts)],
  };
}

function ofDatabases(facts: RecoveryFacts): Procedure {
  const { dataTargets, failovers } = facts;
  const areFiles = filesAmong(facts);
  const backups = facts.backups.filter(({ view }) => !areFiles(view.target));
  const covered = new Set(backups.map(({ view }) => view.target));
  const replicas = new Set(failovers.map(({ settings }) => settings.replica));
  return {
    id: 'database',
    title: 'Database failure',
    when: 'A database is down and does not come back by itself, or its data are gone or wrong.',
    ways: [
      ...failovers.map((pair) => byFailover(pair, facts)),
      ...backups.filter(holdsSome).map((one) => withoutFailover(byRestore(one, facts.now), one, facts)),
    ],
    gaps: [
      ...backups.flatMap(({ view }) => {
        const empty = emptyPlan(view);
        return empty === null ? [] : [[empty, ...noFailoverOf(view, facts)].join('; ')];
      }),
      ...dataTargets
        .filter((target) => !covered.has(target) && !replicas.has(target) && !areFiles(target))
        .map(notBackedUp),
    ],
  };
}

const holdsSome = ({ view }: Declared) => emptyPlan(view) === null;

/** A restore is slower than a standby that takes over: that there is none is said where the restore stands. */
function withoutFailover(way: Way, { view }: Declared, facts: RecoveryFacts): Way {
  return { ...way, said: [way.said, ...noFailoverOf(view, facts)].join('; ') };
}

function noFailoverOf({ target }: BackupStanding, { unpaired = [] }: RecoveryFacts): string[] {
  const found = unpaired.find((one) => one.target === target);
  if (found === undefined) return [];
  const reason = `no replica is declared for ${target} (failover: in upkeep.yaml)`;
  return [cannotFailOver(found.services, reason)];
}

function filesAmong({ fileTargets = [] }: RecoveryFacts): (target: string) => boolean {
  return (target) => fileTargets.includes(target);
}

const notBackedUp = (target: string) =>
  `${target} is not backed up: what is lost there stays lost (backups: in upkeep.yaml)`;

function byFailover(
  { settings, last, readiness }: RecoveryFacts['failovers'][number],
  facts: RecoveryFacts,
): Way {
  const { primary, replica, through, fence } = settings;
  const steps = [
    `upkeep action propose postgres.promote ${replica} --why "${primary} is lost"`,
    'read in its plan what would be lost, then upkeep action approve, with the id and the --digest that were printed; where Upkeep proposed it already, the one that waits is printed',
    `${primary} is fenced first${fence === null ? ' (no program is declared: only where it answers or is surely gone)' : ` by ${fence.join(' ')}, which must stop ${primary} and nothing else: see that it does, above all where the two were exchanged before`}; ${through} leads to ${replica} afterwards`,
    `bring ${primary} back as a standby: upkeep action show, with the same id, has the commands; then exchange primary and replica in upkeep.yaml${fence === null ? '' : ', its fence'}${settings.switch.by === 'proxy' ? ' and those of its switch' : ''} too`,
  ];
  const inSandbox = facts.failoverDrill;
  const drilled =
    inSandbox === null
      ? ''
      : `; in a sandbox it ${inSandbox.isGood ? 'passed' : 'failed'} ${ago(inSandbox.at, facts.now)}${inSandbox.tookMs === null ? '' : `, clients wrote again after ${formatDuration(inSandbox.tookMs)}`}`;
  const way = judged(last, {
    now: facts.now,
    staleMs: failoverStaleMs,
    objective: null,
    what: 'done on these servers',
  });
  return {
    title: `${primary}: ${replica} takes over`,
    steps,
    ...way,
    state: readiness.state === 'cannot' ? 'blocked' : way.state,
    said: `${readinessWords(readiness)}; ${way.said}${drilled}`,
    rpoMs: null,
  };
}

function byRestore(facts: RecoveryFacts['backups'][number], now: number): Way {
  const { view, objective } = facts;
  const { name, target, lapsed, restores } = view;
  const proven = view.proven ?? lapsed ?? null;
  const last = proven && { at: proven.at, tookMs: proven.restoredInMs, isGood: true };
  const rpoMs = exposureOf(view, now);
  const way = judged(last, {
    now,
    staleMs: restoreStaleMs,
    objective,
    what: `restored and compared (level ${proven?.level ?? 0})`,
  });
  const isRed = lapsed !== undefined || restores?.failed !== undefined;
  const isLate = rpoMs !== null && rpoMs > objective.rpoMs;
  const passedOver = restores?.passedOver ?? null;
  const state = isRed || (passedOver !== null && way.state !== 'never') ? 'failed' : way.state;
  return {
    title: `${target}: restored from the backup ${name}`,
    steps: restoreSteps(facts),
    ...way,
    state: isLate && state === 'rehearsed' ? 'slow' : state,
    said: [
      ...(passedOver === null
        ? []
        : [
            `the newest backup is not taken, ${passedOver}; a restore takes the one of ${ago(restores?.at ?? now, now)}`,
          ]),
      way.said,
      ...(lapsed === undefined ? [] : [`red since ${ago(lapsed.redSince, now)}: ${lapsed.why}`]),
      ...(lapsed === undefined && restores?.failed !== undefined
        ? [`the last look at what it takes failed at ${restores.failed}`]
        : []),
      ...(isLate
        ? [`${lostWords(rpoMs)} would be lost now, ${formatDuration(objective.rpoMs)} are allowed`]
        : []),
      ...(restores !== null && rpoMs === null ? ['what would be lost now is not known'] : []),
    ].join('; '),
    // What has no number is said in words.
    rpoMs: rpoMs !== null && Number.isFinite(rpoMs) ? rpoMs : null,
  };
}

/** What stands here is what the engine can do: whoever reads it has no time to find out. */
function restoreSteps({
  view: { name },
  into = ['over'],
  putInPlace = 'put it in place by hand',
  keepsLog,
}: RecoveryFacts['backups'][number]): string[] {
  const moment = keepsLog ? '; --until "2026-11-22 14:00" for a moment before a mistake' : '';
  const restore = (place: string) => `upkeep backup restore ${name} --into ${place}`;
  const last = `look at what was brought back, then upkeep backup take ${name}`;
  if (into.includes('over'))
    return [
      `${restore('over')} --dry-run yes  # what would be lost${moment}`,
      `${restore('over')}  # the guard asks; ${into.includes('database') ? 'database:NAME' : 'folder:/srv/restored'} puts it beside what is there`,
      last,
    ];
  const place = into.includes('database') ? 'database:NAME' : 'folder:/srv/restored';
  return [
    `${restore(place)} --dry-run yes  # what would not be in it, and what is left to do${moment}`,
    `${restore(place)}  # beside what is there, which it never writes over`,
    putInPlace,
    last,
  ];
}

function ofApplication(facts: RecoveryFacts): Procedure {
  const { parts, now, backups, dataTargets } = facts;
  const areFiles = filesAmong(facts);
  const files = backups.filter(({ view }) => areFiles(view.target));
  const covered = new Set(files.map(({ view }) => view.target));
  const helped = parts.filter(({ actions }) => actions.length > 0);
  return {
    id: 'application',
    title: 'Application failure',
    when: 'A part of a service is down or ill, or files of its machine are lost or wrong; its databases are well.',
    ways: [
      ...files.filter(holdsSome).map((one) => byRestore(one, now)),
      ...helped.map(({ service, target, actions, last }): Way => {
        const way = judged(last, {
          now,
          staleMs: failoverStaleMs,
          objective: null,
          what: `brought back by ${last?.action ?? ''}`,
        });
        return {
          title: `${service}: ${target}`,
          steps: [
            `upkeep investigate ${target}`,
            ...actions.map((id) => `upkeep action propose ${id} ${target}`),
          ],
          ...way,
          rpoMs: null,
        };
      }),
    ],
    gaps: [
      ...files.flatMap(({ view }) => emptyPlan(view) ?? []),
      ...dataTargets.filter((target) => areFiles(target) && !covered.has(target)).map(notBackedUp),
      ...parts
        .filter(({ actions }) => actions.length === 0)
        .map(
          ({ service, target }) => `nothing that Upkeep can do brings ${target} of ${service} back: by hand`,
        ),
    ],
  };
}

function ofRegion({ backups, now }: RecoveryFacts): Procedure {
  const apart = backups.flatMap((one) => apartFrom(one, now));
  const here = backups.filter(
    ({ view, liesIn }) => view.offsite === null && !view.seconds?.length && liesIn === undefined,
  );
  return {
    id: 'region',
    title: 'Region failure',
    when: 'The place itself is lost: its machines, its disks and what Upkeep keeps there.',
    ways: [...backups.flatMap((one) => ofCopies(one, now)), ...apart],
    gaps: [
      ...backups.flatMap(emptyElsewhere),
      ...here.map(
        ({ view, elsewhere = 'offsite: of the backup' }) =>
          `the backups of ${view.target} (${view.name}) have no copy elsewhere (${elsewhere})`,
      ),
      ...(backups.length === 0 ? ['nothing is backed up, so nothing can be brought back elsewhere'] : []),
    ],
  };
}

type Declared = RecoveryFacts['backups'][number];

/** Declared to be in another place, and nothing good is there. */
function emptyElsewhere({ view, liesIn }: Declared): string[] {
  const { offsite, seconds = [], none } = view;
  return [
    offsite && emptyOffsite(view, offsite),
    ...seconds.map((second) => emptyRepository(view, second.repository, second.none)),
    liesIn === undefined ? null : emptyRepository(view, liesIn, none),
  ].filter((words) => words !== null);
}

/** From the copies that Upkeep sends to a bucket. */
function ofCopies(one: Declared, now: number): Way[] {
  const { target, offsite } = one.view;
  const { objective } = one;
  if (offsite === null || offsite.none !== undefined) return [];
  const { proven, bucket } = offsite;
  const counted = countedCopy(offsite, now);
  const last = proven && { at: proven.at, tookMs: proven.restoredInMs, isGood: true };
  const way = judged(last, {
    now,
    staleMs: restoreStaleMs,
    objective,
    what: 'restored from there and compared',
  });
  return [
    {
      title: `${target}: from the copies in ${bucket}`,
      steps: elsewhereSteps(one),
      ...way,
      said: counted.said === '' ? way.said : `${way.said}; ${counted.said}`,
      rpoMs: counted.rpoMs,
    },
  ];
}

/** From a repository that is in another place itself: a further one, or the only one. */
function apartFrom({ view, objective, liesIn, putInPlace }: Declared, now: number): Way[] {
  const { name, target, seconds = [], proven, restores, log, none } = view;
  const filled = seconds.filter((second) => second.none === undefined);
  const places = [
    ...filled.map(({ repository, newestAt, proven: last }) => ({
      ...{ where: `${repository} of ${name}`, from: ` --from ${repository}`, newestAt, last },
      lost: log.find((one) => one.repository === repository)?.ageMs,
    })),
    ...(liesIn === undefined || none !== undefined
      ? []
      : [{ where: liesIn, from: '', newestAt: restores?.at ?? null, last: proven, lost: undefined }]),
  ];
  return places.map(({ where, from, newestAt, last, lost }) => ({
    title: `${target}: from ${where}`,
    steps: [
      'a machine elsewhere, Upkeep and this upkeep.yaml on it, with the settings of the repository, its passphrase (cipher pass) and its keys from where you keep them: without the passphrase nobody can read it',
      `upkeep run; then upkeep backup list ${name} names what it found there`,
      `upkeep backup restore ${name}${from} --into folder:/srv/restored`,
      ...(putInPlace === undefined ? [] : [putInPlace]),
      'start the application there, then lead clients over by DNS: the TTL of the name is how long that takes',
    ],
    ...judged(last && { at: last.at, tookMs: last.restoredInMs, isGood: true }, {
      ...{ now, staleMs: restoreStaleMs, objective, what: 'restored from there and compared' },
    }),
    rpoMs: lost ?? (newestAt === null ? null : now - newestAt),
  }));
}

/** A new store knows nothing: what lies in the bucket it learns from there. A copy never goes over what lives. */
function elsewhereSteps({
  view: { name, target },
  into = ['folder'],
  putInPlace,
}: RecoveryFacts['backups'][number]): string[] {
  const isDatabase = into.includes('database');
  const place = isDatabase ? `database:${name.replace(/\W/g, '_')}_restored` : 'folder:/srv/restored';
  const restore = `upkeep backup restore ${name} --from offsite --into ${place}`;
  return [
    `a machine elsewhere, Upkeep and this upkeep.yaml on it, with the passphrase and the keys of the bucket from where you keep them${isDatabase ? `, and a running server, empty, where the url of ${target} leads there` : ''}`,
    `upkeep run; then upkeep backup list ${name} names what it found in the bucket`,
    `${restore} --dry-run yes  # what would be brought back, and what stands in the way`,
    `${restore}  # downloads, compares every sum and restores`,
    ...(isDatabase || putInPlace === undefined ? [] : [putInPlace]),
    `start the application there${isDatabase ? ' with what was restored' : ''}, then lead clients over by DNS: the TTL of the name is how long that takes`,
  ];
}

/** What would be lost is counted from a copy that is not known to be damaged, and said is whether anybody looked at it. */
function countedCopy(
  { newestAt, newestIs, soundAt }: OffsiteView,
  now: number,
): { readonly rpoMs: number | null; readonly said: string } {
  if (newestAt === null) return { rpoMs: null, said: '' };
  const sound = soundAt === null ? 'none ever was' : `the newest that was is of ${ago(soundAt, now)}`;
  if (newestIs === 'damaged')
    return {
      rpoMs: soundAt === null ? null : now - soundAt,
      said: `the newest copy, of ${ago(newestAt, now)}, failed when it was looked at, so what would be lost is counted from the newest that was read back whole: ${soundAt === null ? 'there is none' : `of ${ago(soundAt, now)}`}`,
    };
  const rpoMs = now - newestAt;
  return newestIs === 'unread'
    ? {
        rpoMs,
        said: `what would be lost is counted from the newest copy, which was never read back (${sound})`,
      }
    : {
        rpoMs,
        said: `what would be lost is counted from the newest copy, which was ${newestIs === 'restored' ? 'restored' : 'read back'} and is whole`,
      };
}

interface Measure {
  readonly now: number;
  readonly staleMs: number;
  readonly objective: Way['objective'];
  readonly what: string;
}

function judged(
  last: Rehearsal | null,
  { now, staleMs, objective, what }: Measure,
): Pick<Way, 'state' | 'said' | 'rehearsedAt' | 'rtoMs' | 'objective'> {
  if (last === null)
    return { state: 'never', said: 'never rehearsed', rehearsedAt: null, rtoMs: null, objective };
  const { at, tookMs, isGood } = last;
  const when = `${ago(at, now)}${tookMs === null ? '' : `, in ${formatDuration(tookMs)}`}`;
  const base = { rehearsedAt: at, rtoMs: tookMs, objective };
  if (!isGood) return { ...base, state: 'failed', said: `failed when it was last done, ${when}` };
  if (now - at > staleMs)
    return {
      ...base,
      state: 'stale',
      said: `${what} ${when}: too long ago, rehearse it within ${formatDuration(staleMs)}`,
    };
  if (objective !== null && tookMs !== null && tookMs > objective.rtoMs)
    return {
      ...base,
      state: 'slow',
      said: `${what} ${when}; ${formatDuration(objective.rtoMs)} are allowed`,
    };
  return { ...base, state: 'rehearsed', said: `${what} ${when}` };
}

function ago(at: number, now: number): string {
  return `${formatDuration(Math.max(0, now - at))} ago`;
}
