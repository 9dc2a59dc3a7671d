/** One service's objectives on one screen; the charts' histories stay in --json. */
import { formatDuration } from '../../core/time.ts';
import type { FiringView } from '../../verbs/rule/view.ts';
import type { SloView } from '../../verbs/slo/view.ts';
import { moment } from '../moments.ts';
import { paint, plain, type Terminal, table } from '../terminal.ts';
import { budgetText, measuredText, promiseText, stateOf } from './rules.ts';

const mostFirings = 5;

interface ShownSlo {
  readonly service: string;
  readonly objectives: readonly SloView[];
  readonly isFrozen: boolean;
  readonly firings: readonly FiringView[];
}

export function printSlo(terminal: Terminal, shown: ShownSlo, now: number): string {
  const { service, objectives, isFrozen, firings } = shown;
  return [
    ...objectives.map((one) => printObjective(terminal, one, now)),
    ...(isFrozen ? [paint(terminal, 'yellow', `Changes are frozen for ${plain(service)}.`)] : []),
    ...(firings.length === 0 ? ['No burn-rate alert in the period.'] : [printFirings(terminal, firings)]),
  ].join('\n\n');
}

function printObjective(terminal: Terminal, one: SloView, now: number): string {
  const objective = `${promiseText(one)}, counted by ${one.by}`;
  return [
    `${paint(terminal, 'bold', plain(one.service))}  ${objective}`,
    `  measured  ${measuredText(one)}`,
    `  budget    ${budgetText(one)}`,
    `  state     ${stateOf(terminal, one, now)}${one.isEnabled ? '' : ', but the rule is off: nobody is told'}`,
    `            ${paint(terminal, 'gray', plain(one.reason))}`,
    ...(one.windows.length === 0
      ? []
      : [
          table(
            terminal,
            one.windows.map((window) => windowRow(terminal, window)),
          ),
        ]),
  ].join('\n');
}

/** Both windows must burn faster than the limit before it alerts. */
function windowRow(terminal: Terminal, window: SloView['windows'][number]): string[] {
  return [
    `  ${window.severity === 'page' ? 'page' : 'ticket'}`,
    `${formatDuration(window.longMs)} ${burnText(window.long)}`,
    `${formatDuration(window.shortMs)} ${burnText(window.short)}`,
    `limit ${window.factor}x`,
    window.holds ? paint(terminal, window.severity === 'page' ? 'red' : 'yellow', 'over it') : '',
  ];
}

function burnText(burn: number | null): string {
  return burn === null ? 'unknown' : `burns ${Number(burn.toPrecision(2))}x`;
}

function printFirings(terminal: Terminal, firings: readonly FiringView[]): string {
  const more =
    firings.length > mostFirings ? [`  and ${firings.length - mostFirings} more; --json has all`] : [];
  const rows = firings
    .slice(0, mostFirings)
    .map(({ firedAt, resolvedAt, level, incidentId }) => [
      `  ${moment(terminal, firedAt)}`,
      level,
      resolvedAt === null ? paint(terminal, 'red', 'still') : `for ${formatDuration(resolvedAt - firedAt)}`,
      incidentId === null ? '' : `incident ${incidentId.slice(0, 13)}`,
    ]);
  return [paint(terminal, 'bold', 'Alerts'), table(terminal, rows), ...more].join('\n');
}
