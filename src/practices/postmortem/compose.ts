/** From the facts of an incident to its post-mortem: what people wrote stays, the rest is computed anew. Pure. */
import { retrospect } from '../../core/incident/retrospect.ts';
import { spansOf } from '../../core/incident/times.ts';
import { formatDuration } from '../../core/time.ts';
import type { Block, Figure, ReportDocument, Tone } from '../reports/document.ts';
import { actionWords, count, listing, type Moments, momentsIn, percent } from '../reports/words.ts';
import { firstAlert, type PostmortemFacts } from './facts.ts';
import { tell } from './timeline.ts';

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
  const end = incident.resolvedAt === null ? 'not over yet' : `to ${moments.long(incident.resolvedAt)}`;
  const document: ReportDocument = {
    title: `Incident: ${incident.title}`,
    span: `${moments.long(facts.times.beganAt)} ${end}, ${timezone}`,
    tone: toneOf(facts),
    headline: `${severity}: ${incident.title}`,
    lead: leadOf(facts),
    figures: figuresOf(facts),
    sections: sections.map(({ title, blocks }) => ({ title, blocks })),
    footer: `Post-mortem of incident ${incident.id} of ${name}, written by Upkeep from its journal at ${moments.long(facts.writtenAt)} (${timezone}).`,
  };
  return { document, sections };
}

function toneOf({ incident }: PostmortemFacts): Tone {
  if (incident.status === 'resolved') return 'ok';
  return incident.level === 'critical' || incident.level === 'high' ? 'critical' : 'warning';
}

function leadOf({ incident, impact, findings }: PostmortemFacts): string {
  const reach = impact.services.length > 0 ? listing(impact.services, 6) : listing(incident.targets, 6);
  const [best] = findings;
  const cause = best ? ` ${best.summary}.` : '';
  const status = incident.status === 'resolved' ? 'lasted' : `is ${incident.status} and lasts since`;
  return `It ${status} ${formatDuration(impact.durationMs)} and reached ${reach || 'nothing that is configured'}.${cause}`;
}

function figuresOf({ times, severity, incident, impact }: PostmortemFacts): Figure[] {
  const spans = spansOf(times);
  const figure = (label: string, ms: number | null, note: string, tone: Tone = 'quiet'): Figure => {
    return { label, value: ms === null ? '–' : formatDuration(ms), note, tone };
  };
  const by = incident.acknowledgedBy;
  return [
    {
      label: 'Severity and status',
      value: `${severity}, ${statusWord(incident.status)}`,
      note: `opened by ${incident.conduct?.declaredBy ?? 'an alert'}${incident.conduct?.mergedInto ? ', merged into another' : ''}`,
      tone: 'quiet',
    },
    figure('Duration', impact.durationMs, 'from opened to resolved'),
    figure('Time to detect', spans.detectMs, 'from the first breach to the first alert'),
    figure('Time to acknowledge', spans.acknowledgeMs, by === null ? 'nobody acknowledged it' : `by ${by}`),
    figure('Time to mitigate', spans.mitigateMs, 'from the first breach to service restored'),
    figure('Time to resolve', spans.resolveMs, 'from the first breach to the end'),
  ];
}

function statusWord(status: string): string {
  if (status === 'open' || status === 'acknowledged') return 'Investigating';
  return status === 'mitigated' ? 'Mitigated' : 'Resolved';
}

const text = (line: string): Block => ({ kind: 'text', text: line });
const points = (lines: readonly string[], none: string): Block[] =>
  lines.length === 0 ? [text(none)] : lines.map((line) => text(`• ${line}`));

