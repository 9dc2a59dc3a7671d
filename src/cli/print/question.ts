/** The answer to a question, for people: what, since when, why, what could not be seen, what to do next. */
import { timestamp } from '../../clock.ts';
import type { Finding } from '../../core/evidence.ts';
import { changeEvidence, movedEvidence } from '../../core/inquiry/conclude.ts';
import { amount, inWords, isWorse } from '../../core/inquiry/moved.ts';
import { wallText } from '../../core/oncall/wall-time.ts';
import { formatDuration } from '../../core/time.ts';
import type { QuestionView } from '../../verbs/question/ask.ts';
import { paint, plain, type Terminal } from '../terminal.ts';
import { printFindings } from './findings.ts';

const mostMoved = 8;
const mostChanges = 6;
const mostLogLines = 5;

export function printAnswer(terminal: Terminal, view: QuestionView): string {
  const parts = [
    understood(terminal, view),
    onset(terminal, view),
    section(terminal, 'Moved with it', movedLines(terminal, view)),
    section(terminal, 'Changes around it', changeLines(terminal, view)),
    section(terminal, 'Incidents of that time', incidentLines(view)),
    view.findings.length > 0 ? paint(terminal, 'bold', 'Likely causes') : '',
    printFindings(terminal, { ...view, evidence: view.evidence.filter(({ id }) => !isToldAbove(id)) }),
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
    ({ word, near }) =>
      `  ${paint(terminal, 'yellow', '?')} not understood: "${plain(word)}"${near === null ? '' : `; did you mean ${plain(near)}?`}`,
  );
  return [`${paint(terminal, 'gray', 'Understood:')} ${plain(parts.join(' · '))}`, ...strange].join('\n');
}

function onset(terminal: Terminal, view: QuestionView): string {
  const { leading, exactToMs, timezone, steady, understood: read } = view;
  if (leading) {
    const ended = leading.ended === null ? '' : `, until ${wallText(leading.ended, timezone)}`;
    const when = `Since ${wallText(leading.onset, timezone)} (to within ${formatDuration(exactToMs ?? 0)})${ended}:`;
    return `${paint(terminal, 'bold', when)} ${plain(inWords(leading))}`;
  }
  if (steady.length === 0) return '';
  const span = read.time ?? 'in the last day';
  const told = steady.map(
    ({ target, metric, value, unit }) =>
      `  ${plain(metric)} of ${plain(target)}: about ${amount(value, unit)} throughout`,
  );
  return [`${paint(terminal, 'bold', `No such change was measured ${span}.`)} Steady:`, ...told].join('\n');
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

function changeLines(terminal: Terminal, { changes, timezone }: QuestionView): string[] {
  return changes.slice(0, mostChanges).map(({ change, verdict, reason }) => {
    const isSuspect = verdict === 'suspect';
    const where = change.target ?? change.service ?? 'unknown where';
    const mark = isSuspect ? paint(terminal, 'red', 'suspected') : paint(terminal, 'gray', 'not blamed');
    return `  ${wallText(change.at, timezone)}  ${plain(where)}: ${plain(change.summary)}\n    ${mark}: ${plain(reason)}`;
  });
}

function incidentLines({ incidents }: QuestionView): string[] {
  return incidents.map(
    ({ id, title, openedAt, resolvedAt, found }) =>
      `  ${id.slice(0, 8)}  ${timestamp(openedAt)} ${resolvedAt === null ? 'still open' : `for ${formatDuration(resolvedAt - openedAt)}`}  ${plain(title)}${found === null ? '' : `\n    found: ${plain(found)}`}`,
  );
}

/** What moved and what was changed stands there already. */
function isToldAbove(id: string): boolean {
  return id === movedEvidence || id === changeEvidence;
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
      `  upkeep guard explain ${plain(recommended.action)} ${plain(recommended.target)}`,
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
