/** The terminal of `upkeep demo`: state in, lines out. Pure; whoever calls it writes them. */
import { styleText } from 'node:util';
import { holdWords } from '../core/incident/hold.ts';
import { openSince } from '../core/incident/reopen.ts';
import { formatDuration } from '../core/time.ts';
import type { ActionView, Health, IncidentDetail, Overview, TargetView } from '../core/view.ts';
import type { LoadSecond, LoadView } from './load.ts';
import { columns, cut, pad, plain, wrap } from './text.ts';

export interface FaultOnScreen {
  readonly key: string;
  readonly title: string;
  readonly state: 'absent' | 'changing' | 'present';
}

export interface ScreenState {
  readonly at: number;
  readonly startedAt: number;
  /** Of the dashboard. */
  readonly url: string;
  /** The one-time link of the first visit, while it is unused; on a line of its own, whole, so that it can be copied. */
  readonly setupLink?: string | null;
  readonly load: LoadView;
  readonly faults: readonly FaultOnScreen[];
  /** What the stack had to leave out, and what was done last; the newest is shown. */
  readonly note: string | null;
  /** Null while Upkeep starts. */
  readonly overview: Pick<Overview, 'timezone' | 'targets' | 'approvals'> | null;
  /** The newest incident, open or resolved. */
  readonly incident:
    | (Pick<
        IncidentDetail,
        | 'title'
        | 'severity'
        | 'level'
        | 'status'
        | 'openedAt'
        | 'resolvedAt'
        | 'holdsUntil'
        | 'treatment'
        | 'findings'
        | 'actions'
      > & {
        /** What was proposed last and cannot be planned as things stand. */
        readonly unplanned?: {
          readonly action: string;
          readonly target: string;
          readonly reason: string;
        } | null;
      })
    | null;
  /** The other open ones, newest first; a line each. */
  readonly others?: readonly Pick<IncidentDetail, 'title' | 'severity' | 'level' | 'status' | 'openedAt'>[];
}

export interface ScreenOptions {
  /** Columns; 80 unless told. */
  readonly width?: number;
  readonly colour?: boolean;
}

type Format = Parameters<typeof styleText>[0];
type Paint = (format: Format, text: string) => string;
interface Canvas {
  readonly width: number;
  readonly paint: Paint;
}

const narrowest = 40;

/** At most 24 lines for the demo's stack, none wider than the screen. */
export function renderScreen(state: ScreenState, options: ScreenOptions = {}): string[] {
  const canvas: Canvas = {
    width: Math.max(narrowest, options.width ?? 80),
    paint: options.colour
      ? (format, text) => styleText(format, text, { validateStream: false })
      : (_, text) => text,
  };
  return [
    ...header(state, canvas),
    ...loadLines(state.load, canvas),
    heading('Targets', canvas),
    ...targetLines(state, canvas),
    ...incidentLines(state, canvas),
    heading('Break something', canvas),
    ...faultLines(state.faults, canvas),
    footer(state, canvas),
    ...linkLines(state, canvas),
  ];
}

function linkLines({ setupLink }: ScreenState, { width, paint }: Canvas): string[] {
  const parts = plain(setupLink ?? '').match(new RegExp(`.{1,${width}}`, 'gu')) ?? [];
  return parts.map((part) => paint('cyan', part));
}

function header({ at, startedAt, url, overview }: ScreenState, canvas: Canvas): string[] {
  const time = clockTime(at, overview?.timezone ?? 'UTC');
  const right = `${formatDuration(Math.floor(Math.max(0, at - startedAt) / 1_000) * 1_000)}  ${time}`;
  const left = `Upkeep demo  ${plain(url)}`;
  return [canvas.paint('bold', pad(left, canvas.width - right.length - 1)) + ` ${right}`];
}

function clockTime(at: number, timeZone: string): string {
  return new Intl.DateTimeFormat('en-GB', { timeStyle: 'medium', timeZone }).format(at);
}

function heading(title: string, { width, paint }: Canvas): string {
  return paint('dim', `── ${title} ${'─'.repeat(Math.max(0, width - title.length - 4))}`);
}

