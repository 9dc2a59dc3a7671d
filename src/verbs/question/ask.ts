import { z } from 'zod';
import type { Alert } from '../../core/alert.ts';
import type { Evidence, Finding } from '../../core/evidence.ts';
import type { LinedUp } from '../../core/inquiry/suspects.ts';
import { wallText } from '../../core/oncall/wall-time.ts';
import { askable, isUnderstood, type Understood, understand } from '../../core/question/question.ts';
import { dependenciesOf } from '../../core/topology.ts';
import { UpkeepError } from '../../core/verb.ts';
import { type Answer, inquire } from '../../pipeline/inquiry/index.ts';
import { type StoredHistory, sayStored, storedHistory } from '../../pipeline/stored-history.ts';
import * as alertRows from '../../store/alerts.ts';
import type { Incident } from '../../store/incidents.ts';
import * as incidentRows from '../../store/incidents.ts';
import { alertView, figuresOf } from '../alert-view.ts';
import { defineVerb, type VerbContext } from '../context.ts';
import { answerWhetherDown } from './answer.ts';
import { recordedIn, recordedOf } from './recorded.ts';

export interface QuestionView {
  readonly question: string;
  /** How the question was understood. */
  readonly understood: {
    readonly about: string;
    readonly symptoms: readonly string[];
    readonly time: string | null;
    readonly unknown: Understood['unknown'];
  };
  readonly targets: readonly string[];
  /** Times are epoch milliseconds. */
  readonly at: number;
  readonly span: { readonly from: number; readonly to: number } | null;
  /** Of each target, how much of the span was stored; empty where no span was asked about. */
  readonly stored: readonly StoredHistory[];
  /** The same in words; null where all of it was stored. */
  readonly storedWords: string | null;
  /** Zone of the times in sentences. */
  readonly timezone: string;
  /** The answer in one sentence, where the question has one: `No: site answers (200 OK) since …`; else null. */
  readonly answer: string | null;
  /** What fires now, in what was asked about and in what it needs. */
  readonly firing: readonly {
    readonly rule: string;
    readonly target: string;
    readonly summary: string;
    /** Value and threshold, or what the probe said: of now, and of when it fired. */
    readonly detail: string;
    readonly since: number;
  }[];
  readonly onset: number | null;
  readonly exactToMs: number | null;
  readonly leading: Answer['leading'];
  readonly moved: Answer['moved'];
  readonly steady: Answer['steady'];
  readonly changes: readonly LinedUp[];
  /** Those that were open in that time. */
  readonly incidents: readonly {
    readonly id: string;
    readonly title: string;
    readonly openedAt: number;
    readonly resolvedAt: number | null;
    /** What was found then. */
    readonly found: string | null;
  }[];
  readonly findings: readonly Finding[];
  readonly evidence: readonly Evidence[];
  readonly unseen: readonly string[];
  readonly events: Answer['events'];
  /** Of an incident that is over: what is found now, apart from it; else null. */
  readonly present: Answer['present'];
}

interface Asked extends Omit<Understood, 'when'> {
  readonly incident: Incident | null;
  readonly span: { readonly from: number; readonly to: number } | null;
  readonly time: string | null;
}

const mostIncidents = 10;
const beforeIncidentMs = 30 * 60_000;

export const questionAsk = defineVerb({
  name: 'question.ask',
  summary:
    'Answers a question in plain words (what, which symptom, since when), a target, a service or an incident: what moved and when it began, which change fits, what is wrong now',
  scope: 'read',
  changes: false,
  route: 'GET /questions',
  positional: ['text'],
  examples: ['upkeep question ask "shop has been slow for ten minutes" --json', ...askable.slice(0, 1)],
  input: z.object({
    text: z
      .string()
      .max(500)
      .default('')
      .describe('the question, a name or the id of an incident; everything when left out'),
  }),
  async run({ ctx, input }): Promise<QuestionView> {
    const text = input.text.trim();
    const asked = (await ofIncident(ctx, text)) ?? inWords(ctx, text);
    const firing = (await alertRows.open(ctx.store.db)).filter(({ state }) => state === 'firing');
    const recorded = await recordedIn(ctx, asked);
    const answer = await inquire(
      {
        ...{ clock: ctx.clock, estate: ctx.estate(), samples: ctx.samples },
        ...{ ledger: ctx.ledger, diagnostician: ctx.diagnostician, configuration: ctx.configuration() },
      },
      {
        ...asked,
        alerts: firing.filter(({ isHygiene, incidentId }) =>
          asked.incident === null ? !isHygiene : incidentId === asked.incident.id,
        ),
        recorded,
        incident: asked.incident && (await recordedOf(ctx, asked.incident)),
      },
    );
    const { timezone } = ctx.configuration();
    const stored = await storedOf(ctx, asked);
    return {
      question: text,
      understood: {
        ...{ about: asked.about, symptoms: asked.symptoms, time: asked.time, unknown: asked.unknown },
      },
      ...{ targets: asked.targets, at: ctx.clock.now(), span: asked.span },
      ...{ answer: await answerWhetherDown(ctx, asked), firing: firingOf(ctx, asked, firing) },
      ...{ stored, storedWords: sayStored(stored, timezone), timezone },
      ...answer,
      incidents: await incidentsOf(ctx, asked),
    };
  },
});

