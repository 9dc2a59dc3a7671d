import type { Evidence, Finding } from '../../core/evidence.ts';
import { paint, plain, type Terminal } from '../terminal.ts';

const mostRows = 12;

/** Findings, best first, each with the evidence it rests on and what could not be seen. */
export function printFindings(
  terminal: Terminal,
  found: { readonly findings: readonly Finding[]; readonly evidence: readonly Evidence[] },
): string {
  const unseen = found.evidence.flatMap(({ target, title, unseen: why }) =>
    why === undefined ? [] : [`  ? ${plain(target)}: ${plain(title)}: ${plain(why)}`],
  );
  const parts =
    found.findings.length === 0
      ? [paint(terminal, 'green', 'Nothing wrong was found in what could be seen.')]
      : [];
  for (const [index, finding] of found.findings.entries())
    parts.push(printFinding(terminal, finding, index + 1, found.evidence));
  if (unseen.length > 0) {
    parts.push([paint(terminal, 'bold', 'Could not be seen'), ...new Set(unseen)].join('\n'));
  }
  return parts.join('\n\n');
}

function printFinding(
  terminal: Terminal,
  finding: Finding,
  place: number,
  evidence: readonly Evidence[],
): string {
  const lines = [
    `${paint(terminal, 'bold', `${place}. ${plain(finding.summary)}`)}`,
    `   ${paint(terminal, 'gray', `${finding.id} on ${finding.target} · ${Math.round(finding.confidence * 100)} % sure`)}`,
    `   ${plain(finding.explanation)}`,
    ...evidence
      .filter((item) => finding.evidence.includes(item.id))
      .flatMap((item) => printEvidence(terminal, item)),
    ...finding.unseen.map((text) => `   ${paint(terminal, 'yellow', '?')} ${plain(text)}`),
    ...(finding.decides ?? []).map(
      (text) => `   ${paint(terminal, 'cyan', '≟')} would decide: ${plain(text)}`,
    ),
    ...finding.recommendations.map(
      (one) => `   ${paint(terminal, 'cyan', '→')} ${one.action} on ${one.target}: ${plain(one.why)}`,
    ),
  ];
  return lines.join('\n');
}

function printEvidence(terminal: Terminal, item: Evidence): string[] {
  const facts = Object.entries(item.facts ?? {}).map(([name, value]) => `${name}: ${plain(String(value))}`);
  const rows =
    item.table?.rows
      .slice(0, mostRows)
      .map((row) => row.map((cell) => plain(String(cell ?? '-'))).join(' | ')) ?? [];
  const indent = (text: string) => `       ${text}`;
  return [
    `   ${paint(terminal, 'gray', '·')} ${plain(item.title)}`,
    ...(facts.length > 0 ? [indent(facts.join(', '))] : []),
    ...(item.table
      ? [indent(paint(terminal, 'gray', item.table.columns.join(' | '))), ...rows.map(indent)]
      : []),
    ...(item.text
      ? item.text
          .split('\n')
          .slice(0, mostRows)
          .map((line) => indent(plain(line)))
      : []),
  ];
}
