/** Jobs that bring a call on: the next step, what waited for the morning, an acknowledgement that lapsed. */
import { afterCall, recoveryHold, wellSinceOf } from '../core/incident/conduct.ts';
import { nextStep, policyFor } from '../core/oncall/policy.ts';
import { type Level, levels } from '../core/severity.ts';
import type { Incident } from '../store/incidents.ts';
import * as incidentRows from '../store/incidents.ts';
import type { Tx } from '../store/index.ts';
import * as jobs from '../store/jobs.ts';
import * as journal from '../store/journal.ts';
import { answerWithinMs, beginCall, goOn, sayUnanswered, tellTold } from './call.ts';
import { type Call, jobKey, payloadOf, waitingKey } from './call-state.ts';
import type { Desk } from './desk.ts';
import { openIncidentOfJob, planForIncident } from './incident-job.ts';
import { holdOfAll, pause } from './pause-calls.ts';

type Payload = Readonly<Record<string, unknown>>;

/** By then recovery has been judged. */
const afterRecoveryMs = 1_000;
/** While something else, such as an action that is verified, keeps it from being over. */
const lookAgainMs = 60_000;

/** Job: the next step of a call, when nobody has acknowledged by then. */
export async function escalate(desk: Desk, payload: Payload): Promise<void> {
  await desk.store.transaction(async (tx) => {
    const incident = await openIncidentOfJob(tx, payload);
    if (!incident || incident.acknowledgedAt !== null) return;
    const call = callFrom(payload, incident);
    // Another level has been called by itself since.
    if (incident.level !== call.level) return;
    if (hasGone(incident)) {
      await wait(desk, tx, incident, call);
      return;
    }
    // An edit may have added steps since the last was taken.
    const next = nextStep(policyFor(desk.configuration(), incident), call.cursor);
    if (!call.isOver || next.kind !== 'end') return goOn(desk, tx, incident, { ...call, isOver: false });
    const hold = await holdOfAll(desk, tx, incident);
    if (hold) await pause(desk, tx, call, hold);
    else await sayUnanswered(desk, tx, incident, call);
  });
  desk.changed();
}

function hasGone(incident: Incident): boolean {
  return incident.status === 'mitigated' || wellSinceOf(incident) !== null;
}

/** Nobody is woken for what has gone; should it come back before it counts as over, they are then: `comeBack`. */
async function wait(desk: Desk, tx: Tx, incident: Incident, call: Call): Promise<void> {
  const now = desk.clock.now();
  const hold = recoveryHold(desk.configuration().incidents, incident.conduct) + afterRecoveryMs;
  const judged = (incident.wellSince ?? now) + hold;
  const runAt = judged > now ? judged : now + Math.max(hold, lookAgainMs);
  await jobs.withdraw(tx, waitingKey(call.incidentId));
  await jobs.enqueue(tx, {
    kind: 'escalate',
    key: waitingKey(call.incidentId),
    payload: payloadOf(call),
    runAt,
  });
}

/** The step that fell due while all was well is taken now, as what it is for has come back. */
export async function comeBack(desk: Pick<Desk, 'clock'>, tx: Tx, incident: Incident): Promise<void> {
  if (incident.acknowledgedAt !== null || hasGone(incident)) return;
  const payload = await jobs.withdraw(tx, waitingKey(incident.id));
  if (!payload) return;
  const key = jobKey({ incidentId: incident.id, level: String(payload.level) });
  await jobs.enqueue(tx, { kind: 'escalate', key, payload, runAt: desk.clock.now() });
}

function callFrom(payload: Payload, incident: Incident): Call {
  const number = (key: string, standard: number) => {
    const value = Number(payload[key] ?? standard);
    return Number.isFinite(value) ? value : standard;
  };
  return {
    incidentId: incident.id,
    level: levels.find((level) => level === payload.level) ?? incident.level,
    run: number('run', 0),
    isOver: payload.isOver === true,
    pausedAt: typeof payload.pausedAt === 'number' ? payload.pausedAt : null,
    cursor: {
      round: number('round', 0),
      step: number('step', 0),
      doneMs: number('doneMs', -1),
      beganAt: number('beganAt', incident.openedAt),
    },
  };
}

