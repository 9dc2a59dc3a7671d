/** Calls people anew for what has come back, or is another outage, while its incident stayed open. */
import type { Alert } from '../core/alert.ts';
import { calledAgain, calmAfter, isGraveNow, outageOf, settlesInMs } from '../core/incident/come-back.ts';
import { afterCall, recoveryHold, withCalm } from '../core/incident/conduct.ts';
import type { Message } from '../core/message.ts';
import { formatDuration } from '../core/time.ts';
import type { Topology } from '../core/topology.ts';
import * as alertRows from '../store/alerts.ts';
import type { Incident } from '../store/incidents.ts';
import * as incidentRows from '../store/incidents.ts';
import type { Tx } from '../store/index.ts';
import * as jobs from '../store/jobs.ts';
import * as pages from '../store/pages.ts';
import type { Desk } from './desk.ts';
import { openIncidentOfJob, planForIncident } from './incident-job.ts';
import { rememberTold } from './tell-joined.ts';
import { tellQuietly } from './tell-quietly.ts';

/**
 * Keeps when what woke people was well, and calls them where that is enough to know.
 * @param before as it was before its alerts changed
 */
export async function noteCalm(
  desk: Desk,
  tx: Tx,
  before: Incident,
  saved: Incident,
  alerts: readonly Alert[],
  topology: Topology,
): Promise<Incident> {
  const was = saved.conduct?.calm;
  const outage = outageOf(before, alerts, calledAt(saved), topology);
  const calm = calmAfter(was, isGraveNow(saved.level, alerts), outage, desk.clock.now());
  if (calm === was) return saved;
  const noted = await incidentRows.update(tx, withCalm(saved, calm));
  return calm?.backAt === undefined ? noted : consider(desk, tx, noted, alerts, topology);
}

/** After a look: in a moment, what leads then tells whether it is another outage. */
export async function callAgainSoon(desk: Desk, tx: Tx, { id, conduct }: Incident): Promise<void> {
  const backAt = conduct?.calm?.backAt;
  if (backAt === undefined) return;
  // A look that waits for later does not hold this one up.
  await jobs.withdraw(tx, `call-again:${id}`);
  await planForIncident(tx, 'call-again', id, Math.max(desk.clock.now(), backAt + settlesInMs));
}

/** Job: whether it is another outage by now. */
export async function callAgain(
  desk: Desk,
  payload: Readonly<Record<string, unknown>>,
  topology: Topology,
): Promise<void> {
  await desk.store.transaction(async (tx) => {
    const incident = await openIncidentOfJob(tx, payload);
    if (!incident) return;
    await consider(desk, tx, incident, await alertRows.ofIncident(tx, incident.id), topology);
  });
  desk.changed();
}

async function consider(
  desk: Desk,
  tx: Tx,
  incident: Incident,
  alerts: readonly Alert[],
  topology: Topology,
): Promise<Incident> {
  const { id, conduct, acknowledgedAt } = incident;
  const now = desk.clock.now();
  const calm = conduct?.calm;
  const sent = await pages.sentOf(tx, id);
  const again = conduct?.calledAgain?.times ?? 0;
  const times = (conduct?.reopened ?? 0) + again;
  const present = outageOf(incident, alerts, calm?.backAt ?? now, topology);
  const decided = calledAgain(
    calm,
    present,
    {
      isAcknowledged: acknowledgedAt !== null,
      lastCallAt: Math.max(calledAt(incident), ...sent.map(({ at }) => at)),
      holdMs: recoveryHold(desk.configuration().incidents, { ...conduct, reopened: times }),
    },
    topology,
    now,
  );
  if ('update' in decided) {
    const saved = await rememberTold(tx, afterCall(incident), alerts, now);
    await tellBack(desk, tx, saved, (calm?.backAt ?? now) - (calm?.since ?? now));
    return saved;
  }
  if ('call' in decided) {
    const called = { times: again + 1, at: now, reason: decided.call, level: incident.level };
    const next = afterCall({ ...incident, conduct: { ...conduct, calledAgain: called } });
    const saved = await rememberTold(tx, next, alerts, now);
    await desk.journalIncident(tx, saved, 'incident.called-again', { reason: decided.call });
    await desk.tell(
      tx,
      saved,
      'incident.escalated',
      `${id}:called-again:${conduct?.reopened ?? 0}.${again + 1}`,
    );
    return saved;
  }
  if ('wait' in decided) await planForIncident(tx, 'call-again', id, decided.until);
  return incident;
}

/** Whoever has it in hand hears of it, and nobody is called. */
async function tellBack(desk: Desk, tx: Tx, incident: Incident, calmMs: number): Promise<void> {
  const key = `${incident.id}:back:${incident.version}`;
  const inPlace = await desk.compose(tx, incident, 'incident.updated', key);
  const notice = { title: 'It is back', markdown: `It was well for ${formatDuration(calmMs)}.` };
  const anew: Message = { ...inPlace, followUp: 'more-trouble', notice };
  await tellQuietly(desk, tx, incident.id, { anew, inPlace, channel: inPlace });
}

function calledAt({ openedAt, conduct }: Incident): number {
  return Math.max(conduct?.reopenedAt ?? openedAt, conduct?.calledAgain?.at ?? 0);
}
