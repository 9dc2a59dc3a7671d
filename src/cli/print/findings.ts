import { blockingTree, holdersIn } from '../../core/blocking-tree.ts';
import { count } from '../../core/count.ts';
import type { Evidence, Finding } from '../../core/evidence.ts';
import { factsInWords, nameInWords, valueInWords } from '../../core/fact-words.ts';
import { sinceWords } from '../../core/incident/over.ts';
import { foldedReasons, unseenLines } from '../../core/unseen.ts';
import type { QuestionView } from '../../verbs/question/ask.ts';
import { clockTime, moment } from '../moments.ts';
import { paint, plain, type Terminal } from '../terminal.ts';
import { treeLines } from './blocking-tree.ts';

const mostRows = 12;
/** As many as the end of a log has: its newest lines are the ones that tell. */
const mostLines = 20;

/** So many that could not be seen are named where others follow. */
const mostUnseen = 8;
/** So many findings have a line of their own. */
const mostFindings = 10;

interface Shown {
  /** The findings after these are one line each, and what could not be seen is cut; all where absent. */
  readonly inFull?: number;
  /** What was asked about: what is found elsewhere says where. */
  readonly asked?: readonly string[];
  /** What fires all the same is never nothing. */
  readonly firing?: QuestionView['firing'];
  /** An incident: that none was found never means that nothing is wrong. */
  readonly isIncident?: boolean;
}

/**
 * Findings, best first, each with the evidence it rests on and what could not be seen.
 */
export function printFindings(
  terminal: Terminal,
  found: { readonly findings: readonly Finding[]; readonly evidence: readonly Evidence[] },
  { inFull, asked, firing, isIncident }: Shown = {},
): string {
  const all = unseenLines(found.evidence).map((line) => `  ? ${plain(line)}`);
  const unseen = inFull === undefined ? all : cut(all, mostUnseen, '  ');
  const parts = found.findings.length === 0 ? [nothingFound(terminal, firing, isIncident)] : [];
  const whole = found.findings.slice(0, inFull ?? found.findings.length);
  for (const [index, finding] of whole.entries())
    parts.push(printFinding(terminal, finding, index + 1, found.evidence, asked));
  const others = found.findings
    .slice(whole.length)
    .map((one, index) => printBriefly(terminal, one, whole.length + index + 1));
  if (others.length > 0) parts.push(cut(others, mostFindings, '').join('\n'));
  if (unseen.length > 0) {
    parts.push([paint(terminal, 'bold', 'Could not be seen'), ...unseen].join('\n'));
  }
  return parts.join('\n\n');
}

function printFinding(
  terminal: Terminal,
  finding: Finding,
  place: number,
  evidence: readonly Evidence[],
  asked: readonly string[] | undefined,
): string {
  const own = evidence.filter((item) => finding.evidence.includes(item.id));
  const trees = own.flatMap(({ table }) => (table === undefined ? [] : (blockingTree(table) ?? [])));
  const holders = trees.length === 0 ? null : holdersIn(trees);
  const lines = [
    `${paint(terminal, 'bold', `${place}. ${plain(titleOf(finding, asked))}`)}`,
    `   ${paint(terminal, 'gray', `${finding.id} on ${finding.target} · ${Math.round(finding.confidence * 100)} % sure${seenWords(terminal, finding)}${finding.nature === 'hygiene' ? ' · how it is set up, no cause of a trouble' : ''}`)}`,
    `   ${plain(finding.explanation)}`,
    ...(finding.beside === undefined
      ? []
      : [`   Also seen, no cause of what fires: ${plain(finding.beside)}`]),
    ...own.flatMap((item) => printEvidence(terminal, item, holders)),
    ...foldedReasons(finding.unseen).map((text) => `   ${paint(terminal, 'yellow', '?')} ${plain(text)}`),
    ...(finding.decides ?? []).map(
      (text) => `   ${paint(terminal, 'cyan', '≟')} would decide: ${plain(text)}`,
    ),
    ...finding.recommendations.map(
      (one) => `   ${paint(terminal, 'cyan', '→')} ${one.action} on ${one.target}: ${plain(one.why)}`,
    ),
  ];
  return lines.join('\n');
}

