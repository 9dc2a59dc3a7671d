/** A call pauses while silences and maintenance windows hold every alert of its incident, and goes on where it stood. */
import type { Hold } from '../core/mute.ts';
import { topologyOf } from '../core/topology.ts';
import * as alertRows from '../store/alerts.ts';
import type { Incident } from '../store/incidents.ts';
import type { Tx } from '../store/index.ts';
import * as jobs from '../store/jobs.ts';
import { type Call, jobKey, payloadOf } from './call-state.ts';
import type { Desk } from './desk.ts';
import { holdingNow } from './holds.ts';

const pausedKey = (incidentId: string) => `call-paused:${incidentId}`;

/** The hold that ends first, where every firing alert is held; null for what people declared. */
export async function holdOfAll(desk: Desk, tx: Tx, incident: Incident): Promise<Hold | null> {
  if (incident.conduct?.declaredBy !== undefined) return null;
  const firing = (await alertRows.ofIncident(tx, incident.id)).filter(({ state }) => state === 'firing');
  if (firing.length === 0) return null;
  const holding = await holdingNow(desk, tx, topologyOf(desk.configuration()));
  const holds = firing.flatMap((alert) => holding(alert) ?? []);
  if (holds.length < firing.length) return null;
  return holds.reduce((first, hold) => (hold.until < first.until ? hold : first));
}

/** Waits for the end of the hold, or for `wake`. */
export async function pause(desk: Desk, tx: Tx, call: Call, hold: Hold): Promise<void> {
  const key = pausedKey(call.incidentId);
  const pausedAt = call.pausedAt ?? desk.clock.now();
  await jobs.withdraw(tx, key);
  const payload = payloadOf({ ...call, pausedAt });
  await jobs.enqueue(tx, { kind: 'escalate', key, payload, runAt: hold.until });
  if (call.pausedAt !== null) return;
  const { kind, by, until, reason } = hold;
  await desk.journalIncident(tx, { id: call.incidentId }, 'escalation.paused', { kind, by, until, reason });
}

/** The step that was due is due now, and those after it as long after it as the policy says. */
export async function resume(desk: Desk, tx: Tx, call: Call): Promise<Call> {
  const pausedMs = await sayResumed(desk, tx, call.incidentId, call.pausedAt);
  const cursor = { ...call.cursor, beganAt: call.cursor.beganAt + pausedMs };
  return { ...call, cursor, pausedAt: null };
}

async function sayResumed(desk: Desk, tx: Tx, incidentId: string, pausedAt: unknown): Promise<number> {
  const now = desk.clock.now();
  const pausedMs = typeof pausedAt === 'number' ? Math.max(0, now - pausedAt) : 0;
  await desk.journalIncident(tx, { id: incidentId }, 'escalation.resumed', { pausedMs });
  return pausedMs;
}

/** Something may hold its alerts no longer: looks again whether its call goes on. */
export async function wake(desk: Pick<Desk, 'clock'>, tx: Tx, incidentId: string): Promise<void> {
  const payload = await jobs.withdraw(tx, pausedKey(incidentId));
  if (!payload) return;
  const level = String(payload.level);
  const key = `${jobKey({ incidentId, level })}:resumed`;
  await jobs.enqueue(tx, { kind: 'escalate', key, payload, runAt: desk.clock.now() });
}

/** A call that begins anew takes the place of one that pauses. */
export async function supersede(desk: Desk, tx: Tx, incidentId: string): Promise<void> {
  const payload = await jobs.withdraw(tx, pausedKey(incidentId));
  if (payload) await sayResumed(desk, tx, incidentId, payload.pausedAt);
}
