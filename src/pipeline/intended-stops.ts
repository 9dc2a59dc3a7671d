/**
 * What was stopped on purpose, by an action: nobody is called for it, nor for what needs it, and nothing is proposed to
 * start it, until it is seen running again or a day has passed. Kept as silences, so that people see them and can end
 * them.
 */
import type { Stops } from '../core/action.ts';
import { formatMatcher, type Matcher, type Silence } from '../core/mute.ts';
import type { ActionView } from '../core/view.ts';
import * as actionRows from '../store/actions.ts';
import type { Tx } from '../store/index.ts';
import * as journal from '../store/journal.ts';
import * as silences from '../store/silences.ts';
import type { Desk } from './desk.ts';
import { releaseAt } from './holds.ts';
import type { Observation } from './observe.ts';
import { upOf } from './reported.ts';

export interface IntendedStops {
  /** Right before such an action is applied. */
  begin(tx: Tx, action: ActionView, stops: Stops | undefined): Promise<void>;
  /** When any action has ended, whatever came of it. */
  ended(tx: Tx, action: ActionView): Promise<void>;
  /** An alert has cleared that this held back (`heldBy`), or something else did. */
  cleared(tx: Tx, heldBy: string | null): Promise<void>;
  seen(observation: Observation): void;
  /** Why a target does not run, by name. */
  reasons(tx: Tx): Promise<ReadonlyMap<string, string>>;
  /** After a start: what the last run was waiting for. */
  load(): Promise<void>;
}

/** What is down for longer is told: whoever stopped it may have forgotten it (J). */
const longestMs = 86_400_000;
/** What needs a target takes so long to be well after it: a check or two, and what holds its alert (J). */
const graceMs = 120_000;
const prefix = 'stop';

