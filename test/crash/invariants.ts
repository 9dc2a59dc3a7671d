/** What must hold however often Upkeep was killed. Each gives the sentences that tell what is broken. */
import type { ReceivedMessage } from './receiver.ts';
import type { Stored } from './stored.ts';
import type { WorkerStart } from './world.ts';

/** Upkeep goes on while it is looked at: what it did was counted before its store was read, where it matters. */
export interface Witness {
  readonly stored: Stored;
  /** All messages that had come when the store had been read. */
  readonly received: readonly ReceivedMessage[];
  /** How many of them had come before. */
  readonly receivedBefore: number;
  /** When Upkeep was killed, epoch milliseconds. */
  readonly kills: readonly number[];
  readonly starts: readonly WorkerStart[];
  /** When the worker was killed. */
  readonly workerFaults: readonly number[];
  readonly terminations: number;
}

export function broken(witness: Witness): string[] {
  return [
    ...storeIsWhole(witness),
    ...nothingTellsOfTheUnknown(witness),
    ...nobodyIsToldTwice(witness),
    ...everybodyIsTold(witness),
    ...nothingIsAppliedTwice(witness),
  ];
}

function* storeIsWhole({ stored }: Witness): Generator<string> {
  if (!stored.chain.ok)
    yield `the journal's chain is broken at ${stored.chain.brokenAt}: ${stored.chain.reason}`;
  for (const verdict of stored.integrity) if (verdict !== 'ok') yield `integrity_check says ${verdict}`;
  for (const job of stored.failedJobs) yield `a job was given up: ${job}`;
}

function* nothingTellsOfTheUnknown({ stored, received, receivedBefore }: Witness): Generator<string> {
  const known = new Set(stored.incidents.map(({ id }) => id));
  for (const { message } of received.slice(0, receivedBefore)) {
    const id = message.incident?.id;
    if (id !== undefined && !known.has(id))
      yield `${message.event} told of incident ${id}, which is not stored`;
  }
}

/** A 2xx is stored within milliseconds; on a busy machine it may take this long. */
const storedWithinMs = 3_000;

function* nobodyIsToldTwice({ received, kills }: Witness): Generator<string> {
  const acknowledged = new Map<string, ReceivedMessage[]>();
  const keys = new Map<string, string>();
  for (const one of received) {
    const { key, at: _at, ...event } = one.message;
    const said = JSON.stringify(event);
    const other = keys.get(said);
    if (other !== undefined && other !== key) yield `one event was told under two keys: ${other} and ${key}`;
    keys.set(said, key);
    if (one.acknowledgedAt !== null) acknowledged.set(key, [...(acknowledged.get(key) ?? []), one]);
  }
  for (const [key, deliveries] of acknowledged) {
    for (const [index, delivery] of deliveries.entries()) {
      if (index === 0) continue;
      const before = deliveries[index - 1]?.acknowledgedAt ?? 0;
      const wasKilled = kills.some((at) => at >= before && at - before < storedWithinMs && at <= delivery.at);
      if (!wasKilled)
        yield `${key} was delivered again ${delivery.at - before} ms after its 2xx, with no kill between`;
    }
  }
}

/** Of each incident its opening once, under one key, and its end where it has ended; the opening first. */
function* everybodyIsTold({ stored, received, receivedBefore }: Witness): Generator<string> {
  for (const incident of stored.incidents) {
    const told = received.filter(
      ({ message, acknowledgedAt }) => message.incident?.id === incident.id && acknowledgedAt !== null,
    );
    const keysOf = (event: string, among = told) =>
      new Set(among.filter(({ message }) => message.event === event).map(({ message }) => message.key));
    const name = `incident ${incident.id} (${incident.title})`;
    const opened = keysOf('incident.opened').size;
    const again = incident.conduct?.reopened ?? 0;
    if (opened !== 1 + again) yield `${name} was told as opened under ${opened} keys`;
    const isOver = incident.resolvedAt !== null;
    const before = received.slice(0, receivedBefore).filter((one) => told.includes(one));
    const resolved = keysOf('incident.resolved', isOver ? told : before).size;
    const expected = isOver ? 1 + again : again;
    if (resolved !== expected) yield `${name} was told as resolved under ${resolved} keys, not ${expected}`;
    if (told.length > 0 && told[0]?.message.event !== 'incident.opened')
      yield `${name}: the first message was ${told[0]?.message.event}`;
    const entries = stored.journal.filter(({ subject }) => subject === `incident:${incident.id}`);
    for (const kind of ['incident.opened', 'incident.resolved', 'incident.learned']) {
      const written = entries.filter((entry) => entry.kind === kind).length;
      if (written > 1 + again) yield `${name} has ${kind} ${written} times in the journal`;
    }
  }
}

function* nothingIsAppliedTwice({ stored, starts, workerFaults, terminations }: Witness): Generator<string> {
  for (const { id, plan } of stored.actions) {
    const entries = stored.journal.filter(({ subject }) => subject === `action:${id}`);
    const applied = entries.filter(({ kind }) => kind === 'action.applying').length;
    if (applied > 1) yield `${plan.action} ${id} was applied ${applied} times`;
    const ends = entries.filter(({ kind }) => /\.(done|failed|undone|refused|denied|expired)$/.test(kind));
    if (ends.length > 1) yield `${plan.action} ${id} ended ${ends.length} times`;
  }
  const appliedOf = (action: string) =>
    stored.actions.filter((one) => one.plan.action === action && one.appliedAt !== null).length;
  if (terminations > appliedOf('postgres.terminate-backend'))
    yield `PostgreSQL was told ${terminations} times to end a session, for ${appliedOf('postgres.terminate-backend')} actions`;
  const byUpkeep = starts.filter(({ by }) => by === 'upkeep');
  const startings = appliedOf('process.start') + appliedOf('process.restart');
  if (byUpkeep.length > startings)
    yield `the worker was started ${byUpkeep.length} times, for ${startings} actions`;
  for (const [index, from] of workerFaults.entries()) {
    const until = workerFaults[index + 1] ?? Number.POSITIVE_INFINITY;
    const since = byUpkeep.filter(({ at }) => at >= from && at < until).length;
    if (since > 1) yield `the worker was started ${since} times after one end`;
  }
}
