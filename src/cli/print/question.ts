/** The answer to a question, for people: what, since when, why, what could not be seen, what to do next. */
import type { Finding } from '../../core/evidence.ts';
import { changeEvidence, movedEvidence } from '../../core/inquiry/conclude.ts';
import { amount, inWords, isWorse } from '../../core/inquiry/moved.ts';
import { ownEvidence } from '../../core/inquiry/recorded.ts';
import { formatDuration } from '../../core/time.ts';
import type { QuestionView } from '../../verbs/question/ask.ts';
import { minute, moment } from '../moments.ts';
import { paint, plain, type Terminal } from '../terminal.ts';
import { inputOf } from './action.ts';
import { printFindings, titleOf } from './findings.ts';

const mostMoved = 8;
const mostChanges = 6;
const mostLogLines = 5;
const mostFiring = 10;
const mostEvents = 10;
const mostPresent = 5;

export function printAnswer(terminal: Terminal, view: QuestionView): string {
  const parts = [
    understood(terminal, view),
    storedWords(terminal, view),
    inShort(terminal, view),
    onset(terminal, view),
    section(terminal, 'Fires now', firingLines(terminal, view)),
    section(terminal, 'Moved with it', movedLines(terminal, view)),
    section(terminal, 'Changes around it', changeLines(terminal, view)),
    section(terminal, 'Incidents of that time', incidentLines(terminal, view)),
    section(terminal, 'What Upkeep saw and did then', eventLines(terminal, view)),
    causes(terminal, view),
    section(terminal, 'Now, apart from that', presentLines(terminal, view)),
    section(terminal, 'Did not move', isOpenAnswer(view) ? [] : steadyLines(view)),
    section(terminal, 'What the logs say', logLines(terminal, view)),
    section(
      terminal,
      'Not known of the past',
      view.unseen.map((text) => `  ? ${plain(text)}`),
    ),
    section(terminal, 'Safe next step', nextStep(view)),
  ];
  return parts.filter((part) => part !== '').join('\n\n');
}

function understood(terminal: Terminal, { question, understood: read }: QuestionView): string {
  if (question === '') return '';
  const parts = [read.about, ...read.symptoms, ...(read.time === null ? [] : [read.time])];
  const strange = read.unknown.map(
    ({ word, near }) => `"${plain(word)}"${near === null ? '' : ` (did you mean ${plain(near)}?)`}`,
  );
  const said =
    strange.length === 0
      ? ''
      : `\n${paint(terminal, 'yellow', '?')} I did not understand: ${strange.join(', ')}; looked at ${plain(read.about)}.`;
  return `${paint(terminal, 'gray', 'Understood:')} ${plain(parts.join(' · '))}${said}`;
}

function storedWords(terminal: Terminal, { storedWords: said }: QuestionView): string {
  return said === null
    ? ''
    : `${paint(terminal, 'yellow', '?')} ${plain(said)} Of the rest nothing is known.`;
}

/** Of what the first finding says; nothing that follows may sound otherwise. */
function inShort(terminal: Terminal, view: QuestionView): string {
  const { answer } = view;
  return answer === null ? '' : paint(terminal, 'bold', plain(answer));
}

/** Nothing moved, nothing fires and nothing was found: what stayed as it was is then the answer. */
function isOpenAnswer({ leading, findings, firing }: QuestionView): boolean {
  return leading === null && findings.length === 0 && firing.length === 0;
}

function onset(terminal: Terminal, view: QuestionView): string {
  const { leading, exactToMs, steady, understood: read, answer } = view;
  if (leading) {
    const ended = leading.ended === null ? '' : `, until ${minute(terminal, leading.ended)}`;
    const when = `Since ${minute(terminal, leading.onset)} (to within ${formatDuration(exactToMs ?? 0)})${ended}:`;
    return `${paint(terminal, 'bold', when)} ${plain(inWords(leading))}`;
  }
  if (steady.length === 0 || answer !== null || !isOpenAnswer(view)) return '';
  const span = read.time ?? 'in the last day';
  return [
    `${paint(terminal, 'bold', `No such change was measured ${span}.`)} Steady:`,
    ...steadyLines(view),
  ].join('\n');
}

function steadyLines({ steady, leading, understood: read, findings, firing }: QuestionView): string[] {
  // Beside a cause it says something only of the symptom that was asked about.
  if (leading !== null || (findings.length > 0 && read.symptoms.length === 0)) return [];
  const isFiring = (target: string) => firing.some((alert) => alert.target === target);
  return steady.map(({ target, metric, value, unit, kind }) => {
    // A request that fails or is given up has no duration, so that the rest look as ever.
    const isPart = kind === 'latency' && isFiring(target);
    const how = isPart ? 'in what was answered; what fails or times out is not timed' : 'throughout';
    return `  ${plain(metric)} of ${plain(target)}: about ${amount(value, unit)} ${how}`;
  });
}

