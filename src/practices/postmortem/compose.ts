/** From the facts of an incident to its post-mortem: what people wrote stays, the rest is computed anew. Pure. */
import { actorWords } from '../../core/actor-words.ts';
import { capital, count } from '../../core/count.ts';
import type { Evidence, Finding } from '../../core/evidence.ts';
import { factsInWords } from '../../core/fact-words.ts';
import { isSameCause } from '../../core/incident/causes.ts';
import { failingServices, reachWords } from '../../core/incident/impact.ts';
import { retrospect } from '../../core/incident/retrospect.ts';
import { askedAt, detectionMs, type IncidentTimes, onsetWords, spansOf } from '../../core/incident/times.ts';
import { plain } from '../../core/plain.ts';
import { sayDuration } from '../../core/time.ts';
import type { ActionView, JournalEntry } from '../../core/view.ts';
import type { Block, Figure, Item, ReportDocument, Tone } from '../reports/document.ts';
import { actionWords, listing, type Moments, momentsIn, percent } from '../reports/words.ts';
import { firstAlert, type PostmortemFacts } from './facts.ts';
import { type Told, tell } from './timeline.ts';

/** Sections that people may write; the rest is data. */
export const editableSections = [
  'summary',
  'detection',
  'impact',
  'cause',
  'mitigation',
  'fix',
  'well',
  'badly',
  'prevention',
] as const;
export type EditableSection = (typeof editableSections)[number];

export interface PostmortemSection {
  readonly id: EditableSection | 'timeline' | 'items' | 'times' | 'told';
  readonly title: string;
  readonly isEdited: boolean;
  readonly blocks: readonly Block[];
}

export interface Postmortem {
  readonly document: ReportDocument;
  readonly sections: readonly PostmortemSection[];
}

export function composePostmortem(facts: PostmortemFacts): Postmortem {
  const { incident, severity, timezone, name } = facts;
  const moments = momentsIn(timezone);
  const sections = sectionsOf(facts, moments);
  const began = moments.long(facts.times.beganAt);
  const span =
    incident.resolvedAt === null
      ? `since ${began}, not over yet`
      : `${began} to ${moments.long(incident.resolvedAt)}`;
  const document: ReportDocument = {
    title: `Incident: ${incident.title}`,
    span: `${span}, ${timezone}`,
    tone: toneOf(facts),
    headline: `${severity}: ${incident.title}`,
    lead: leadOf(facts),
    figures: figuresOf(facts),
    sections: sections.map(({ title, blocks }) => ({ title, blocks })),
    footer: `${incident.resolvedAt === null ? 'Draft of the post-mortem' : 'Post-mortem'} of incident ${incident.id} of ${name}, written by Upkeep from its journal at ${moments.long(facts.writtenAt)} (${timezone}).`,
  };
  return { document, sections };
}

function toneOf({ incident }: PostmortemFacts): Tone {
  if (incident.status === 'resolved') return 'ok';
  return incident.level === 'critical' || incident.level === 'high' ? 'critical' : 'warning';
}

function leadOf({ incident, impact, findings }: PostmortemFacts): string {
  const failing = failingServices(impact);
  const reach = failing.length > 0 ? listing(failing, 6) : listing(incident.targets, 6);
  const [best] = findings;
  const cause = best ? ` ${best.summary}.` : '';
  const length = sayDuration(impact.durationMs);
  const lasted =
    incident.resolvedAt === null
      ? `is ${incident.status} and has lasted ${length} so far`
      : `lasted ${length}`;
  return `It ${lasted} and reached ${reach || 'nothing that is configured'}.${cause}`;
}