function nothingFound(terminal: Terminal, firing: QuestionView['firing'] = [], isIncident = false): string {
  if (isIncident) return paint(terminal, 'yellow', 'No cause was found beyond its alerts.');
  return firing.length === 0
    ? paint(terminal, 'green', 'Nothing wrong was found in what could be seen.')
    : paint(terminal, 'yellow', 'No cause was found beyond what fires.');
}

/** `cache: memory is full` where another was asked about. */
export function titleOf({ target, summary }: Finding, asked: readonly string[] | undefined): string {
  const isPlain = asked === undefined || asked.includes(target) || summary.includes(target);
  return isPlain ? summary : `${target}: ${summary}`;
}

function printBriefly(terminal: Terminal, finding: Finding, place: number): string {
  const { id, target, summary, confidence, beside } = finding;
  const also = beside === undefined ? '' : ' · also seen, no cause of what fires';
  const about = `${id} on ${target} · ${Math.round(confidence * 100)} % sure${also}`;
  return `${place}. ${plain(summary)}  ${paint(terminal, 'gray', about)}`;
}

function cut(lines: readonly string[], most: number, indent: string): readonly string[] {
  if (lines.length <= most + 1) return lines;
  return [...lines.slice(0, most), `${indent}… and ${lines.length - most} more: all with --all`];
}

/** @param holders who holds others up, where a tree tells who waits for whom: of sessions only these are listed */
function printEvidence(terminal: Terminal, item: Evidence, holders: ReadonlySet<string> | null): string[] {
  const when = (at: number) => moment(terminal, at);
  const facts = factsInWords(item.title, item.facts ?? {}, when, ': ').map((fact) => plain(fact));
  const { columns = [], rows: listed = [] } = item.table ?? {};
  const tree = item.table && blockingTree(item.table);
  const sessionAt = holders === null ? -1 : columns.findIndex((name) => name === 'pid' || name === 'thread');
  const all =
    sessionAt < 0 || tree !== undefined
      ? listed
      : listed.filter((row) => holders?.has(String(row[sessionAt])));
  const waiting = listed.length - all.length;
  const told = tree === undefined ? all : [];
  const rows = told
    .slice(0, mostRows)
    .map((row) => row.map((cell, at) => plain(valueInWords(columns[at] ?? '', cell, when))).join(' | '));
  const indent = (text: string) => `       ${text}`;
  const isEmpty = item.table !== undefined && listed.length === 0 && facts.length === 0 && !item.text;
  return [
    `   ${paint(terminal, 'gray', '·')} ${plain(item.title)}${isEmpty ? ': none' : ''}`,
    ...(facts.length > 0 ? [indent(facts.join(', '))] : []),
    ...(tree === undefined
      ? []
      : treeLines(terminal, tree, columns.includes('thread') ? 'thread' : 'pid').map(indent)),
    ...(rows.length > 0
      ? [indent(paint(terminal, 'gray', columns.map(nameInWords).join(' | '))), ...rows.map(indent)]
      : []),
    ...leftOut(told.length - mostRows, 'more row').map(indent),
    ...(waiting > 0
      ? [indent(`and ${count(waiting, 'session')} that ${waiting === 1 ? 'waits' : 'wait'}`)]
      : []),
    ...textLines(item.text).map(indent),
  ];
}

function textLines(text = ''): string[] {
  if (text === '') return [];
  const lines = text.split('\n').map((line) => plain(line));
  return [...lines.slice(0, mostLines), ...leftOut(lines.length - mostLines, 'more line')];
}

function leftOut(howMany: number, what: string): string[] {
  return howMany > 0 ? [`… and ${count(howMany, what)}: with --json`] : [];
}

/** Its figures are those of that moment. */
function seenWords(terminal: Terminal, finding: Finding): string {
  const { seenAt, over } = finding;
  const since = sinceWords(finding);
  const seen = seenAt === undefined ? '' : ` · seen ${clockTime(terminal, seenAt)}`;
  if (over === undefined) return since === null ? seen : `${seen} · ${since}`;
  return `${seen} · over since ${clockTime(terminal, over.at)}${over.by === undefined ? '' : ` by ${over.by}`}`;
}
