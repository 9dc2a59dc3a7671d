/** Backups for people: first when a restore last proved them. */
import { levelWords } from '../../core/backup/catalogue.ts';
import {
  type DecisionView,
  type DeletionView,
  decided,
  logWords,
  type Told,
  tallyOf,
} from '../../core/backup/deletion.ts';
import type { Look } from '../../core/backup/engine.ts';
import type { Evidence } from '../../core/backup/evidence.ts';
import { exposureOf, lostWords, newerCopyOf } from '../../core/backup/exposure.ts';
import { remarkOf } from '../../core/backup/size.ts';
import { failureOf } from '../../core/backup/standing.ts';
import {
  type BackupView,
  type CopiedView,
  endOf,
  type FetchedView,
  type Flaw,
  flawOf,
  isNotRun,
  type OffsiteTrial,
  type OffsiteView,
  type PlanView,
  type ProofView,
  standingProof,
} from '../../core/backup/view.ts';
import { count } from '../../core/count.ts';
import { amount } from '../../core/rule-words.ts';
import { formatDuration } from '../../core/time.ts';
import type { Adopted } from '../../practices/recovery/adopt-asked.ts';
import type { Expiry } from '../../practices/recovery/deletion.ts';
import type { RestoredView, RestorePlanView } from '../../practices/recovery/restore.ts';
import type { BackupList } from '../../verbs/backup/list.ts';
import type { RestoreOutcome } from '../../verbs/backup/restore.ts';
import { moment } from '../moments.ts';
import { paint, plain, type Terminal } from '../terminal.ts';

export const backupForms = {
  'backup.list': (terminal: Terminal, { plans, backups, foreign }: BackupList, now: number) =>
    plans.length + backups.length === 0
      ? 'Nothing is backed up. Say what under `backups:` in upkeep.yaml; docs/guide/backups.md shows how.'
      : [
          ...plans.map((plan) => printPlan(terminal, plan, now)),
          ...(backups.length > 0 ? [''] : []),
          ...backups.map((backup) => printBackup(terminal, backup)),
          ...foreign.map(
            ({ plan, label, bytes, at }) =>
              `${plain(label)}  ${moment(terminal, at)}  ${plain(plan)}  ${paint(terminal, 'yellow', 'foreign')}${bytes === null ? '' : `  ${storedWords(bytes)}`}  not taken by this Upkeep`,
          ),
        ].join('\n'),
  'backup.take': printBackup,
  'backup.verify': printProof,
  'backup.copy': (terminal: Terminal, copy: CopiedView) =>
    [
      ...(copy.wasThere ? ['copied before, and good: nothing was sent'] : []),
      printBackup(terminal, copy),
    ].join('\n'),
  'backup.fetch': (terminal: Terminal, { folder, detail }: FetchedView) =>
    `${paint(terminal, 'green', '✓')} ${plain(folder)}: ${plain(detail)}`,
  'backup.try': printTrials,
  'backup.plan-deletion': (terminal: Terminal, deletions: readonly DeletionView[]) =>
    deletions.length === 0
      ? 'Nothing is backed up.'
      : deletions.map((deletion) => printDeletion(terminal, deletion, 'before')).join('\n'),
  'backup.restore': printRestore,
  'backup.evidence': (_: Terminal, found: readonly Evidence[]) => JSON.stringify(found, null, 2),
  'backup.expire': printExpiry,
  'backup.pin': printBackup,
  'backup.unpin': printBackup,
  'backup.unmark': printBackup,
  'backup.forget': printBackup,
  'backup.adopt': printAdopted,
  'backup.trust-clock': (terminal: Terminal, { at }: { at: number }) =>
    `${paint(terminal, 'green', '✓')} the clock is believed: it is ${moment(terminal, at)}`,
};

/** `3 restores measured, the last in 3.4 s, at most 12 s lost, now one would take 5 s`. */
function trendLine({ restores, nowMs, nowGuess }: NonNullable<PlanView['trend']>): string {
  const [last] = restores;
  const lost = restores.find(({ lostMs }) => lostMs !== null)?.lostMs;
  const worst = Math.max(...restores.map(({ tookMs }) => tookMs));
  return [
    `${count(restores.length, 'restore')} measured, the last in ${formatDuration(last?.tookMs ?? 0)}`,
    ...(restores.length > 1 ? [`the slowest in ${formatDuration(worst)}`] : []),
    ...(lost == null ? [] : [`at most ${formatDuration(lost)} lost`]),
    ...(nowMs === null
      ? []
      : [`now one would take ${formatDuration(nowMs)}${nowGuess === null ? '' : ` (a guess: ${nowGuess})`}`]),
  ].join(', ');
}