function figuresOf({ times, severity, incident, impact }: PostmortemFacts): Figure[] {
  const spans = spansOf(times);
  const isOpen = incident.resolvedAt === null;
  const figure = (
    label: string,
    ms: number | null,
    note: string,
    missing = { yet: 'it is not over', ever: 'it did not happen' },
  ): Figure => {
    if (ms !== null) return { label, value: sayDuration(ms), note, tone: 'quiet' };
    return isOpen
      ? { label, value: 'not yet known', note: missing.yet, tone: 'unknown' }
      : { label, value: '–', note: missing.ever, tone: 'quiet' };
  };
  const onset = onsetWords[times.onset ?? 'first-failing'];
  return [
    {
      label: 'Severity and status',
      value: `${severity}, ${statusWord(incident.status)}`,
      note: `opened by ${actorWords(incident.conduct?.declaredBy ?? 'an alert')}${incident.conduct?.mergedInto ? ', merged into another' : ''}`,
      tone: 'quiet',
    },
    figure('Duration', impact.durationMs, isOpen ? 'since it opened, so far' : 'from opened to resolved'),
    detectionFigure(times, incident),
    figure(
      'Time to acknowledge',
      spans.acknowledgeMs,
      `by ${actorWords(incident.acknowledgedBy ?? 'somebody')}${askedAt(times) > times.detectedAt ? ', from when people could know of it' : ''}`,
      { yet: 'nobody has acknowledged it', ever: 'nobody acknowledged it' },
    ),
    figure('Time to mitigate', spans.mitigateMs, `from ${onset} to service restored`),
    figure('Time to resolve', spans.resolveMs, `from ${onset} to the end`),
  ];
}

/** Unknown where no check told of its beginning: a time that nobody measured is no short one. */
function detectionFigure(times: IncidentTimes, { conduct }: PostmortemFacts['incident']): Figure {
  const label = 'Time to detect';
  const ms = detectionMs(times);
  if (ms !== null) {
    const note = `from ${onsetWords[times.onset ?? 'first-failing']} to the first alert`;
    return { label, value: sayDuration(ms), note, tone: 'quiet' };
  }
  const note =
    times.onset === 'declared'
      ? `declared by hand by ${conduct?.declaredBy ?? 'somebody'}; nothing detected it`
      : 'nothing is known of before the first alert';
  return { label, value: 'unknown', note, tone: 'unknown' };
}

function statusWord(status: string): string {
  if (status === 'open' || status === 'acknowledged') return 'Investigating';
  return status === 'mitigated' ? 'Mitigated' : 'Resolved';
}

const text = (line: string): Block => ({ kind: 'text', text: line });
const points = (lines: readonly string[], none: string): Block[] =>
  lines.length === 0 ? [text(none)] : [{ kind: 'points', points: lines }];

function sectionsOf(facts: PostmortemFacts, moments: Moments): PostmortemSection[] {
  const { well, badly, prevention } = retrospect(facts);
  const written = (id: EditableSection, title: string, computed: readonly Block[]): PostmortemSection => {
    const own = facts.edited?.sections[id];
    if (own === undefined) return { id, title, isEdited: false, blocks: computed };
    return { id, title, isEdited: true, blocks: [{ kind: 'markdown', text: own }] };
  };
  return [
    written('summary', 'Summary', [text(leadOf(facts))]),
    written('detection', 'Detection', detection(facts, moments)),
    written('impact', 'Impact', impactBlocks(facts)),
    { id: 'timeline', title: 'Timeline', isEdited: false, blocks: timeline(facts, moments) },
    written('cause', 'Root cause', cause(facts, moments)),
    written('mitigation', 'Mitigation', mitigation(facts, moments)),
    written('fix', 'Permanent fix', [text('Not written yet.')]),
    written('well', 'What went well', points(well, 'Nothing that can be computed.')),
    written('badly', 'What went badly', points(badly, 'Nothing that can be computed.')),
    written('prevention', 'Prevention', points(prevention, 'Nothing is proposed.')),
    { id: 'items', title: 'Action items', isEdited: false, blocks: items(facts, moments) },
    ...(facts.updates.length === 0
      ? []
      : [
          {
            id: 'told' as const,
            title: 'What stakeholders were told',
            isEdited: false,
            blocks: [told(facts, moments)],
          },
        ]),
  ];
}

function detection({ incident, alerts, times }: PostmortemFacts, moments: Moments): Block[] {
  const first = firstAlert(alerts);
  if (!first)
    return [text(`Declared by hand by ${incident.conduct?.declaredBy ?? 'somebody'}; nothing detected it.`)];
  const at = moments.long(times.onset === 'declared' ? (first.firedAt ?? first.since) : times.detectedAt);
  const said = first.detail === '' ? first.summary : first.detail;
  if (times.onset === 'declared')
    return [
      text(`Declared by hand by ${incident.conduct?.declaredBy ?? 'somebody'}; nothing had detected it.`),
      text(`The first alert came after that, at ${at}: the rule ${first.rule} on ${first.target}: ${said}.`),
    ];
  return [
    text(`By the rule ${first.rule} on ${first.target} at ${at}: ${said}.`),
    ...(incident.conduct?.declaredBy ? [text(`Declared by ${incident.conduct.declaredBy}.`)] : []),
  ];
}