function firingOf(
  ctx: VerbContext,
  { targets, incident }: Asked,
  firing: readonly Alert[],
): QuestionView['firing'] {
  const { topology } = ctx.estate();
  const reached = new Set([...targets, ...targets.flatMap((name) => dependenciesOf(topology, name))]);
  const isAsked = ({ target, incidentId }: Alert) =>
    incident === null ? reached.has(target) : incidentId === incident.id;
  return firing.filter(isAsked).map((alert) => {
    const { rule, target, summary, since } = alert;
    return { rule, target, summary, detail: figuresOf(alertView(ctx, alert)), since };
  });
}

async function storedOf(ctx: VerbContext, { targets, span }: Asked): Promise<StoredHistory[]> {
  if (span === null) return [];
  // Of a question about time to come, the past is what can be answered.
  const { from, to } = { from: span.from, to: Math.min(span.to, ctx.clock.now()) };
  const watched = targets.flatMap((name) => ctx.estate().targets.get(name) ?? []);
  if (from >= to) return [];
  return Promise.all(watched.map((one) => storedHistory(ctx.samples, one, { from, to })));
}

function inWords(ctx: VerbContext, text: string): Asked {
  const configuration = ctx.configuration();
  const { when, ...understood } = understand(text, {
    ...{ targets: configuration.targets, services: configuration.services },
    ...{ now: ctx.clock.now(), timezone: configuration.timezone },
  });
  if (!isUnderstood({ when, ...understood }))
    throw new UpkeepError('not-found', notUnderstood(ctx, understood));
  return {
    ...understood,
    incident: null,
    span: when && { from: when.from, to: when.to },
    time: when?.said ?? null,
  };
}

function notUnderstood(ctx: VerbContext, { unknown }: Pick<Understood, 'unknown'>): string {
  const near = unknown.flatMap(({ near: name }) => name ?? []);
  const words = unknown.map(({ word }) => `"${word}"`).join(', ');
  const names = [...ctx.estate().targets.keys(), ...ctx.configuration().services.map(({ name }) => name)];
  return `nothing of the question is known here: ${words}${
    near.length > 0 ? ` (did you mean ${near.join(' or ')}?)` : ''
  }; it can be about a target or service (${names.join(', ')}), a symptom (slow, errors, down, full, memory, CPU, connections, replication lag, traffic) and a time (since Monday, last night, yesterday 14:00, for two hours), as in: ${askable[0]}`;
}

/** Null where the text is no id of an incident. */
async function ofIncident(ctx: VerbContext, text: string): Promise<Asked | null> {
  if (!/^[0-9a-f-]{4,36}$/.test(text) || ctx.estate().targets.has(text)) return null;
  if (ctx.configuration().services.some(({ name }) => name === text)) return null;
  const incident = await incidentRows.find(ctx.store.db, text).catch((error: unknown) => {
    // A year or an hour also looks like the beginning of an id.
    if (error instanceof UpkeepError && error.code === 'not-found' && text.length < 8) return null;
    throw error;
  });
  if (!incident) return null;
  const { targets } = ctx.estate();
  const alerts = await alertRows.ofIncident(ctx.store.db, incident.id);
  const began = Math.min(incident.openedAt, ...alerts.map(({ since }) => since));
  const span = { from: began - beforeIncidentMs, to: incident.resolvedAt ?? ctx.clock.now() };
  const { timezone } = ctx.configuration();
  return {
    targets: incident.targets.filter((name) => targets.has(name)),
    about: `the incident ${incident.id.slice(0, 13)}: ${incident.title}`,
    ...{ isEverything: false, symptoms: [], unknown: [], span, incident },
    time: `from ${wallText(span.from, timezone)} ${incident.resolvedAt === null ? 'until now' : `until ${wallText(span.to, timezone)}`} (${timezone})`,
  };
}

async function incidentsOf(ctx: VerbContext, { targets, span }: Asked): Promise<QuestionView['incidents']> {
  const now = ctx.clock.now();
  const { from, to } = span ?? { from: now - 24 * 3_600_000, to: now };
  const all = await incidentRows.list(ctx.store.db, { to, limit: 200 });
  return all
    .filter((one) => (one.resolvedAt ?? now) >= from && one.targets.some((name) => targets.includes(name)))
    .sort((a, b) => Number(a.resolvedAt !== null) - Number(b.resolvedAt !== null))
    .slice(0, mostIncidents)
    .map(({ id, title, openedAt, resolvedAt, findings }) => ({
      ...{ id, title, openedAt, resolvedAt, found: findings[0]?.summary ?? null },
    }));
}