/** Also below `upkeep status`. */
export function printPlan(terminal: Terminal, plan: PlanView, now: number): string {
  const { proven, newestAt } = plan;
  const ago = (at: number) => `${formatDuration(now - at)} ago`;
  const restored =
    proven === null
      ? plan.lapsed
        ? paint(
            terminal,
            'red',
            `last proven ${ago(plan.lapsed.at)}, level ${plan.lapsed.level}; red since ${ago(plan.lapsed.redSince)}: ${plain(plan.lapsed.why)}`,
          )
        : paint(terminal, 'yellow', 'never proven by a restore')
      : `last proven restore ${ago(proven.at)}, level ${proven.level} (${levelWords[proven.level]}), in ${formatDuration(proven.restoredInMs ?? 0)}`;
  return [
    `${paint(terminal, 'bold', plain(plan.name))}  ${plain(plan.target)} by ${plan.engine}, daily at ${plan.at}`,
    `  ${restored}; newest backup ${newestAt === null ? 'none' : ago(newestAt)}`,
    ...(plan.trend === undefined ? [] : [`  ${trendLine(plan.trend)}`]),
    ...restoreLines(terminal, plan, now).map((line) => `  ${line}`),
    ...(plan.seconds ?? []).map(
      ({ repository, newestAt: at, proven: there }) =>
        `  ${plain(repository)}: newest backup ${at === null ? 'none' : ago(at)}; ${there ? `restored from there ${ago(there.at)} to level ${there.level}` : paint(terminal, 'yellow', 'never restored from there')}`,
    ),
    ...(plan.offsite === null ? [] : [`  ${printOffsite(terminal, plan.offsite, now)}`]),
    ...(plan.underWay === null ? [] : [paint(terminal, 'cyan', `  now: ${plain(plan.underWay)}`)]),
    ...plan.wrong.map((text) => paint(terminal, 'red', `  ! ${plain(text)}`)),
  ].join('\n');
}

/** What a restore would bring back now: the backup that it takes, and what would be lost by its log. */
function restoreLines(terminal: Terminal, plan: PlanView, now: number): string[] {
  const { restores, keepsLog, log } = plan;
  if (restores === null) return [];
  const ago = (at: number) => `${formatDuration(now - at)} ago`;
  const lost = exposureOf(plan, now);
  if (restores.failed !== undefined) return [paint(terminal, 'red', damagedWords(plan, lost, ago))];
  const from = `a restore takes the backup of ${ago(restores.at)}${restores.isProven ? '' : ', not proven yet'}`;
  const said = lost === null ? 'how much would be lost is not known' : `${lostWords(lost)} would be lost now`;
  const over =
    restores.passedOver === null
      ? ''
      : ` (the newest is not taken: ${plain(restores.passedOver)}${newerCopyWords(plan, ago)})`;
  return [
    `${from}${over}: ${said}`,
    ...(keepsLog && log.length === 0 ? ['log: nothing was measured of how far it goes'] : []),
    ...(restores.hasLogGap
      ? [paint(terminal, 'red', 'log: it has a gap, and nothing behind that can be replayed')]
      : []),
    ...(restores.hasLogGap ? [] : log).map(
      ({ repository, ageMs, measuredAt }) =>
        `log in ${plain(repository)}: brings back all until ${ago(measuredAt - ageMs)}`,
    ),
  ];
}

/** The copy of the newest, or of one that is newer than what is taken here, by which what would be lost is counted. */
function newerCopyWords(plan: PlanView, ago: (at: number) => string): string {
  const newer = newerCopyOf(plan);
  if (newer === null || plan.keepsLog) return '';
  const place = plan.into.includes('database') ? `database:${plan.name}_restored` : 'folder:/srv/restored';
  return `; counted is the copy off-site of ${ago(newer)}, which is whole: upkeep backup restore ${plain(plan.name)} --from offsite --into ${place}`;
}

/** What failed its last look counts for nothing: the way back is elsewhere, or there is none. */
function damagedWords(
  { name, restores, offsite, into }: PlanView,
  lost: number | null,
  ago: (at: number) => string,
): string {
  const here = `no backup here can be counted on: the one of ${ago(restores?.at ?? 0)} failed at ${plain(restores?.failed ?? '')}`;
  if (offsite?.soundAt == null) return `${here}: everything would be lost now`;
  const place = into.includes('database') ? `database:${name}_restored` : 'folder:/srv/restored';
  return `${here}; the copy off-site of ${ago(offsite.soundAt)} is whole (upkeep backup restore ${plain(name)} --from offsite --into ${place}): ${lostWords(lost ?? 0)} would be lost now`;
}