function impactBlocks({ impact, incident }: PostmortemFacts): Block[] {
  const { users, services, requestsFailed, durationMs, atRisk } = impact;
  const share = users.share === null ? '' : ` (${percent(users.share)})`;
  const number =
    users.count === null
      ? users.share === null
        ? 'unknown'
        : percent(users.share)
      : `${users.count}${share}`;
  return [
    {
      kind: 'items',
      items: [
        { term: 'Users affected', text: `${number}: ${users.note}` },
        {
          term: 'Services',
          text: atRisk
            ? `none: nothing was down by it, the backups of ${listing(atRisk, 12)} were at risk`
            : services.length === 0
              ? 'none that is configured'
              : reachWords(impact, percent),
        },
        { term: 'Targets', text: listing(incident.targets, 12) || 'none' },
        {
          term: 'Duration',
          text: `${sayDuration(durationMs)}${incident.resolvedAt === null ? ' so far' : ''}`,
        },
        {
          term: 'Requests failed',
          text:
            requestsFailed === null ? 'unknown: no service has a failures metric' : String(requestsFailed),
        },
      ],
    },
  ];
}

interface TimelineRow extends Told {
  readonly isMarkdown?: true;
}

function timeline({ incident, journal, times }: PostmortemFacts, moments: Moments): Block[] {
  const began = {
    at: times.beganAt,
    what: `Issue began (${onsetWords[times.onset ?? 'first-failing']})`,
    who: '',
  };
  const isNote = ({ kind }: JournalEntry) => kind === 'incident.note';
  const { told, isFolded } = tell(journal.filter((entry) => !isNote(entry)));
  const rows: readonly TimelineRow[] = [
    began,
    ...told,
    ...journal.filter(isNote).map(({ at, actor, payload }) => {
      return { at, what: String(payload.text), who: actor, isMarkdown: true as const };
    }),
  ];
  const table: Block = {
    kind: 'table',
    columns: [{ title: 'Time', isShort: true }, { title: 'What happened' }, { title: 'Who', isShort: true }],
    rows: rows
      .toSorted((a, b) => a.at - b.at)
      .map(({ at, what, who, isMarkdown }) => [
        { text: moments.second(at) },
        { text: what, ...(isMarkdown ? { isMarkdown } : {}) },
        { text: who },
      ]),
  };
  return isFolded
    ? [table, text(`Every entry in a row of its own: upkeep incident show ${incident.id} --all`)]
    : [table];
}

/** Each root cause with its evidence; where none was sure, what was likeliest. */
function cause({ findings, roots, incident }: PostmortemFacts, moments: Moments): Block[] {
  const [best, ...others] = findings;
  const yet = incident.resolvedAt === null ? ' yet' : '';
  if (!best) return [text(`Not known${yet}: nothing that was looked at explains it.`)];
  const sure = findings.flatMap((finding) => {
    const root = roots.find((one) => isSameCause(one.finding, finding));
    return root === undefined ? [] : [{ root, finding }];
  });
  if (sure.length === 0) return [...oneCause(best, incident, moments), ...beside('Less likely', others)];
  const rest = findings.filter((one) => !sure.some(({ finding }) => finding === one));
  return [
    ...sure.flatMap(({ root, finding }) => {
      const mended = root.mendedBy === null ? '' : `, mended by ${root.mendedBy}`;
      const when = `Found at ${moments.second(root.foundAt)}${mended}: `;
      return oneCause(finding, incident, moments, sure.length > 1 || mended !== '' ? when : '');
    }),
    ...beside('Found beside or after it, as a consequence or less likely', rest),
  ];
}

function beside(title: string, findings: readonly Finding[]): Block[] {
  return findings.length === 0
    ? []
    : [text(`${title}: ${findings.map(({ summary }) => summary).join('; ')}.`)];
}

