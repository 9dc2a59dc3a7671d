/** What every stage has on its desk: the store, the clock, the configuration in force, and how to tell others. */
import { timestamp } from '../clock.ts';
import type { Alert } from '../core/alert.ts';
import { composeMessage } from '../core/compose.ts';
import type { Configuration, NotifierSettings } from '../core/configuration.ts';
import { followerName } from '../core/link.ts';
import type { Message, MessageEvent } from '../core/message.ts';
import { policyFor } from '../core/oncall/policy.ts';
import type { Clock } from '../core/time.ts';
import type { AlertView, JournalEntry } from '../core/view.ts';
import type { Log } from '../log.ts';
import * as actionRows from '../store/actions.ts';
import * as alertRows from '../store/alerts.ts';
import type { Incident } from '../store/incidents.ts';
import type { Store, Tx } from '../store/index.ts';
import * as journal from '../store/journal.ts';
import * as outbox from '../store/outbox.ts';
import * as pages from '../store/pages.ts';
import { beginCall, tellPerson } from './call.ts';
import { startClocks } from './incident-clocks.ts';
import type { UsualPace } from './usual-pace.ts';

export interface Desk {
  readonly clock: Clock;
  readonly store: Store;
  readonly log: Log;
  configuration(): Configuration;
  baseUrl(): string;
  newId(): string;
  digest(text: string): string;
  /** Writes to the journal as part of an incident's timeline. */
  journalIncident(
    tx: Tx,
    incident: Pick<Incident, 'id'>,
    kind: string,
    payload: Readonly<Record<string, unknown>>,
    actor?: string,
  ): Promise<JournalEntry>;
  /** Puts the event's messages into the outbox; when it is a call, people are called and clocks run. */
  tell(
    tx: Tx,
    incident: Incident,
    event: MessageEvent,
    key: string,
    report?: NonNullable<Message['report']>,
  ): Promise<void>;
  /**
   * Queues one message for one notifier, whatever its events; for escalation steps and reports.
   * False when it has had a message with this key already.
   */
  tellOne(tx: Tx, notifier: NotifierSettings, message: Message, incidentId: string | null): Promise<boolean>;
  compose(tx: Tx, incident: Incident, event: MessageEvent, key: string): Promise<Message>;
  /** What was judged and its threshold, with their unit; null where there are no words for it. */
  said(alert: JudgedAlert): string | null;
  /** Called after each commit: wakes delivery, jobs and the live stream. */
  changed(): void;
  onChange(listener: () => void): () => void;
}

export type JudgedAlert = Pick<Alert, 'target' | 'rule' | 'value' | 'threshold'>;