function loadLines(load: LoadView, canvas: Canvas): string[] {
  const last = load.recent.at(-1);
  const count = new Intl.NumberFormat('en');
  const now = last
    ? `${last.ok}/s ok  ${last.failed}/s failed  p95 ${last.p95Ms === null ? '-' : formatDuration(last.p95Ms)}`
    : 'starting';
  const totals = `${count.format(load.ok)} ok, ${count.format(load.failed)} failed so far`;
  return [
    heading('Load on the shop', canvas),
    pad(now, canvas.width - totals.length - 1) + ` ${canvas.paint('dim', totals)}`,
    history(load.recent, canvas),
    load.failing === null ? '' : canvas.paint('red', cut(plain(load.failing), canvas.width)),
  ];
}

const bars = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'] as const;

/** A column a second: as high as requests succeeded, × where some failed. */
function history(recent: readonly LoadSecond[], { width, paint }: Canvas): string {
  const legend = '  × failed';
  const shown = recent.slice(-(width - legend.length));
  const most = Math.max(1, ...shown.map(({ ok, failed }) => ok + failed));
  const cells = shown.map(({ ok, failed }) =>
    failed > 0
      ? paint('red', '×')
      : paint('green', bars[Math.round((ok / most) * (bars.length - 1))] ?? bars[0]),
  );
  return `${cells.join('')}${paint('dim', legend)}`;
}

const marks: Record<Health, { readonly mark: string; readonly colour: Format }> = {
  ok: { mark: '●', colour: 'green' },
  warning: { mark: '▲', colour: 'yellow' },
  critical: { mark: '✖', colour: 'red' },
  unknown: { mark: '?', colour: 'dim' },
};

function targetLines({ overview }: ScreenState, canvas: Canvas): string[] {
  if (overview === null) return ['Upkeep starts …'];
  const widest = Math.max(4, ...overview.targets.map(({ name }) => columns(plain(name))));
  const nameWidth = Math.min(20, canvas.width - 30, widest);
  return overview.targets.map((target) => targetLine(target, nameWidth, canvas));
}

function targetLine(target: TargetView, nameWidth: number, { width, paint }: Canvas): string {
  const { mark, colour } = marks[target.health];
  const latency = target.latency === null ? '' : formatDuration(target.latency * 1_000);
  const left = `${pad(plain(target.name), nameWidth)}  ${pad(target.system, 8)}  `;
  const room = width - 2 - nameWidth - 12 - 8;
  return `${paint(colour, mark)} ${left}${pad(plain(target.why ?? target.detail), room)}${latency.padStart(8)}`;
}

const mostOthers = 3;

const levelColours = { critical: 'red', high: 'red', medium: 'yellow', low: 'cyan' } as const;
const indent = 7;

function incidentLines({ incident, others = [], at, overview }: ScreenState, canvas: Canvas): string[] {
  if (incident === null) return [heading('Incident', canvas), canvas.paint('dim', 'none so far')];
  const isOver = incident.status === 'resolved';
  const [cause] = incident.findings;
  const open = others.length + (isOver ? 0 : 1);
  const shown = others.slice(0, mostOthers);
  const hidden = others.length - shown.length;
  const held = holdWords(incident, at, (end) => clockTime(end, overview?.timezone ?? 'UTC'));
  return [
    heading(open > 1 ? `Incidents: ${open} open` : 'Incident', canvas),
    incidentLine(incident, at, canvas),
    ...(held === null ? [] : entry('state', held, 1, canvas)),
    ...(cause
      ? entry('cause', `${Math.round(cause.confidence * 100)} %: ${plain(cause.summary)}`, 2, canvas)
      : entry('cause', isOver ? 'not found' : 'being looked for …', 1, canvas)),
    ...wayOut(incident, isOver, canvas),
    ...shown.map((other) => incidentLine({ ...other, resolvedAt: null }, at, canvas)),
    ...(hidden > 0 ? [canvas.paint('dim', `and ${hidden} more`)] : []),
  ];
}