function firingLines(terminal: Terminal, { firing }: QuestionView): string[] {
  return firing.slice(0, mostFiring).map(({ target, summary, detail, since }) => {
    const figures = detail === '' ? '' : ` (${plain(detail)})`;
    return `  ${paint(terminal, 'red', '●')} ${plain(target)}: ${plain(summary)}${figures}, since ${minute(terminal, since)}`;
  });
}

function eventLines(terminal: Terminal, { events }: QuestionView): string[] {
  return events.slice(0, mostEvents).map(({ at, target, text }) => {
    const where = text.startsWith(`${target}:`) ? '' : `${plain(target)}: `;
    return `  ${moment(terminal, at)}  ${where}${plain(text)}`;
  });
}

function causes(terminal: Terminal, view: QuestionView): string {
  const evidence = view.evidence.filter(({ id }) => !isToldAbove(id));
  const heading = view.present === null ? 'Likely causes' : 'Cause, as it was found then';
  const found = printFindings(terminal, { ...view, evidence }, { asked: view.targets, firing: view.firing });
  if (view.present !== null && view.findings.length === 0) return 'No cause was found then.';
  return view.findings.length === 0 ? found : `${paint(terminal, 'bold', heading)}\n\n${found}`;
}

function presentLines(terminal: Terminal, { present, targets }: QuestionView): string[] {
  return (present?.findings ?? [])
    .slice(0, mostPresent)
    .map(
      (one) =>
        `  ${plain(titleOf(one, targets))}  ${paint(terminal, 'gray', `${one.id} on ${one.target} · ${Math.round(one.confidence * 100)} % sure`)}`,
    );
}

function movedLines(terminal: Terminal, { moved, leading }: QuestionView): string[] {
  return moved
    .filter((one) => one !== leading && !(one.metric === leading?.metric && one.target === leading.target))
    .slice(0, mostMoved)
    .map(
      (one) =>
        `  ${isWorse(one) ? paint(terminal, 'yellow', '▲') : paint(terminal, 'gray', '·')} ${plain(inWords(one))}`,
    );
}

function changeLines(terminal: Terminal, { changes }: QuestionView): string[] {
  return changes.slice(0, mostChanges).map(({ change, verdict, reason }) => {
    const isSuspect = verdict === 'suspect';
    const where = change.target ?? change.service ?? 'unknown where';
    const mark = isSuspect ? paint(terminal, 'red', 'suspected') : paint(terminal, 'gray', 'not blamed');
    return `  ${minute(terminal, change.at)}  ${plain(where)}: ${plain(change.summary)}\n    ${mark}: ${plain(reason)}`;
  });
}

function incidentLines(terminal: Terminal, { incidents }: QuestionView): string[] {
  return incidents.map(
    ({ id, title, openedAt, resolvedAt, found }) =>
      `  ${id.slice(0, 13)}  ${moment(terminal, openedAt)} ${resolvedAt === null ? 'still open' : `for ${formatDuration(resolvedAt - openedAt)}`}  ${plain(title)}${found === null ? '' : `\n    found: ${plain(found)}`}`,
  );
}

/** What moved and what was changed stands there already. */
function isToldAbove(id: string): boolean {
  return id === movedEvidence || id === changeEvidence || id === ownEvidence;
}

/** Of those that no finding rests on. */
function logLines(terminal: Terminal, { evidence, findings }: QuestionView): string[] {
  const used = new Set(findings.flatMap((finding) => finding.evidence));
  return evidence
    .filter(({ id, target, text }) => id === `${target}.logs` && text !== undefined && !used.has(id))
    .flatMap(({ target, title, text = '' }) => [
      `  ${plain(target)}: ${plain(title)}`,
      ...text
        .split('\n')
        .slice(0, mostLogLines)
        .map((line) => paint(terminal, 'gray', `    ${plain(line)}`)),
    ]);
}

/** Nothing that is named here changes anything. */
function nextStep({ findings }: QuestionView): string[] {
  const [first] = findings;
  if (!first) return [];
  const [recommended] = first.recommendations;
  if (recommended)
    return [
      `  upkeep guard explain ${plain(recommended.action)} ${plain(recommended.target)}${plain(inputOf(recommended))}`,
      '  says what would be done, whether it may be, and what it would touch; nothing is changed.',
    ];
  const [decides] = decidesOf(findings);
  return decides === undefined ? [] : [`  Find out ${plain(decides)}.`];
}

function decidesOf(findings: readonly Finding[]): string[] {
  return findings.flatMap(({ decides = [] }) => decides);
}

function section(terminal: Terminal, title: string, lines: readonly string[]): string {
  return lines.length === 0 ? '' : [paint(terminal, 'bold', title), ...lines].join('\n');
}
