/** One target for people: its state and since when, its checks with what they cannot see, and what fires. */
import { saysNow } from '../../core/alert-words.ts';
import { formatDuration } from '../../core/time.ts';
import type { AlertView, CheckView, TargetDetail } from '../../core/view.ts';
import { moment } from '../moments.ts';
import { healthMark, paint, plain, type Terminal, table } from '../terminal.ts';

export function printTarget(terminal: Terminal, target: TargetDetail, now: number): string {
  const gray = (text: string) => paint(terminal, 'gray', text);
  const ago = (at: number) => `${formatDuration(Math.max(0, now - at))} ago`;
  const firing = target.alerts.filter(({ state }) => state === 'firing');
  const facts: [string, string][] = [
    ['address', plain(target.address)],
    ['state', `${stateWord(target)}${sinceWords(firing, now)}`],
    ...(target.hasLatency === false
      ? []
      : [
          ['latency', target.latency === null ? 'unknown' : milliseconds(target.latency)] as [string, string],
        ]),
    [
      'last check',
      `${target.lastAt === null ? 'none yet' : ago(target.lastAt)}, every ${formatDuration(target.everyMs)}`,
    ],
    ...(target.services.length > 0 ? [['services', target.services.join(', ')] as [string, string]] : []),
    ...(target.dependsOn.length > 0 ? [['needs', target.dependsOn.join(', ')] as [string, string]] : []),
  ];
  return [
    `${healthMark(terminal, target.health)} ${paint(terminal, 'bold', plain(target.name))}  ${target.system}  ${gray(plain(target.detail))}`,
    table(
      terminal,
      facts.map(([name, value]) => [`  ${name}`, value]),
    ),
    ...(target.alerts.length === 0
      ? ['  nothing fires']
      : [
          '',
          paint(terminal, 'bold', 'Alerts'),
          ...target.alerts.flatMap((one) => alertLines(terminal, one, now)),
        ]),
    '',
    paint(terminal, 'bold', 'Checks'),
    ...target.checks.flatMap((check) => checkLines(terminal, check, ago)),
  ].join('\n');
}

function stateWord({ health, recent, checks }: TargetDetail): string {
  if (health === 'unknown' && checks.some(({ missing }) => missing.some(({ isAskedFor }) => isAskedFor)))
    return 'unknown: what it is asked for is not there; see the checks below';
  if (health === 'unknown') return 'unknown: nobody could look at it lately';
  if (recent.at(-1) === 0) return 'down';
  return health === 'ok' ? 'up' : `up, ${health}`;
}

/** Since the first of what fires began to hold. */
function sinceWords(firing: readonly AlertView[], now: number): string {
  if (firing.length === 0) return '';
  const since = Math.min(...firing.map((alert) => alert.since));
  return `, in trouble for ${formatDuration(Math.max(0, now - since))}`;
}

function milliseconds(seconds: number): string {
  const ms = seconds * 1_000;
  return ms < 1_000 ? `${Number(ms.toPrecision(3))} ms` : formatDuration(ms);
}

function alertLines(terminal: Terminal, alert: AlertView, now: number): string[] {
  const labels = Object.values(alert.labels).map(plain).join(' ');
  const then = alert.said === undefined ? '' : `  ${alert.said}`;
  const said = alert.now === undefined ? then : `  now ${alert.now}; when it fired${then}`;
  return [
    `  ${paint(terminal, alert.ruleLevel === 'critical' ? 'red' : 'yellow', alert.state)} ${alert.rule}${labels === '' ? '' : ` ${labels}`} for ${formatDuration(Math.max(0, now - alert.since))}${said}`,
    `    ${plain(saysNow(alert))}`,
  ];
}

function checkLines(terminal: Terminal, check: CheckView, ago: (at: number) => string): string[] {
  const mark = healthMark(terminal, check.ok === null ? 'unknown' : check.ok ? 'ok' : 'critical');
  const took = check.lastMs === null ? '' : ` in ${milliseconds(check.lastMs / 1_000)}`;
  const due = check.dueAt === undefined ? '' : `, first look due ${moment(terminal, check.dueAt)}`;
  const when = check.lastAt === null ? `not run yet${due}` : `${ago(check.lastAt)}${took}`;
  const why = check.why === null ? '' : `${check.why}: `;
  const detail = check.detail === '' ? '' : `  ${why}${plain(check.detail)}`;
  return [
    `  ${mark} ${check.probe}  ${when}, every ${formatDuration(check.everyMs)}${detail}`,
    ...check.missing.map(
      ({ metrics, reason, remedy }) =>
        `      cannot see ${metrics.includes('*') ? 'anything more' : metrics.join(', ')}: ${plain(reason)}${remedy ? `; ${plain(remedy)}` : ''}`,
    ),
  ];
}