/** @param besides others that are reached at the same host and port, of which the stop makes the same end */
export function createIntendedStops(
  desk: Desk,
  needing: (target: string) => readonly string[],
  besides: (target: string) => readonly string[],
): IntendedStops {
  const { clock, store } = desk;
  /** By target: since when running again ends it, epoch milliseconds. */
  const awaited = new Map<string, number>();

  async function begin(tx: Tx, action: ActionView, stops: Stops | undefined) {
    const { id, plan, proposedBy } = action;
    if ((stops === undefined && plan.fences === undefined) || plan.undoes !== undefined) return;
    const now = clock.now();
    const reason = whyStopped(action);
    const of = (target: string): Matcher => ({ label: 'target', isNegated: false, pattern: target });
    const held: (readonly Matcher[])[] =
      plan.fences !== undefined
        ? // What needs it is served by the one that took over; where it is not, people are called.
          [plan.fences, ...besides(plan.fences)].map((target) => [of(target)])
        : stops === 'part'
          ? [[of(plan.target), ...partOf(plan.input)]]
          : [plan.target, ...needing(plan.target)].map((target) => [of(target)]);
    for (const [index, matchers] of held.entries()) {
      const silence: Silence = {
        ...{ id: `${prefix}${index}-${id}`, matchers, reason, createdBy: proposedBy },
        ...{ createdAt: now, startsAt: now, endsAt: now + longestMs },
      };
      await silences.insert(tx, silence);
      await journal.append(tx, {
        ...{ at: now, actor: proposedBy, kind: 'silence.created', subject: `silence:${silence.id}` },
        payload: { matchers: matchers.map(formatMatcher), reason, endsAt: silence.endsAt },
      });
    }
    await releaseAt(tx, now + longestMs);
  }

  async function ended(tx: Tx, action: ActionView) {
    const own = await silencesOf(tx, action.id);
    if (own.length > 0 && action.state !== 'done') return end(tx, own, 0, 'the stop did not come about');
    if (own.length > 0) awaited.set(stoppedBy(action), clock.now());
    if (own.length > 0 || action.state !== 'done') return;
    // Of a part nobody sees that it runs again but by what was done to it.
    for (const silence of (await silences.active(tx, clock.now())).filter(isOurs)) {
      const stop = await actionRows.byId(tx, actionOf(silence));
      if (stop && stoppedBy(stop) === action.plan.target && isSamePart(stop, action))
        await end(tx, [silence], graceMs, `${action.plan.action} was done`);
    }
  }

  function seen(observation: Observation) {
    const { check, at } = observation;
    const since = awaited.get(check.target.name);
    if (since === undefined || !check.probe.liveness || at <= since || upOf(observation) !== 1) return;
    awaited.delete(check.target.name);
    void runsAgain(check.target.name).catch((error: unknown) => {
      awaited.set(check.target.name, since);
      desk.log.error('what is silenced while a target is stopped could not be ended; the next check does', {
        target: check.target.name,
        error: String(error),
      });
    });
  }

  async function runsAgain(target: string) {
    await store.transaction(async (tx) => {
      for (const silence of (await silences.active(tx, clock.now())).filter(isOurs)) {
        const stop = await actionRows.byId(tx, actionOf(silence));
        if (stop && stoppedBy(stop) === target && partOf(stop.plan.input).length === 0)
          await end(tx, [silence], graceMs, `${target} runs again`);
      }
    });
    desk.changed();
  }

  async function cleared(tx: Tx, heldBy: string | null) {
    const id = heldBy?.startsWith(`silence:${prefix}`) ? heldBy.slice('silence:'.length) : undefined;
    if (id === undefined) return;
    const active = await silences.active(tx, clock.now());
    await end(
      tx,
      active.filter((silence) => silence.id === id),
      graceMs,
      'what it held back has cleared',
    );
  }

  async function end(tx: Tx, held: readonly Silence[], afterMs: number, reason: string) {
    const at = clock.now() + afterMs;
    for (const silence of held) {
      if (silence.endsAt <= at) continue;
      // `end` takes what holds beyond that time.
      await silences.end(tx, silence.id, at);
      await journal.append(tx, {
        ...{ at: clock.now(), actor: 'upkeep', kind: 'silence.ended', subject: `silence:${silence.id}` },
        payload: { matchers: silence.matchers.map(formatMatcher), reason },
      });
    }
    await releaseAt(tx, at);
  }

  async function silencesOf(tx: Tx, actionId: string): Promise<Silence[]> {
    return (await silences.active(tx, clock.now())).filter(
      (silence) => isOurs(silence) && actionOf(silence) === actionId,
    );
  }

  return {
    begin,
    ended,
    cleared,
    seen,
    async reasons(tx) {
      const active = (await silences.active(tx, clock.now())).filter(isOurs);
      return new Map(
        active
          .filter(({ matchers }) => matchers.length === 1)
          .map(({ matchers, reason }) => [matchers[0]?.pattern ?? '', reason]),
      );
    },
    async load() {
      for (const silence of (await silences.active(store.db, clock.now())).filter(isOurs)) {
        const stop = await actionRows.byId(store.db, actionOf(silence));
        if (stop?.state === 'done' && stop.endedAt !== null) awaited.set(stoppedBy(stop), stop.endedAt);
      }
    },
  };
}

/** The target that does not run by it. */
const stoppedBy = ({ plan }: ActionView) => plan.fences ?? plan.target;

function whyStopped({ id, plan, proposedBy, approvedBy }: ActionView): string {
  if (plan.fences === undefined) return `stopped by an action of ${proposedBy} (${plan.action}, ${id})`;
  const by = approvedBy === null ? `that ${proposedBy} asked for` : `that ${approvedBy} approved`;
  return `${plan.fences} was fenced by ${plan.action} of ${plan.target} ${by} (${id}); do not start it as it was: ${plan.target} has its place`;
}

/** The number comes first: people name a silence by the beginning of its id. */
const isOurs = ({ id }: Silence) => /^stop\d+-/.test(id);
const actionOf = ({ id }: Silence) => id.slice(id.indexOf('-') + 1);

/** The labels by which the alerts of a part are known: what names it in the input of the action. */
function partOf(input: Readonly<Record<string, unknown>>): Matcher[] {
  const { container } = input;
  return typeof container === 'string' ? [{ label: 'container', isNegated: false, pattern: container }] : [];
}

function isSamePart(stop: ActionView, other: ActionView): boolean {
  return stop.plan.subjects?.some((subject) => other.plan.subjects?.includes(subject)) ?? false;
}