/** Takes the next step of the incident's call now instead of in its time. */
export async function hasten(desk: Desk, tx: Tx, incident: Incident, level: Level): Promise<void> {
  if (incident.acknowledgedAt !== null || hasGone(incident)) return;
  const key = jobKey({ incidentId: incident.id, level });
  const payload = await jobs.withdraw(tx, key);
  if (!payload) return;
  const call = callFrom(payload, incident);
  const next = nextStep(policyFor(desk.configuration(), incident), call.cursor);
  const now = desk.clock.now();
  if (call.isOver || next.kind === 'end' || next.cursor.round !== call.cursor.round) {
    const runAt = next.kind === 'end' || call.isOver ? now + answerWithinMs : next.at;
    await jobs.enqueue(tx, { kind: 'escalate', key, payload: payloadOf(call), runAt });
    return;
  }
  const beganAt = Math.min(call.cursor.beganAt, now - next.step.afterMs);
  await goOn(desk, tx, incident, { ...call, cursor: { ...call.cursor, beganAt } });
}

/** After an acknowledgement: it lapses when nothing happens for as long as the policy says. */
export async function watchAcknowledgement(desk: Desk, tx: Tx, incident: Incident): Promise<void> {
  const { unacknowledgeAfterMs } = policyFor(desk.configuration(), incident);
  if (unacknowledgeAfterMs === null) return;
  const runAt = desk.clock.now() + unacknowledgeAfterMs;
  await planForIncident(tx, 'unacknowledge', incident.id, runAt);
}

/** Job: takes an acknowledgement back that nothing has followed, and calls again from the first step on. */
export async function unacknowledge(desk: Desk, payload: Payload): Promise<void> {
  await desk.store.transaction(async (tx) => {
    const incident = await openIncidentOfJob(tx, payload);
    if (!incident || incident.acknowledgedAt === null) return;
    const { unacknowledgeAfterMs } = policyFor(desk.configuration(), incident);
    if (unacknowledgeAfterMs === null) return;
    const lapsesAt = (await lastProgress(tx, incident, desk.clock.now())) + unacknowledgeAfterMs;
    if (lapsesAt > desk.clock.now() || hasGone(incident)) {
      const runAt = Math.max(
        lapsesAt,
        desk.clock.now() + afterRecoveryMs + recoveryHold(desk.configuration().incidents, incident.conduct),
      );
      await planForIncident(tx, 'unacknowledge', incident.id, runAt);
      return;
    }
    const saved = await incidentRows.update(tx, {
      ...afterCall(incident),
      status: 'open',
      acknowledgedAt: null,
      acknowledgedBy: null,
    });
    const by = incident.acknowledgedBy;
    await desk.journalIncident(tx, saved, 'incident.unacknowledged', { by, afterMs: unacknowledgeAfterMs });
    await tellTold(desk, tx, saved, `${saved.id}:unacknowledged:${incident.acknowledgedAt}`, {
      title: `The acknowledgement of ${by} lapsed: nothing has happened since`,
      markdown: 'The escalation begins anew.',
    });
    await beginCall(desk, tx, saved, null);
  });
  desk.changed();
}

/** What people or actions have done since is progress. */
async function lastProgress(tx: Tx, incident: Incident, now: number): Promise<number> {
  const entries = await journal.list(tx, { incidentId: incident.id, limit: 200 });
  const done = entries.filter(({ kind, actor }) => actor !== 'upkeep' || kind.startsWith('action.'));
  const times = [incident.acknowledgedAt ?? 0, ...done.map((entry) => entry.at)];
  // Noted by a clock that was set back since: this job was brought forward with it.
  return Math.max(0, ...times.filter((at) => at <= now));
}