function oneCause(
  finding: Finding,
  { evidence: all }: Pick<PostmortemFacts['incident'], 'evidence'>,
  moments: Moments,
  before = '',
): Block[] {
  const evidence = all.filter(({ id }) => finding.evidence.includes(id));
  return [
    text(`${before}${finding.summary} (${percent(finding.confidence)} sure). ${finding.explanation}`),
    ...(evidence.length === 0
      ? []
      : [
          {
            kind: 'items' as const,
            items: evidence.map(({ title, facts, how, ...rest }) => ({
              term: title,
              text: factsInWords(title, facts ?? {}, moments.second, ': ').join(', ') || lastLineOf(rest),
              code: how,
              codeLabel: 'Seen with',
            })),
          },
        ]),
  ];
}

/** The newest line of a log says most of it. */
function lastLineOf({ id, text: lines }: Pick<Evidence, 'id' | 'text'>): string {
  return lines !== undefined && id.endsWith('-log') ? `“${plain(lines.split('\n').at(-1) ?? '')}”` : 'seen';
}

function mitigation({ actions, journal, incident }: PostmortemFacts, moments: Moments): Block[] {
  const applied = actions.flatMap((one) => (one.appliedAt === null ? [] : [{ ...one, at: one.appliedAt }]));
  const lines = applied
    .map(({ at, ...one }) => ({ at, text: treatment(one) }))
    .toSorted((a, b) => a.at - b.at);
  if (lines.length > 0)
    return [
      { kind: 'items', items: lines.map(({ at, text }): Item => ({ term: moments.second(at), text })) },
    ];
  const none = incident.resolvedAt === null ? 'Upkeep has taken no action so far' : 'Upkeep took no action';
  const hasNotes = journal.some(({ kind }) => kind === 'incident.note');
  return [
    text(
      hasNotes
        ? `${none}. What people wrote down meanwhile stands in the timeline.`
        : `${none}, and nobody ${incident.resolvedAt === null ? 'has written down yet what they do' : 'wrote down what they did'}.`,
    ),
  ];
}

const outcomes: Readonly<Partial<Record<ActionView['state'], string>>> = {
  applying: 'it is under way',
  verifying: 'whether it helped is being watched',
  done: 'it helped',
  failed: 'it did not help',
  undone: 'it did not help and was taken back',
  interrupted: 'it was cut short',
};

/** `Upkeep did this, approved by ann: restart pid 12. It helped: another process runs.` */
function treatment({ plan, state, approvedBy, result }: Omit<ActionView, 'appliedAt'>): string {
  const by = approvedBy === null ? 'as the policy allows' : `approved by ${approvedBy}`;
  const outcome = outcomes[state] ?? `it is ${actionWords[state].word.toLowerCase()}`;
  const how = result === null || result === '' ? '' : `: ${result.replace(/\.$/, '')}`;
  return `Upkeep did this, ${by}: ${plan.summary.replace(/\.$/, '')}. ${capital(outcome)}${how}.`;
}

function items({ items: all, writtenAt }: PostmortemFacts, moments: Moments): Block[] {
  if (all.length === 0) return [text('None yet.')];
  const open = all.filter(({ endedAt }) => endedAt === null).length;
  return [
    {
      kind: 'table',
      columns: [
        { title: 'Done', isShort: true },
        { title: 'Task' },
        { title: 'Owner' },
        { title: 'Due', isShort: true },
      ],
      rows: all.map(({ task, owner, dueAt, endedAt, outcome }) => [
        { text: endedAt === null ? '[ ]' : outcome === 'dropped' ? 'dropped' : '[x]' },
        { text: task },
        { text: owner ?? 'nobody yet' },
        {
          text: dueAt === null ? 'no day' : moments.day(dueAt),
          ...(endedAt === null && dueAt !== null && dueAt < writtenAt
            ? { tone: 'critical' as const, note: 'overdue' }
            : {}),
        },
      ]),
    },
    text(`${count(open, 'item')} open.`),
  ];
}

function told({ updates }: PostmortemFacts, moments: Moments): Block {
  return {
    kind: 'items',
    items: updates.map(({ at, status, text: said, isPublic }) => ({
      term: `${moments.short(at)} ${status}`,
      text: isPublic ? said : `${said} (not public)`,
    })),
  };
}