const copyWords: Readonly<Record<OffsiteView['newestIs'], string>> = {
  restored: 'restored whole',
  'read-back': 'read back whole',
  damaged: 'damaged',
  unread: 'not read back yet',
};

function printOffsite(terminal: Terminal, offsite: OffsiteView, now: number): string {
  const { bucket, every, newestAt, newestIs, soundAt, lockedUntil, proven } = offsite;
  const ago = (at: number) => `${formatDuration(now - at)} ago`;
  const copy =
    newestAt === null
      ? paint(terminal, 'yellow', 'no copy yet')
      : `newest copy of ${ago(newestAt)}, ${copyWords[newestIs]}`;
  const before =
    newestAt === null || soundAt === newestAt
      ? []
      : [soundAt === null ? 'none was read back whole' : `the newest read back whole of ${ago(soundAt)}`];
  const lock = lockedUntil === null ? [] : [`locked until ${moment(terminal, lockedUntil)}`];
  const restored = proven
    ? `restored from there ${ago(proven.at)} to level ${proven.level}`
    : paint(terminal, 'yellow', 'never restored from there');
  return [`off-site in ${plain(bucket)}, ${every}: ${copy}`, ...before, ...lock, restored].join('; ');
}

function printTrials(terminal: Terminal, trials: readonly OffsiteTrial[]): string {
  if (trials.length === 0) return 'No backup has offsite: in upkeep.yaml; docs/guide/backups.md shows how.';
  return trials
    .flatMap(({ plan, bucket, what, good, detail, remedy }) => [
      `${paint(terminal, good ? 'green' : 'red', good ? '✓' : '✗')} ${plain(plan)} ${plain(bucket)}  ${what}: ${plain(detail)}`,
      ...(good ? [] : [paint(terminal, 'cyan', `    ${remedy}`)]),
    ])
    .join('\n');
}

function printBackup(terminal: Terminal, backup: BackupView): string {
  const { id, plan, state, startedAt, bytes, detail, proofs } = backup;
  // A later look at its files alone takes nothing back.
  const proof = proofs[0]?.isGood ? (standingProof([backup]) ?? proofs[0]) : proofs[0];
  const flaw = state === 'good' ? flawOf(proof) : null;
  const size = state === 'good' ? `  ${storedWords(bytes)}` : '';
  const isRed = flaw !== null || state === 'failed' || state === 'missing';
  const colour = isRed ? 'red' : state === 'good' ? 'green' : 'gray';
  return [
    `${id.slice(0, 13)}  ${moment(terminal, startedAt)}  ${plain(plan)}  ${paint(terminal, colour, stateWords(state, flaw))}${size}  ${plain(detail)}`,
    ...(proof ? [`  ${proofLine(terminal, proof)}`] : []),
    ...(backup.notRun ? [`  ${proofLine(terminal, backup.notRun)}`] : []),
    ...(backup.copyOf === null
      ? []
      : [`  copy of ${backup.copyOf.slice(0, 13)}${lockWords(terminal, backup)}`]),
    ...(backup.isAhead
      ? [
          paint(
            terminal,
            'yellow',
            '  taken by a clock that was ahead: when is not known, and it counts for nothing',
          ),
        ]
      : []),
    ...(backup.isPinned ? ['  pinned: it stays whatever its age'] : []),
    ...(backup.markedAt === null
      ? []
      : [paint(terminal, 'yellow', `  marked for removal ${moment(terminal, backup.markedAt)}`)]),
  ].join('\n');
}

/** A gap or a smoke query is no damage: what the backup holds is whole. */
function stateWords(state: BackupView['state'], flaw: Flaw | null): string {
  return flaw === null
    ? state
    : { damaged: 'damaged', log: 'log has a gap', elsewhere: state, smoke: 'smoke query failed' }[flaw];
}

function lockWords(terminal: Terminal, { lockedUntil }: BackupView): string {
  return lockedUntil === null ? '' : `, locked until ${moment(terminal, lockedUntil)}`;
}

function proofLine(terminal: Terminal, proof: ProofView): string {
  const { isGood, level, looks, restoredInMs, at } = proof;
  if (isNotRun(proof)) {
    const { level: failed, detail } = endOf(proof);
    const text = `${moment(terminal, at)} not proven, because level ${failed} could not be looked at: ${plain(detail)}`;
    return paint(terminal, 'yellow', text);
  }
  if (!isGood) return paint(terminal, 'red', `not proven: ${plain(failureOf(proof))}`);
  const restored = restoredInMs === null ? 'not restored' : `restored in ${formatDuration(restoredInMs)}`;
  const remark = remarkOf(looks);
  const odd = remark === null ? '' : paint(terminal, 'yellow', `; look at its size: ${remark}`);
  return `proven ${moment(terminal, at)} to level ${level} (${levelWords[level ?? 0]}), ${restored}${odd}`;
}

