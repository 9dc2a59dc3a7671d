/**
 * The completion report of an action: task, changes, before and after, backup, rollback, monitoring, commit, in the
 * form in which teams hand their work over; with the check-list before it and how it was verified.
 */
import { stillNeeded } from './approval.ts';
import { notApplicable } from './guard/check-list.ts';
import { plain, plainLines } from './plain.ts';
import type { Rule } from './rule.ts';
import { levelInWords } from './rule-words.ts';
import type { Unit } from './sample.ts';
import { formatDuration } from './time.ts';
import type { ActionState, ActionView } from './view.ts';

export interface ReportSurroundings {
  readonly timestamp: (at: number) => string;
  /** Of the target; null where none is declared. */
  readonly environment: string | null;
  /** Of the target; null where it is no longer configured. */
  readonly system: string | null;
  /** In force on the target. */
  readonly rules: readonly Rule[];
  readonly unitOf: (metric: string) => Unit | undefined;
  /** Of the target, as the catalogue has them. */
  readonly backups: KnownBackups;
  /** Address of the target's page. */
  readonly dashboard: string;
}

export interface KnownBackups {
  /** The newest good one that had ended when the plan was applied, or made where it was not. */
  readonly last: {
    readonly plan: string;
    readonly engine: string;
    /** Epoch milliseconds. */
    readonly at: number;
    readonly bytes: number;
    /** Folder or repository. */
    readonly place: string;
  } | null;
  /** The restore that proved one last, before the report was written. */
  readonly proven: { readonly level: number; readonly at: number } | null;
  /** Names under `backups:` that are of this target. */
  readonly declared: readonly string[];
}

/** Begins the result of an action that was under way when Upkeep ended: it may have run, in part or not at all. */
export const cutOffResult = 'interrupted while it was applied, and it is not known whether it ran';

const headings: Readonly<Record<ActionState, string>> = {
  ...{ proposed: 'Proposed', 'awaiting-approval': 'Waits for Approval', permitted: 'Permitted' },
  ...{ applying: 'Under Way', verifying: 'Being Verified', done: 'Complete', failed: 'Failed' },
  ...{ undone: 'Taken Back', refused: 'Not Done', denied: 'Not Done', expired: 'Not Done' },
  withdrawn: 'Not Done',
  interrupted: 'Interrupted',
};

type Component = 'Database' | 'Network' | 'Storage' | 'Compute';

const components: Readonly<Record<string, Component>> = {
  ...{ postgres: 'Database', mysql: 'Database', redis: 'Database', tidb: 'Database', opensearch: 'Database' },
  ...{ haproxy: 'Network', nginx: 'Network', dns: 'Network', tls: 'Network', tcp: 'Network' },
  ...{ http: 'Network', rabbitmq: 'Storage', container: 'Compute', delivery: 'Compute', process: 'Compute' },
};
const ofStorage = ['host.free-disk', 'host.rotate-logs'];

/** Why a change that loses no data needs no backup, by system. */
const withoutBackup: Readonly<Record<string, string>> = {
  haproxy: 'the change is made at run time, and no file is written',
  nginx: 'the configuration that is replaced is kept',
  container: 'no volume is removed',
  delivery: 'the release before stays where it is',
  process: 'no file of it is changed',
  rabbitmq: 'messages are moved within the broker, and none is deleted',
};

export function completionReport(action: ActionView, about: ReportSurroundings): string {
  const { plan } = action;
  const kind = about.system ?? plan.action.split('.')[0] ?? '';
  return [
    `## Infrastructure Task ${headings[action.state]}`,
    '',
    `**Task:** ${line(plan.summary)}`,
    `**Component:** ${componentOf(plan.action, kind)} (${line(plan.target)}, ${kind})`,
    `**Environment:** ${line(about.environment ?? 'not declared')}`,
    `**Result:** ${line(action.result ?? 'none yet', 2_000)}`,
    `**Why:** ${line(action.why, 600)}`,
    ...part('Changes Made:', changes(action, about)),
    ...part('Performance Impact:', impact(action)),
    ...part('Verification:', verification(action)),
    ...part('Check-list Before the Change:', checkLines(action)),
    ...part('Backup Status:', backup(action, about)),
    ...part('Rollback Procedure:', rollback(action)),
    ...part('Monitoring:', monitoring(about)),
    ...part('Suggested Git Commit:', commit(action, about)),
  ].join('\n');
}

function componentOf(action: string, kind: string): Component {
  return ofStorage.includes(action) ? 'Storage' : (components[kind] ?? 'Compute');
}

function part(title: string, lines: readonly string[]): string[] {
  return ['', `### ${title}`, ...lines];
}

