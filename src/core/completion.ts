/**
 * The completion report of an action: task, changes, before and after, backup, rollback, monitoring, commit, in the
 * form in which teams hand their work over; with the check-list before it and how it was verified.
 */
import { stillNeeded } from './approval.ts';
import type { Scalar } from './evidence.ts';
import { plain } from './plain.ts';
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
  /** Address of the target's page. */
  readonly dashboard: string;
}

const headings: Readonly<Record<ActionState, string>> = {
  ...{ proposed: 'Proposed', 'awaiting-approval': 'Waits for Approval', permitted: 'Permitted' },
  ...{ applying: 'Under Way', verifying: 'Being Verified', done: 'Complete', failed: 'Failed' },
  ...{ undone: 'Taken Back', refused: 'Not Done', denied: 'Not Done', expired: 'Not Done' },
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
    ...part('Performance Impact:', impact(action, about)),
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
      : [`- Applied ${timestamp(appliedAt)}${endedAt === null ? '' : `, ended ${timestamp(endedAt)}`}:`]),
    ...fenced('', plan.steps),
    `- Action: \`${plan.action}\` (${plan.risk}), proposed by ${line(action.proposedBy)}; ${allowed}`,
    ...(approval?.edits ?? []).map((edit) => `- Input edited by ${line(edit.by)} ${timestamp(edit.at)}`),
    `- Plan: sha256 ${digest}`,
  ];
}

function impact({ plan, after }: ActionView, { timestamp }: ReportSurroundings): string[] {
  const names = [...new Set([...Object.keys(plan.before), ...Object.keys(after ?? {})])];
  if (names.length === 0) return ['Nothing was measured before.'];
  const rows = names.map((name) => {
    const [old, now] = [plan.before[name], after?.[name]];
    const cells = [name, value(name, old, timestamp), value(name, now, timestamp), difference(old, now)];
    return `| ${cells.map((cell) => line(cell).replaceAll('|', '\\|')).join(' | ')} |`;
  });
  return ['| Metric | Before | After | Change |', '| --- | --- | --- | --- |', ...rows];
}

/** Names that end with `Ms` are milliseconds, with `Bytes`, `Seconds` and `Percent` what they say, those that end with `At` or `Since` moments. */
function value(name: string, held: Scalar | undefined, timestamp: (at: number) => string): string {
  if (held === undefined || held === null) return '-';
  if (typeof held !== 'number') return String(held);
  if (/(At|Since)$/.test(name)) return timestamp(held);
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

function difference(before: Scalar | undefined, after: Scalar | undefined): string {
  if (before === undefined || after === undefined || before === null || after === null) return '-';
  if (before === after) return 'same';
  if (typeof before !== 'number' || typeof after !== 'number') return 'changed';
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

const marks = { yes: '[x]', no: '[ ]', ask: '[ ]', 'not-applicable': '[-]' } as const;
const said = { yes: '', no: 'no: ', ask: 'a person must know: ', 'not-applicable': '' } as const;

function checkLines({ judgement }: ActionView): string[] {
  const checks = judgement.checks ?? [];
  if (checks.length === 0) return ['Not computed for this plan.'];
  return checks.map(
    ({ question, answer, because }) => `- ${marks[answer]} ${question}: ${said[answer]}${line(because, 400)}`,
  );
}

function backup({ judgement, plan, proposedAt }: ActionView, about: ReportSurroundings): string[] {
  const { timestamp } = about;
  const reason = withoutBackup[about.system ?? plan.action.split('.')[0] ?? ''];
  if (plan.risk !== 'destructive' && reason !== undefined) {
    return [
      `- Last backup: not needed, ${reason}`,
      '- Backup location: none',
      '- Recovery tested: No, see the rollback procedure',
    ];
  }
  const { provenRestoreAt: at = null, provenRestoreLevel: level = null } = judgement.facts ?? {};
  if (at === null || level === null)
    return [
      '- Last backup: unknown, no verified backup is known',
      '- Backup location: unknown',
      '- Recovery tested: No',
    ];
  return [
    '- Last backup: unknown; what is known is the restore',
    '- Backup location: unknown',
    `- Recovery tested: Yes, level ${level} on ${timestamp(at)}, ${formatDuration(proposedAt - at)} before this plan`,
  ];
}

function rollback({ id, plan, state }: ActionView): string[] {
  if (!plan.undo.possible) return [`Not possible: ${line(plan.undo.how, 600)}`];
  if (state === 'undone') return ['It was taken back.'];
  if (plan.undoes !== undefined) return fenced('bash', [plan.undo.how]);
  return fenced('bash', [`upkeep action undo ${id}`, `# which does: ${line(plan.undo.how, 600)}`]);
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
