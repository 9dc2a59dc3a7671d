/**
 * Trouble of another subject, or another failure, that joins an open incident is told: whoever knows of the first would else take it for the
 * whole. In place where a message can be changed, by one quiet message where it cannot; nobody is called anew.
 */

import type { Alert } from '../core/alert.ts';
import { withFigures } from '../core/alert-words.ts';
import type { SpokenOf } from '../core/incident/other-failure.ts';
import { type SubjectNews, subjectNews, subjectOf, toldOf } from '../core/incident/subjects.ts';
import type { Message } from '../core/message.ts';
import { plain } from '../core/plain.ts';
import type { Topology } from '../core/topology.ts';
import * as alertRows from '../store/alerts.ts';
import type { Incident } from '../store/incidents.ts';
import * as incidentRows from '../store/incidents.ts';
import type { Tx } from '../store/index.ts';
import type { Desk } from './desk.ts';
import { openIncidentOfJob, planForIncident } from './incident-job.ts';
import { tellQuietly } from './tell-quietly.ts';

/** What joins one after another is one message. */
const settlesInMs = 10_000;
/** What joins later than that waits for this long since the last message; the outage of a target that was none never does. */
const apartMs = 5 * 60_000;

/** Keeps that what fires now was told, as by the first message, one of a graver level, or one that was sent for it. */
export function rememberTold(
  tx: Tx,
  incident: Incident,
  alerts: readonly Alert[],
  at: number,
): Promise<Incident> {
  const told = { ...incident.conduct?.told, ...toldOf(alerts, at) };
  return incidentRows.update(tx, { ...incident, conduct: { ...incident.conduct, told } });
}

function spokenOf({ level, openedAt, conduct, findings, lead }: Incident): SpokenOf {
  return { level, since: conduct?.reopenedAt ?? openedAt, findings, lead };
}

/** After a change of what fires: what has joined is told in a moment. */
export async function tellJoinedSoon(
  desk: Desk,
  tx: Tx,
  incident: Incident,
  alerts: readonly Alert[],
  topology: Topology,
): Promise<void> {
  const told = incident.conduct?.told ?? null;
  const news = subjectNews(told, alerts, spokenOf(incident), topology);
  if (news.length === 0) return;
  const { id, conduct } = incident;
  const soon = desk.clock.now() + settlesInMs;
  // A job of its own: one that is held back would hold it back too.
  if (news.some(isNewOutage)) return planForIncident(tx, 'tell-outage', id, soon);
  await planForIncident(tx, 'tell-joined', id, Math.max(soon, (conduct?.joinedToldAt ?? 0) + apartMs));
}

/** Never told so far, and it may be over before what was told last is old. */
function isNewOutage({ reason, alerts: [first] }: SubjectNews<Alert>): boolean {
  return (
    (reason === 'another-failure' || reason === 'leads') &&
    first.level === 'critical' &&
    first.rule.endsWith('.down')
  );
}

/** Job: what has joined by now and still fires, to all who heard of the incident. */
export async function tellJoined(
  desk: Desk,
  payload: Readonly<Record<string, unknown>>,
  topology: Topology,
): Promise<void> {
  await desk.store.transaction(async (tx) => {
    const incident = await openIncidentOfJob(tx, payload);
    if (!incident) return;
    const now = desk.clock.now();
    const alerts = await alertRows.ofIncident(tx, incident.id);
    const news = subjectNews(incident.conduct?.told ?? null, alerts, spokenOf(incident), topology);
    if (news.length === 0) return;
    const named = Object.fromEntries(
      news.map(({ subject, alerts: [{ level }] }) => [subject, { level, at: now }]),
    );
    const conduct = {
      ...{ ...incident.conduct, joinedToldAt: now },
      told: { ...incident.conduct?.told, ...named },
    };
    const saved = await rememberTold(tx, { ...incident, conduct }, alerts, now);
    const message = await desk.compose(tx, saved, 'incident.updated', `${saved.id}:joined:${saved.version}`);
    const notice = noticeOf(desk, news);
    const anew: Message = { ...message, followUp: 'more-trouble', notice };
    // A subject is in the title.
    const isInTitle = news.every(({ subject, alerts: [first] }) => subject === subjectOf(first));
    const inPlace = isInTitle ? message : { ...message, notice };
    const isKnown = news.every(({ reason }) => reason === 'leads');
    const channel = isKnown ? null : inPlace;
    const to = await tellQuietly(desk, tx, saved.id, { anew, inPlace, channel });
    await desk.journalIncident(tx, saved, 'incident.joined-told', {
      subjects: news.map(({ subject, reason }) => ({ subject, reason })),
      summary: news.map(({ alerts: [first] }) => first.summary).join('; '),
      to,
    });
  });
  desk.changed();
}

function noticeOf(desk: Desk, news: readonly SubjectNews<Alert>[]): NonNullable<Message['notice']> {
  const lines = news.map(({ alerts: [first] }) => {
    const figures = withFigures({ detail: first.detail, ...saidOf(desk, first) });
    return `- ${plain([`${first.target}: ${first.summary}`, ...(figures === '' ? [] : [figures])].join(': '), 500)}`;
  });
  return { title: 'It is not this alone', markdown: lines.join('\n') };
}

function saidOf(desk: Desk, alert: Alert): { readonly said?: string } {
  const said = desk.said(alert);
  return said === null ? {} : { said };
}