function changes(action: ActionView, { timestamp }: ReportSurroundings): string[] {
  const { plan, appliedAt, endedAt, approvedBy, approval, digest } = action;
  const allowed =
    approvedBy !== null
      ? `approved by ${line(approvedBy)}`
      : action.state === 'awaiting-approval' && approval
        ? `waits for ${line(stillNeeded(approval))}`
        : line(action.judgement.reason, 600);
  return [
    ...(appliedAt === null
      ? ['- None: nothing was run. Planned was:']
      : [
          `- ${ran(action, timestamp(appliedAt))}${endedAt === null ? '' : `, ended ${timestamp(endedAt)}`}:`,
        ]),
    ...fenced('', plan.steps),
    `- Action: \`${plan.action}\` (${plan.risk}), proposed by ${line(action.proposedBy)}; ${allowed}`,
    ...(approval?.edits ?? []).map((edit) => `- Input edited by ${line(edit.by)} ${timestamp(edit.at)}`),
    `- Plan: sha256 ${digest}`,
  ];
}

function ran({ state, result }: ActionView, at: string): string {
  if (result?.startsWith(cutOffResult)) {
    const after = result.slice(cutOffResult.length).replace(/^\W+(?:verified: )?/, '');
    return `Not known whether it ran: begun ${at}, and Upkeep ended before it said. Checked after: ${line(after === '' ? 'not yet' : after, 600)}. What was begun`;
  }
  return state === 'applying' ? `Begun ${at}, and not known yet whether it has run` : `Applied ${at}`;
}

/** Of numbers, those that count nothing: who it is and when it was. */
const noMeasure = /(^pid|Pid|Id|Ticks|At|Since)$/;

/** What was measured before and after, numbers and states: one of them alone shows no impact. */
function impact({ plan, after }: ActionView): string[] {
  const rows = Object.entries(plan.before).flatMap(([name, old]) => {
    const now = after?.[name];
    if (noMeasure.test(name)) return [];
    if (typeof old === 'boolean' && typeof now === 'boolean')
      return `| ${name} | ${old} | ${now} | ${old === now ? 'same' : 'changed'} |`;
    if (typeof old !== 'number' || typeof now !== 'number') return [];
    const cells = [name, value(name, old), value(name, now), difference(old, now)];
    return `| ${cells.map((cell) => line(cell).replaceAll('|', '\\|')).join(' | ')} |`;
  });
  if (rows.length === 0)
    return [after === null ? 'Not measured again yet.' : 'Nothing was measured both before and after.'];
  return ['| Metric | Before | After | Change |', '| --- | --- | --- | --- |', ...rows];
}

/** Names that end with `Ms` are milliseconds, with `Bytes`, `Seconds` and `Percent` what they say. */
function value(name: string, held: number): string {
  if (/bytes$/i.test(name)) return bytesInWords(held);
  if (/seconds$/i.test(name)) return formatDuration(held * 1_000);
  if (/percent$/i.test(name)) return `${held} %`;
  return /Ms$/.test(name) ? `${held} ms` : String(held);
}

function bytesInWords(bytes: number): string {
  const steps = ['bytes', 'KiB', 'MiB', 'GiB', 'TiB'];
  const step = Math.min(steps.length - 1, Math.floor(Math.log2(Math.max(1, Math.abs(bytes))) / 10));
  return `${Number((bytes / 1_024 ** step).toFixed(1))} ${steps[step]}`;
}

function difference(before: number, after: number): string {
  if (before === after) return 'same';
  if (before === 0) return `${after > 0 ? '+' : ''}${after}`;
  const percent = Math.round(((after - before) / Math.abs(before)) * 100);
  return `${percent > 0 ? '+' : ''}${percent} %`;
}

function verification({ plan }: ActionView): string[] {
  const within = formatDuration(plan.verifyWithinMs);
  return [
    `Expected: ${line(plan.expect, 600)}. It had ${within} to show and had to hold for ${formatDuration(plan.holdMs)}.`,
  ];
}

const said = { yes: '', no: 'no: ', ask: 'a person must know: ' } as const;

function checkLines({ judgement }: ActionView): string[] {
  const checks = judgement.checks ?? [];
  if (checks.length === 0) return ['Not computed for this plan.'];
  const idle = notApplicable(checks);
  return [
    ...checks.flatMap(({ question, answer, because }) =>
      answer === 'not-applicable'
        ? []
        : `- ${answer === 'yes' ? '[x]' : '[ ]'} ${question}: ${said[answer]}${line(because, 400)}`,
    ),
    ...(idle === undefined ? [] : [`- [-] ${idle}`]),
  ];
}