function incidentLine(
  incident: Pick<
    IncidentDetail,
    'title' | 'severity' | 'level' | 'status' | 'openedAt' | 'reopenedAt' | 'resolvedAt'
  >,
  at: number,
  { width, paint }: Canvas,
): string {
  const until = incident.resolvedAt ?? at;
  const length = formatDuration(Math.max(0, Math.floor((until - openSince(incident)) / 1_000) * 1_000));
  const right = incident.resolvedAt === null ? `for ${length}` : `over after ${length}`;
  const word = cut(`${plain(incident.severity)} ${incident.status}`, 20);
  const title = pad(plain(incident.title), width - columns(word) - right.length - 4);
  const colour = incident.status === 'resolved' ? 'green' : levelColours[incident.level];
  return `${paint(colour, word)}  ${title}  ${right}`;
}

/** What Upkeep did or would do; where it can do nothing about the cause, what people can. */
function wayOut(incident: NonNullable<ScreenState['incident']>, isOver: boolean, canvas: Canvas): string[] {
  const [cause] = incident.findings;
  const isForPeople = cause !== undefined && cause.recommendations.length === 0 && cause.explanation !== '';
  const over = ['withdrawn', 'expired', 'denied'];
  const actions = isForPeople
    ? incident.actions.filter(({ state }) => !over.includes(state))
    : incident.actions;
  if (isOver || !isForPeople || actions.length > 0)
    return actionsOf({ ...incident, actions }).flatMap((text) => entry('action', text, 1, canvas));
  return entry('to do', lastWords(plain(cause.explanation), 2 * (canvas.width - indent)), 3, canvas);
}

/** The last whole sentences that fit: an explanation ends with what to do. */
function lastWords(text: string, room: number): string {
  const sentences = text.split(/(?<=[.;:]) (?=\p{Lu})/u);
  const from = sentences.findIndex((_, index) => columns(sentences.slice(index).join(' ')) <= room);
  return from === -1 ? (sentences.at(-1) ?? '') : sentences.slice(from).join(' ');
}

function actionsOf({ actions, unplanned }: NonNullable<ScreenState['incident']>): string[] {
  if (actions.length > 0 || !unplanned) return actions.slice(-2).map(actionText);
  return [`not possible yet: ${unplanned.action} on ${unplanned.target}: ${plain(unplanned.reason)}`];
}

function actionText({ plan, state, result, judgement }: ActionView): string {
  if (state === 'awaiting-approval') return `[a] yes  [n] no  ${plain(plan.summary)}`;
  const outcome = result ?? (state === 'refused' ? judgement.reason : plan.summary);
  return `${state} ${plan.action} on ${plan.target}: ${plain(outcome)}`;
}

function entry(label: string, text: string, lines: number, { width, paint }: Canvas): string[] {
  return wrap(text, width - indent, lines).map(
    (line, index) => paint('dim', (index === 0 ? label : '').padEnd(indent)) + line,
  );
}

function faultLines(faults: readonly FaultOnScreen[], canvas: Canvas): string[] {
  const perLine = canvas.width >= 78 ? 3 : 2;
  const cell = Math.floor(canvas.width / perLine);
  const cells = faults.map((fault) => faultCell(fault, cell, canvas));
  return Array.from({ length: Math.ceil(cells.length / perLine) }, (_, row) =>
    cells.slice(row * perLine, (row + 1) * perLine).join(''),
  );
}

const faultMarks = { absent: ' ', changing: '…', present: '!' } as const;

function faultCell({ key, title, state }: FaultOnScreen, width: number, { paint }: Canvas): string {
  const label = `${faultMarks[state]}${pad(title, width - 5)} `;
  return `${paint('bold', `[${key}]`)}${state === 'absent' ? label : paint('red', label)}`;
}

function footer({ note, overview }: ScreenState, { width, paint }: Canvas): string {
  const keys = '[h] heal all  [q] quit';
  const asks = overview?.approvals ? `${overview.approvals} waiting for approval. ` : '';
  const room = width - keys.length - 2;
  const text = cut(plain(`${asks}${note ?? ''}`), room);
  return paint('bold', keys) + (text === '' ? '' : `  ${text}`);
}