export function createDesk(options: {
  readonly clock: Clock;
  readonly store: Store;
  readonly log: Log;
  readonly newId: () => string;
  readonly digest: (text: string) => string;
  readonly configuration: () => Configuration;
  readonly baseUrl: () => string;
  /** The value of an alert with its unit, for messages; null where there are no words for it. */
  readonly said?: (alert: JudgedAlert) => string | null;
  /** What took so long before it took too long; nothing of that is said where absent. */
  readonly usualPace?: UsualPace;
}): Desk {
  const { clock, configuration } = options;
  const listeners = new Set<() => void>();

  async function withFigures(alert: Alert): Promise<AlertView> {
    const said = options.said?.(alert) ?? null;
    if (said === null) return alert;
    const usual = (await options.usualPace?.(alert)) ?? null;
    return { ...alert, said: usual === null ? said : `${said}, usually ${usual}` };
  }

  async function compose(tx: Tx, incident: Incident, event: MessageEvent, key: string): Promise<Message> {
    const { notifiers, oncall } = configuration();
    const called = await pages.sentOf(tx, incident.id);
    const since = incident.conduct?.reopenedAt ?? incident.openedAt;
    const timesOf = await firedTimes(tx, incident.id, since);
    return composeMessage(
      {
        event,
        key,
        at: clock.now(),
        source: configuration().name,
        baseUrl: options.baseUrl(),
        scheme: configuration().severities,
        incident: {
          ...incident,
          reopened: incident.conduct?.reopened ?? 0,
          reopenedAt: incident.conduct?.reopenedAt ?? null,
        },
        alerts: await Promise.all((await alertRows.ofIncident(tx, incident.id)).map(withFigures)),
        findings: incident.findings,
        evidence: incident.evidence,
        actions: await actionRows.list(tx, { incidentId: incident.id, limit: 50 }),
        ...(event === 'incident.escalated' ? calledAgainOf(incident) : {}),
        acknowledgedBy:
          incident.acknowledgedBy === null
            ? null
            : followerName(
                incident.acknowledgedBy,
                oncall.people,
                notifiers.map(({ name }) => name),
              ),
        paged: called.map(({ person, notifiers: by, at }) => ({
          person: oncall.people.find(({ id }) => id === person)?.name ?? person,
          by,
          at,
        })),
        timesOf,
      },
      timestamp,
    );
  }

  function tellOne(tx: Tx, notifier: NotifierSettings, message: Message, incidentId: string | null) {
    return outbox.enqueue(tx, {
      id: options.newId(),
      notifier: notifier.name,
      key: message.key,
      incidentId,
      body: JSON.stringify(message),
      at: clock.now(),
    });
  }

  const tell: Desk['tell'] = async (tx, incident, event, key, report) => {
    const { steps } = policyFor(configuration(), incident);
    const isCall = event === 'incident.opened' || event === 'incident.escalated';
    const told = await outbox.notifiersOf(tx, incident.id);
    const atOnce = new Set(steps.flatMap((step) => (step.afterMs === 0 ? step.notify : [])));
    // Who was called hears how it goes on, and so does who would be called but wants no calls.
    const receivers = configuration().notifiers.filter(
      (one) =>
        wants(one, event) &&
        (told.includes(one.name) || (atOnce.has(one.name) && (isCall || !wants(one, 'incident.opened')))),
    );
    if (receivers.length > 0) {
      const composed = await compose(tx, incident, event, key);
      const message = report ? { ...composed, report } : composed;
      for (const notifier of receivers) await tellOne(tx, notifier, message, incident.id);
    }
    if (isCall) {
      await beginCall(desk, tx, incident, event);
      await startClocks(desk, tx, incident);
    } else await tellCalled(tx, incident, event, key);
  };

  /** People hear of what ends their call; the rest stands where they look. */
  async function tellCalled(tx: Tx, incident: Incident, event: MessageEvent, key: string) {
    if (!endsCall.includes(event)) return;
    const called = new Map((await pages.ofIncident(tx, incident.id)).map((page) => [page.person, page]));
    let composed: Message | undefined;
    for (const page of called.values()) {
      const isOwn = event === 'incident.acknowledged' && incident.acknowledgedBy === page.person;
      if (page.state !== 'sent' || isOwn) continue;
      const wanted = page.notifiers.filter((name) =>
        configuration().notifiers.some((one) => one.name === name && wants(one, event)),
      );
      composed ??= await compose(tx, incident, event, key);
      const message = { ...composed, key: `${key}:to:${page.person}` };
      await tellPerson(desk, tx, { ...page, notifiers: wanted }, message, incident.id);
    }
  }

  const desk: Desk = {
    clock,
    store: options.store,
    log: options.log,
    configuration,
    baseUrl: options.baseUrl,
    newId: options.newId,
    digest: options.digest,
    compose,
    said: (alert) => options.said?.(alert) ?? null,
    tell,
    tellOne,
    journalIncident: (tx, incident, kind, payload, actor = 'upkeep') =>
      journal.append(tx, {
        at: clock.now(),
        actor,
        kind,
        subject: `incident:${incident.id}`,
        incidentId: incident.id,
        payload,
      }),
    changed() {
      for (const listener of listeners) listener();
    },
    onChange(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
  return desk;
}

/** More often than that is often. */
const firedCounted = 500;

async function firedTimes(tx: Tx, incidentId: string, since: number) {
  const fired = await journal.list(tx, { incidentId, kinds: ['alert.fired'], limit: firedCounted });
  const keyOf = ({ rule, target, labels }: { rule?: unknown; target?: unknown; labels?: unknown }) =>
    JSON.stringify([rule, target, labels ?? {}]);
  const times = new Map<string, number>();
  for (const { at, payload } of fired) {
    const key = keyOf(payload);
    if (at >= since) times.set(key, (times.get(key) ?? 0) + 1);
  }
  return (alert: { readonly rule: string; readonly target: string; readonly labels: object }) =>
    times.get(keyOf(alert)) ?? 1;
}

const endsCall: readonly MessageEvent[] = [
  'incident.acknowledged',
  'incident.mitigated',
  'incident.resolved',
];

export function wants(notifier: NotifierSettings, event: MessageEvent): boolean {
  return notifier.events === undefined || notifier.events.includes(event);
}

/** Why people are called anew; nothing where it has got graver since. */
function calledAgainOf({ level, conduct }: Incident) {
  const { reason, level: before } = conduct?.calledAgain ?? {};
  return reason === undefined || before !== level ? {} : { calledAgain: reason };
}
