/** One rule for people: when it fires, where it stands, when it fired, and what to do then. */
import { count } from '../../core/count.ts';
import { named } from '../../core/fold.ts';
import {
  firingsListed,
  foldedFirings,
  foldedRows,
  phaseOf,
  type RuleOnTarget,
  type RuleSeries,
  type SeriesRow,
  sameSettings,
  seriesRows,
  settingsWords,
} from '../../core/rule-settings.ts';
import { formatDuration } from '../../core/time.ts';
import type { FiringView } from '../../verbs/rule/view.ts';
import { moment } from '../moments.ts';
import { paint, plain, plainLines, type Style, type Terminal, table } from '../terminal.ts';

interface RuleView {
  readonly id: string;
  readonly kind: string;
  readonly summary: string;
  readonly metric: string;
  readonly source: string | null;
  readonly runbook: string;
  readonly targets: readonly RuleOnTarget[];
  readonly firings: readonly FiringView[];
}

const targetsNamed = 3;

const phaseWords: Readonly<Record<RuleSeries['phase'], { readonly word: string; readonly style: Style }>> = {
  firing: { word: 'firing', style: 'red' },
  pending: { word: 'pending', style: 'yellow' },
  unknown: { word: 'unknown', style: 'gray' },
  ok: { word: 'well', style: 'green' },
};

/** @param all nothing is folded */
export function printRule(
  terminal: Terminal,
  rule: RuleView,
  now: number,
  { all = false }: { readonly all?: boolean } = {},
): string {
  const { id, kind, summary, metric, source, runbook, targets, firings } = rule;
  const bold = (text: string) => paint(terminal, 'bold', text);
  return [
    `${bold(id)}  ${plain(summary)}  ${paint(terminal, 'gray', `${kind === 'anomaly' || kind === 'absence' ? 'an' : 'a'} ${kind} rule on ${metric}`)}`,
    ...(source === null ? [] : [`  threshold from: ${plain(source)}`]),
    ...sameSettings(targets).flatMap((group) => [
      '',
      bold(`On ${group.length === 1 ? plain(group[0].target) : count(group.length, 'target')}`),
      ...settingsWords(group[0], metric).map((line) => `  ${plain(line)}`),
      table(terminal, rowsOf(terminal, seriesRows(group), now, all)),
    ]),
    '',
    bold('Fired in the last 30 days'),
    ...firedLines(terminal, firings, all),
    ...(runbook === '' ? [] : ['', bold('Runbook'), plainLines(runbook).trim().replaceAll(/^/gm, '  ')]),
  ].join('\n');
}

function rowsOf(terminal: Terminal, rows: readonly SeriesRow[], now: number, all: boolean): string[][] {
  const groups = all ? rows.map((one) => [one] as const) : foldedRows(rows);
  return groups.map((group) => {
    const [first] = group;
    const { word, style } = phaseWords[phaseOf(first)];
    const names = [...new Set(group.map(({ target }) => target))];
    const values = [...new Set(group.map(({ series }) => series?.said ?? ''))];
    return [
      `  ${paint(terminal, style, word)}`,
      group.length === 1 ? '' : `${group.length} ×`,
      plain(named(names, targetsNamed)),
      group.length === 1 ? plain(Object.values(first.series?.labels ?? {}).join(' ')) : '',
      values.length === 1 ? (values[0] ?? '') : '',
      [sinceWords(first, now), reasonOf(first)].filter((text) => text !== '').join(', '),
    ];
  });
}

function sinceWords({ series }: SeriesRow, now: number): string {
  return series?.since == null ? '' : `for ${formatDuration(Math.max(0, now - series.since))}`;
}

function reasonOf({ series }: SeriesRow): string {
  return series === null ? 'no sample yet' : plain(series.reason ?? '');
}

function firedLines(terminal: Terminal, firings: readonly FiringView[], all: boolean): string[] {
  if (firings.length === 0) return ['  never'];
  const groups = all ? firings.map((one) => [one] as const) : foldedFirings(firings);
  const shown = all ? groups : groups.slice(0, firingsListed);
  const rows = shown.map((group) => {
    const [{ firedAt, labels, level, resolvedAt, incidentId, isUnknown }] = group;
    const isOne = group.length === 1;
    const open = isUnknown ? 'open, unknown now' : 'fires now';
    const lasted = resolvedAt === null ? open : `for ${formatDuration(resolvedAt - firedAt)}`;
    return [
      `  ${moment(terminal, firedAt)}`,
      isOne ? '' : `${group.length} ×`,
      plain(named([...new Set(group.map(({ target }) => target))], targetsNamed)),
      isOne ? plain(Object.values(labels).join(' ')) : '',
      level,
      isOne ? lasted : '',
      incidentId === null ? '' : `incident ${incidentId.slice(0, 13)}`,
    ];
  });
  const left = groups.length - shown.length;
  return [table(terminal, rows), ...(left > 0 ? [`  and ${left} before: all with --all`] : [])];
}