function printProof(terminal: Terminal, proof: ProofView): string {
  const mark = ({ good, remark, notRun }: Look) =>
    notRun || (good && remark !== undefined)
      ? paint(terminal, 'yellow', notRun ? '?' : '!')
      : paint(terminal, good ? 'green' : 'red', good ? '✓' : '✗');
  const line = (look: Look) => {
    const { level, detail, tookMs } = look;
    return `  ${mark(look)} level ${level} ${levelWords[level]}: ${plain(detail)} (${formatDuration(tookMs)})`;
  };
  return [proofLine(terminal, proof), ...proof.looks.map(line)].join('\n');
}

/** Compressed, as a rule: what is restored is larger. */
function storedWords(bytes: number): string {
  return `${amount(bytes, 'bytes')} stored`;
}

function printDeletion(
  terminal: Terminal,
  { plan, held, decisions, preview, log }: DeletionView,
  told: Told,
): string {
  return [
    `${paint(terminal, 'bold', plain(plan))}  ${tallyOf(decisions, told)}`,
    ...held.map((text) => paint(terminal, 'yellow', `  ! ${plain(text)}`)),
    ...alike(decisions).flatMap((some) => decisionLines(terminal, some, { held, told })),
    ...(preview === null
      ? []
      : [
          preview.agrees
            ? `  the engine says the same: ${plain(preview.detail)}`
            : paint(terminal, 'red', `  refused: ${plain(preview.detail)}`),
        ]),
    ...(log === null ? [] : [`  and ${plain(logWords(log))}, ${amount(log.bytes, 'bytes')}`]),
  ]
    .filter((line) => line !== '')
    .join('\n');
}

/** So many in a row that stay for the same reasons are said as one; what goes or is marked always stands for itself. */
const leastAlike = 4;

function alike(decisions: readonly DecisionView[]): (readonly DecisionView[])[] {
  const runs: DecisionView[][] = [];
  for (const one of decisions) {
    const run = runs.at(-1);
    if (run?.[0] !== undefined && isAlike(run[0], one)) run.push(one);
    else runs.push([one]);
  }
  return runs.flatMap((run) => (run.length < leastAlike ? run.map((one) => [one]) : [run]));
}

function isAlike(a: DecisionView, b: DecisionView): boolean {
  const held = ({ holds }: DecisionView) => JSON.stringify(holds.map(({ why }) => why));
  return a.kind === 'keep' && b.kind === 'keep' && a.repository === b.repository && held(a) === held(b);
}

/**
 * Below it all that holds it: one thing that ends is not enough where another goes on. What holds everything back stands above
 * them all, once.
 */
function decisionLines(
  terminal: Terminal,
  some: readonly DecisionView[],
  { held, told }: { readonly held: readonly string[]; readonly told: Told },
): string[] {
  const [first, last] = [some[0], some.at(-1)];
  if (first === undefined || last === undefined) return [];
  const { id, startedAt, kind, holds, repository } = first;
  const isOne = some.length === 1;
  const where = repository === 'local' ? '' : `  ${plain(repository)}`;
  const which = isOne
    ? `${id.slice(0, 13)}  ${moment(terminal, startedAt)}`
    : `${count(some.length, 'backup')}  ${moment(terminal, startedAt)} to ${moment(terminal, last.startedAt)}`;
  const stored = storedWords(some.reduce((sum, { bytes }) => sum + bytes, 0));
  const ends = (why: string, until: number) => {
    const end = last.holds.find((one) => one.why === why)?.until ?? until;
    const to = end === until ? '' : `, the last until ${moment(terminal, end)}`;
    return `: ${isOne ? '' : 'the first '}until ${moment(terminal, until)}${to}`;
  };
  const own = holds.flatMap((one) => {
    const above = held.find((text) => one.why === text || one.why.startsWith(`${text}; `));
    if (above === undefined) return [one];
    const more = one.why.slice(above.length + 2);
    return more === '' ? [] : [{ ...one, why: more }];
  });
  return [
    `  ${which}  ${stored}${where}  ${decided[told][kind][isOne ? 0 : 1]}${own.length === 0 ? ' (see above)' : ':'}`,
    ...own.map(({ why, until }) => `      ${plain(why)}${until === null ? '' : ends(why, until)}`),
  ];
}

