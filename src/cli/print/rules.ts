/** Rules, replays and SLOs for people. */
import { timestamp } from '../../clock.ts';
import { formatDuration } from '../../core/time.ts';
import type { SloView } from '../../verbs/slo/view.ts';
import { paint, plain, plainLines, type Terminal, table } from '../terminal.ts';

interface RuleRow {
  readonly id: string;
  readonly kind: string;
  readonly isEnabled: boolean;
  readonly isOverridden: boolean;
  readonly targets: readonly string[];
  readonly warning: string | null;
  readonly critical: string | null;
  readonly firing: number;
  readonly firedIn30Days: number;
}

function printRules(terminal: Terminal, rules: readonly RuleRow[]): string {
  if (rules.length === 0) return 'No rule is in force.';
  return table(
    terminal,
    rules.map((one) => [
      `  ${one.id}${one.isOverridden ? ' *' : ''}`,
      one.isEnabled ? one.kind : 'off',
      one.targets.length > 3 ? `${one.targets.length} targets` : one.targets.map(plain).join(', '),
      one.firing > 0 ? paint(terminal, 'red', `${one.firing} firing`) : `${one.firedIn30Days} in 30 d`,
      plain([one.warning, one.critical].filter((level) => level !== null).join(' / ')),
    ]),
  );
}

interface ReplayRow {
  readonly words: string;
  readonly targets: readonly {
    readonly target: string;
    readonly present: ReplayedRow;
    readonly changed: ReplayedRow | null;
  }[];
}

interface ReplayedRow {
  readonly alerts: readonly {
    readonly firedAt: number;
    readonly resolvedAt: number | null;
    readonly level: string;
    readonly labels: Readonly<Record<string, string>>;
    readonly incident: string | null;
  }[];
}

const shown = 40;

function printReplay(terminal: Terminal, { words, targets }: ReplayRow): string {
  const rows = targets.flatMap(({ target, present, changed }) =>
    (changed ?? present).alerts.map((alert) => ({ target, alert })),
  );
  const lines = rows
    .slice(0, shown)
    .map(({ target, alert }) => [
      `  ${timestamp(alert.firedAt)}`,
      plain(target),
      plain(Object.values(alert.labels).join(' ')),
      alert.level,
      alert.resolvedAt === null ? 'still' : formatDuration(alert.resolvedAt - alert.firedAt),
      alert.incident === null ? '' : `incident ${alert.incident.slice(0, 8)}`,
    ]);
  const more = rows.length > shown ? [`  and ${rows.length - shown} more; --json has all`] : [];
  return [plain(words), ...(lines.length > 0 ? [table(terminal, lines)] : []), ...more].join('\n');
}

function printSlos(
  terminal: Terminal,
  { objectives, frozen }: { objectives: readonly SloView[]; frozen: readonly string[] },
  now: number,
): string {
  if (objectives.length === 0)
    return 'No service has an SLO: slo: { availability: 99.9% } below services: NAME: in upkeep.yaml.';
  const rows = objectives.map((one) => [
    `  ${plain(one.service)}`,
    one.objective,
    targetText(one),
    measuredText(one),
    `${one.words} ${one.span}`,
    one.burn === null ? '' : `burns ${Number(one.burn.toPrecision(2))}x`,
    stateOf(terminal, one, now),
  ]);
  const freeze = frozen.length === 0 ? [] : [`Changes are frozen for ${frozen.map(plain).join(', ')}.`];
  return [table(terminal, rows), ...freeze].join('\n');
}

export function targetText({ target }: Pick<SloView, 'target'>): string {
  return `${Number((target * 100).toFixed(4))} %`;
}

/** Cut, not rounded: what missed 100 % must not read so. */
export function measuredText({ measured }: Pick<SloView, 'measured'>): string {
  return measured === null ? 'unknown' : `${(Math.floor(measured * 1e5) / 1e3).toFixed(3)} %`;
}

export function stateOf(terminal: Terminal, { state, exhaustedAt }: SloView, now: number): string {
  const lasts =
    exhaustedAt === null || exhaustedAt <= now
      ? ''
      : `, used up in ${formatDuration(exhaustedAt - now)} at this pace`;
  if (state === 'page') return paint(terminal, 'red', `pages${lasts}`);
  return state === 'ticket' ? paint(terminal, 'yellow', `ticket${lasts}`) : `${state}${lasts}`;
}

export const ruleForms = {
  'rule.list': printRules,
  'rule.replay': printReplay,
  'rule.tuning': (_terminal: Terminal, report: { markdown: string }) => plainLines(report.markdown),
  'slo.list': printSlos,
} as const;