function backup(action: ActionView, about: ReportSurroundings): string[] {
  const { judgement, plan } = action;
  const { timestamp, backups } = about;
  const reason = withoutBackup[about.system ?? plan.action.split('.')[0] ?? ''];
  if (plan.risk !== 'destructive' && reason !== undefined) {
    return [
      `- Last backup: not needed, ${reason}`,
      '- Backup location: none',
      '- Recovery tested: No, see the rollback procedure',
    ];
  }
  const { provenRestoreAt = null, provenRestoreLevel = null } = judgement.facts ?? {};
  const known = provenRestoreAt !== null && provenRestoreLevel !== null;
  const proven = known ? { at: provenRestoreAt, level: provenRestoreLevel } : backups.proven;
  return [...lastBackup(action, about), `- Recovery tested: ${tested(proven, action, timestamp)}`];
}

function lastBackup(action: ActionView, { timestamp, backups }: ReportSurroundings): string[] {
  const { last, declared } = backups;
  if (last) {
    const size = last.bytes > 0 ? `, ${bytesInWords(last.bytes)}` : '';
    const distance = beside(action, last.at);
    return [
      `- Last backup: ${timestamp(last.at)}, ${distance} (${line(last.plan)}, ${line(last.engine)}${size})`,
      `- Backup location: ${line(last.place)}`,
    ];
  }
  const why =
    declared.length > 0
      ? `none, ${declared.map((name) => line(name)).join(' and ')} under \`backups:\` had taken none`
      : 'unknown, no verified backup is known and none is declared under `backups:`';
  return [`- Last backup: ${why}`, '- Backup location: unknown'];
}

function tested(
  proven: KnownBackups['proven'],
  action: ActionView,
  timestamp: ReportSurroundings['timestamp'],
): string {
  if (proven === null) return 'No';
  return `Yes, level ${proven.level} on ${timestamp(proven.at)}, ${beside(action, proven.at)}`;
}

function beside({ proposedAt, appliedAt }: ActionView, at: number): string {
  const change = appliedAt ?? proposedAt;
  const what = appliedAt === null ? 'this plan' : 'the change';
  return at <= change
    ? `${formatDuration(change - at)} before ${what}`
    : `${formatDuration(at - change)} after ${what}`;
}

function rollback({ id, plan, state }: ActionView): string[] {
  // Somebody may carry it out by hand from here, so every step stays whole.
  const [first = '', ...rest] = plainLines(plan.undo.how).split('\n');
  if (!plan.undo.possible)
    return [`Not possible: ${line(first, 600)}`, ...(rest.length === 0 ? [] : fenced('', rest))];
  if (state === 'undone') return ['It was taken back.'];
  if (plan.undoes !== undefined) return fenced('bash', [plan.undo.how]);
  const does = [`which does: ${first}`, ...rest].map((text) => `# ${text}`);
  return fenced('bash', [`upkeep action undo ${id}`, ...does]);
}

const mostRules = 6;

function monitoring({ rules, unitOf, dashboard }: ReportSurroundings): string[] {
  const watching = rules.filter(({ enabled }) => enabled);
  const told = watching.slice(0, mostRules).map((rule) => {
    const levels = (['warning', 'critical'] as const).flatMap((level) => {
      const words = levelInWords(rule, level, unitOf(rule.metric));
      return words === null ? [] : [`${level} ${words}`];
    });
    return `- Metric: \`${rule.metric}\`, alert threshold: ${levels.join(', ')} (\`${rule.id}\`)`;
  });
  const more = watching.length - told.length;
  return [
    ...(told.length === 0 ? ['- Metric: none, no rule watches this target'] : told),
    ...(more > 0 ? [`- and ${more} more rules`] : []),
    `- Dashboard: ${dashboard}`,
  ];
}

function commit({ plan, digest, state }: ActionView, { environment }: ReportSurroundings): string[] {
  if (state !== 'done') return ['None: nothing changed that would have to be kept.'];
  // As for the rollback: a session that was ended, a restart.
  if (!plan.undo.possible && plan.risk !== 'destructive' && !plan.touches?.length)
    return ['None: it changed nothing that stands in a file.'];
  return fenced('', [
    `infra: ${line(plan.summary, 72)}`,
    '',
    `- Changes ${line(plan.target)} by ${plan.action}`,
    `- Expected improvement: ${line(plan.expect)}`,
    `- Tested in: ${plan.found?.testedInStaging === true ? 'staging' : `${line(environment ?? 'the environment itself')}, verified and held`}`,
    `- Plan: sha256 ${digest.slice(0, 16)}`,
  ]);
}

/** What comes from outside can neither end the block nor forge a line. */
function fenced(language: string, lines: readonly string[]): string[] {
  return [`\`\`\`${language}`, ...lines.map((one) => plain(one, 2_000).replaceAll('```', "'''")), '```'];
}

function line(text: string, longest = 240): string {
  return plain(text, longest);
}
