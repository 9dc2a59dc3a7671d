/** Rules, replays and SLOs for people. */
import { sayAvailability, sayKnown, sayObjective } from '../../core/availability.ts';
import { unheardWords } from '../../core/burn-rate/call.ts';
import { formatDuration } from '../../core/time.ts';
import type { SloView } from '../../verbs/slo/view.ts';
import { moment } from '../moments.ts';
import { paint, plain, plainLines, type Terminal, table } from '../terminal.ts';
import { printRule } from './rule.ts';

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
    readonly unknownSince?: number;
    readonly severity: string;
    readonly labels: Readonly<Record<string, string>>;
    readonly incident: string | null;
  }[];
}

const shown = 40;

function lastedWords(
  terminal: Terminal,
  { firedAt, resolvedAt, unknownSince }: ReplayedRow['alerts'][number],
): string {
  if (resolvedAt !== null) return formatDuration(resolvedAt - firedAt);
  return unknownSince === undefined ? 'still' : `unknown since ${moment(terminal, unknownSince)}`;
}

function printReplay(terminal: Terminal, { words, targets }: ReplayRow): string {
  const rows = targets.flatMap(({ target, present, changed }) =>
    (changed ?? present).alerts.map((alert) => ({ target, alert })),
  );
  const lines = rows
    .slice(0, shown)
    .map(({ target, alert }) => [
      `  ${moment(terminal, alert.firedAt)}`,
      plain(target),
      plain(Object.values(alert.labels).join(' ')),
      alert.severity,
      lastedWords(terminal, alert),
      alert.incident === null ? '' : `incident ${alert.incident.slice(0, 13)}`,
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
    promiseText(one),
    measuredText(one),
    budgetText(one),
    burnOf(one),
    stateOf(terminal, one, now),
  ]);
  const head = ['  Service', 'Promise', 'Measured', 'Error budget', 'Burn rate', 'State'].map((word) =>
    paint(terminal, 'gray', word),
  );
  const freeze = frozen.length === 0 ? [] : [`Changes are frozen for ${frozen.map(plain).join(', ')}.`];
  return [table(terminal, [head, ...rows]), ...freeze].join('\n');
}

/** What is judged, so that it stands in no contradiction to the state: `20x in 1 h`. */
function burnOf({ windows: [first] }: SloView): string {
  if (first === undefined || first.long === null) return 'unknown';
  return `${Number(first.long.toPrecision(2))}x in ${formatDuration(first.longMs)}`;
}

/** `99.9 % available in 30 d`, `95 % below 400 ms in 30 d` */
export function promiseText({ target, latencyBelowMs, periodMs }: SloView): string {
  const what = latencyBelowMs === null ? 'available' : `below ${formatDuration(latencyBelowMs)}`;
  return `${sayObjective(target)} ${what} in ${formatDuration(periodMs)}`;
}

/** Of what was measured: `86.973 % in the 15 m known`. */
export function measuredText({ measured, target, measuredMs, periodMs }: SloView): string {
  if (measured === null) return 'unknown';
  return `${sayAvailability(measured, target)} ${sayKnown(measuredMs, periodMs)}`;
}

/** The failures that the whole period allows, however little of it is known yet. */
export function budgetText({ words, left, periodMs }: SloView): string {
  return left === null ? 'unknown' : `${words} of the ${formatDuration(periodMs)}`;
}

const stateWords: Readonly<Record<string, string>> = {
  page: 'burns too fast',
  ticket: 'burns steadily',
  learning: 'still read in',
};

export function stateOf(
  terminal: Terminal,
  { state, exhaustedAt, measuredMs, call, left, windows }: SloView,
  now: number,
): string {
  const isYoung = measuredMs < youngMs;
  const lasts =
    exhaustedAt === null || exhaustedAt <= now || isYoung
      ? ''
      : `, used up in ${formatDuration(exhaustedAt - now)} at this pace`;
  const words = `${state === 'ok' ? wellWords(left, windows) : (stateWords[state] ?? state)}${callWords(state, call)}${lasts}`;
  return state === 'page'
    ? paint(terminal, 'red', words)
    : state === 'ticket'
      ? paint(terminal, 'yellow', words)
      : words;
}

/** No rule holds; the budget may be spent all the same, and the long window may be over its limit still. */
function wellWords(left: number | null, windows: SloView['windows']): string {
  const slowing = windows.find(({ long, factor }) => long !== null && long >= factor);
  const pace =
    slowing === undefined
      ? 'burns within the limits'
      : `the last ${formatDuration(slowing.shortMs)} are within the limits`;
  return left !== null && left <= 0 ? `spent, ${pace}` : pace;
}

/** How it burns stays so for hours; whether anybody is called for it does not. */
function callWords(state: string, call: SloView['call']): string {
  if (state !== 'page' && state !== 'ticket') return '';
  if (call.kind === 'calls') return state === 'page' ? ': calls somebody' : ': a ticket';
  if (call.kind === 'acknowledged') return `: ${plain(call.by)} is on it`;
  return `: ${unheardWords(call) ?? 'no alert of it fires'}`;
}

/** Less than a day was measured: how it burns now does not tell when the budget ends. */
const youngMs = 86_400_000;

export const ruleForms = {
  'rule.list': printRules,
  'rule.show': printRule,
  'rule.replay': printReplay,
  'rule.tuning': (_terminal: Terminal, report: { markdown: string }) => plainLines(report.markdown),
  'slo.list': printSlos,
} as const;