function sectionsOf(facts: PostmortemFacts, moments: Moments): PostmortemSection[] {
  const { well, badly, prevention } = retrospect(facts);
  const written = (id: EditableSection, title: string, computed: readonly Block[]): PostmortemSection => {
    const own = facts.edited?.sections[id];
    if (own === undefined) return { id, title, isEdited: false, blocks: computed };
    return {
      id,
      title,
      isEdited: true,
      blocks: own.split(/\n+/).map((line) => text(line.replace(/^\s*[-*] /, '• '))),
    };
  };
  return [
    written('summary', 'Summary', [text(leadOf(facts))]),
    written('detection', 'Detection', detection(facts, moments)),
    written('impact', 'Impact', impactBlocks(facts)),
    { id: 'timeline', title: 'Timeline', isEdited: false, blocks: [timeline(facts, moments)] },
    written('cause', 'Root cause', cause(facts)),
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
    return [text(`Declared by ${incident.conduct?.declaredBy ?? 'somebody'}; no alert told of it.`)];
  const at = moments.long(times.detectedAt);
  const said = first.detail === '' ? first.summary : first.detail;
  return [
    text(`By the rule ${first.rule} on ${first.target} at ${at}: ${said}.`),
    ...(incident.conduct?.declaredBy ? [text(`Declared by ${incident.conduct.declaredBy}.`)] : []),
  ];
}

function impactBlocks({ impact, incident }: PostmortemFacts): Block[] {
  const { users, services, serviceShare, requestsFailed, durationMs } = impact;
  const share = users.share === null ? '' : ` (${percent(users.share)})`;
  const number =
    users.count === null
      ? users.share === null
        ? 'unknown'
        : percent(users.share)
      : `${users.count}${share}`;
  const ofAll = serviceShare === null ? '' : ` (${percent(serviceShare)} of all)`;
  return [
    {
      kind: 'items',
      items: [
        { term: 'Users affected', text: `${number}: ${users.note}` },
        {
          term: 'Services',
          text: services.length === 0 ? 'none that is configured' : `${services.join(', ')}${ofAll}`,
        },
        { term: 'Targets', text: listing(incident.targets, 12) || 'none' },
        { term: 'Duration', text: formatDuration(durationMs) },
        {
          term: 'Requests failed',
          text:
            requestsFailed === null ? 'unknown: no service has a failures metric' : String(requestsFailed),
        },
      ],
    },
  ];
}

function timeline({ journal, times }: PostmortemFacts, moments: Moments): Block {
  const began = { at: times.beganAt, what: 'Issue began (first breach)', who: '' };
  const rows = [began, ...tell(journal)].toSorted((a, b) => a.at - b.at);
  return {
    kind: 'table',
    columns: [{ title: 'Time', isShort: true }, { title: 'What happened' }, { title: 'Who', isShort: true }],
    rows: rows.map(({ at, what, who }) => [{ text: moments.second(at) }, { text: what }, { text: who }]),
  };
}

function cause({ findings, incident }: PostmortemFacts): Block[] {
  const [best, ...others] = findings;
  if (!best) return [text('Not known: nothing that was looked at explains it.')];
  const evidence = incident.evidence.filter(({ id }) => best.evidence.includes(id));
  return [
    text(`${best.summary} (${percent(best.confidence)} sure). ${best.explanation}`),
    ...(evidence.length === 0
      ? []
      : [
          {
            kind: 'items' as const,
            items: evidence.map(({ title, facts, how }) => ({
              term: title,
              text:
                Object.entries(facts ?? {})
                  .map(([key, value]) => `${key} ${String(value)}`)
                  .join(', ') || 'seen',
              code: how,
            })),
          },
        ]),
    ...(others.length === 0
      ? []
      : [text(`Less likely: ${others.map(({ summary }) => summary).join('; ')}.`)]),
  ];
}

function mitigation({ actions, journal }: PostmortemFacts, moments: Moments): Block[] {
  const applied = actions.filter(({ appliedAt }) => appliedAt !== null);
  const notes = journal.filter(({ kind }) => kind === 'incident.note');
  const lines = [
    ...applied.map(({ plan, state, appliedAt }) => ({
      term: moments.second(appliedAt ?? 0),
      text: `${plan.summary}: ${actionWords[state].word.toLowerCase()}`,
    })),
    ...notes.map(({ at, actor, payload }) => ({
      term: moments.second(at),
      text: `${String(payload.text)} (${actor})`,
    })),
  ];
  return lines.length === 0
    ? [text('No action was taken and nobody wrote one down.')]
    : [{ kind: 'items', items: lines }];
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