function printExpiry(terminal: Terminal, { deletions, proposals }: Expiry): string {
  const said = proposals.map(({ plan, actionId, said }) =>
    actionId === null
      ? paint(terminal, 'red', `✗ ${plain(plan)}: not proposed: ${plain(said)}`)
      : `${paint(terminal, 'yellow', '→')} ${plain(plan)}: action ${actionId.slice(0, 13)} ${plain(said)}`,
  );
  return [...deletions.map((deletion) => printDeletion(terminal, deletion, 'after')), ...said].join('\n');
}

function printRestore(terminal: Terminal, outcome: RestoreOutcome, now: number): string {
  if (outcome.kind === 'restored') {
    const { backup, plan, at, tookMs, left, short } = outcome.restored;
    const to = reachedWords(terminal, outcome.restored);
    const mark = short === undefined ? paint(terminal, 'green', '✓') : paint(terminal, 'red', '✗');
    const lacks =
      short === undefined ? '' : paint(terminal, 'red', `\n  not all of it came back: ${plain(short)}`);
    return `${mark} backup ${backup.slice(0, 13)} of ${plain(plan)} restored${to} in ${formatDuration(tookMs)}: ${plain(at)}${lacks}${left.map((step) => `\n  left to you: ${plain(step)}`).join('')}`;
  }
  const lines = printRestorePlan(terminal, outcome.plan, now);
  if (outcome.kind === 'plan') return [...lines, 'Nothing was done.'].join('\n');
  if (outcome.kind === 'under-way')
    return [...lines, 'It goes on: upkeep backup list shows how far it is.'].join('\n');
  const { proposed } = outcome;
  if ('refused' in proposed)
    return [...lines, paint(terminal, 'red', `✗ not proposed: ${plain(proposed.refused)}`)].join('\n');
  const { id, state, judgement, digest } = proposed.action;
  const line = `${paint(terminal, state === 'refused' ? 'red' : 'yellow', '→')} action ${id} is ${state}: ${plain(judgement.reason)}`;
  const todo = `  upkeep action approve ${id} --digest ${digest}`;
  return [...lines, line, ...(state === 'awaiting-approval' ? [todo] : [])].join('\n');
}

/** A log holds commits, not seconds: the last before the moment that was asked for is that state. */
function reachedWords(terminal: Terminal, { reached, asked }: RestoredView): string {
  if (reached === null) return '';
  const to = ` to ${moment(terminal, reached)}`;
  const isExact = asked === null || asked <= reached;
  return isExact ? to : `${to}, the last commit before ${moment(terminal, asked)}`;
}

function printRestorePlan(terminal: Terminal, plan: RestorePlanView, now: number): string[] {
  const { backup, reaches, losses, steps, impossible, doubt, storedBytes, restoredBytes, startedAt } = plan;
  const over = plan.passedOver === null ? [] : [paint(terminal, 'red', `  ! ${plain(plan.passedOver)}`)];
  const head = `backup ${backup.slice(0, 13)} of ${plain(plan.plan)}, taken ${moment(terminal, startedAt)}, ${storedWords(storedBytes)}${restoredBytes === null ? '' : `, ${amount(restoredBytes, 'bytes')} restored`}`;
  if (impossible !== null) return [head, ...over, paint(terminal, 'red', `  ✗ ${plain(impossible)}`)];
  const isOver = plan.into.kind === 'over';
  return [
    head,
    ...(reaches === null
      ? []
      : [`  brings back ${moment(terminal, reaches)}, ${formatDuration(now - reaches)} ago`]),
    ...over,
    ...(doubt === null ? [] : [paint(terminal, 'yellow', `  ! ${plain(doubt)}`)]),
    isOver ? '  would be lost:' : '  is not in it:',
    ...losses.map((loss) => paint(terminal, isOver ? 'red' : 'gray', `    ${plain(loss)}`)),
    plan.byHand === undefined ? '  would be done:' : '  would be done, by hand (Upkeep does none of it):',
    ...steps.map((step) => `    ${plain(step)}`),
  ];
}

function printAdopted(terminal: Terminal, { plan, adopted, left }: Adopted): string {
  return [
    ...adopted.map((backup) => printBackup(terminal, backup)),
    ...(adopted.length > 0
      ? [
          `They count from now on. Prove the newest: upkeep backup verify ${plain(plan)}; unpin what may go by age.`,
        ]
      : []),
    ...left.map(
      ({ label }) =>
        `${paint(terminal, 'yellow', '!')} ${plain(label)} cannot be restored by Upkeep: it counts for nothing, and holds no removal back any more`,
    ),
  ].join('\n');
}
