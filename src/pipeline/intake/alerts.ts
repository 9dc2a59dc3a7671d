/** Takes alerts of other monitors: durable before they are answered, the same one again changes nothing. */
import { canonical } from '../../core/canonical.ts';
import type { ForeignAlert } from '../../core/foreign-alert.ts';
import type { Labels } from '../../core/sample.ts';
import * as rows from '../../store/foreign-alerts.ts';
import type { Estate } from '../bound.ts';
import type { Desk } from '../desk.ts';

/** As it comes over the wire, whatever the form. */
export interface IncomingAlert {
  readonly labels: Labels;
  readonly annotations: Labels;
  /** Epoch milliseconds; null where not said. */
  readonly startsAt: number | null;
  /** Null where its source does not say when it is over. */
  readonly endsAt: number | null;
  readonly generatorUrl: string | null;
}

export interface AlertsTaken {
  readonly firing: number;
  readonly ended: number;
  /** Left out by the settings of the source. */
  readonly ignored: number;
}

export interface ForeignAlerts {
  load(): Promise<void>;
  /** Names of the targets that take alerts. */
  sources(): readonly string[];
  /** Resolves once all are stored. */
  take(source: string, alerts: readonly IncomingAlert[]): Promise<AlertsTaken>;
  /** Those that have not ended. */
  about(target: string): readonly ForeignAlert[];
  /** When a source sent something last. */
  heardAt(source: string): number | null;
  /** When each source was last heard of, to be kept over a restart. */
  lastAt(): Readonly<Record<string, number>>;
  restore(lastAt: Readonly<Record<string, number>>): void;
}

const defaultForgetAfterMs = 25 * 3_600_000;

export function createForeignAlerts(
  desk: Desk,
  options: { readonly estate: () => Estate; readonly onTaken: (targets: readonly string[]) => void },
): ForeignAlerts {
  const { store, clock } = desk;
  const known = new Map<string, ForeignAlert>();
  const heard = new Map<string, number>();
  let writing: Promise<unknown> = Promise.resolve();
  const keyOf = ({ source, fingerprint }: Pick<ForeignAlert, 'source' | 'fingerprint'>) =>
    `${source}\n${fingerprint}`;

  function read(source: string, alert: IncomingAlert): ForeignAlert | null {
    const { targets } = options.estate();
    const receiving = targets.get(source)?.bound.receiving;
    const place = receiving?.place?.(alert);
    if (!place) return null;
    const { labels, annotations, generatorUrl } = alert;
    const now = clock.now();
    return {
      source,
      fingerprint: desk.digest(canonical(labels)),
      ...{ labels, annotations, generatorUrl },
      startsAt: alert.startsAt ?? now,
      endsAt: alert.endsAt ?? now + (receiving?.forgetAfterMs ?? defaultForgetAfterMs),
      target: place.target !== null && targets.has(place.target) ? place.target : source,
      level: place.level,
      summary: place.summary,
      receivedAt: now,
    };
  }

  async function takeNow(source: string, incoming: readonly IncomingAlert[]): Promise<AlertsTaken> {
    const read_ = incoming.map((alert) => read(source, alert));
    const alerts = read_.filter((alert) => alert !== null);
    const now = clock.now();
    const firing = alerts.filter(({ endsAt }) => endsAt > now);
    const ended = alerts.filter((alert) => alert.endsAt <= now && known.has(keyOf(alert)));
    const expired = [...known.values()].filter(({ endsAt }) => endsAt <= now);
    await store.transaction(async (tx) => {
      for (const alert of firing) await rows.save(tx, alert);
      for (const alert of [...ended, ...expired]) await rows.remove(tx, alert);
    });
    heard.set(source, now);
    const touched = new Set([source]);
    for (const alert of [...ended, ...expired]) {
      touched.add(known.get(keyOf(alert))?.target ?? alert.target);
      known.delete(keyOf(alert));
    }
    for (const alert of firing) {
      touched.add(known.get(keyOf(alert))?.target ?? alert.target);
      touched.add(alert.target);
      known.set(keyOf(alert), alert);
    }
    options.onTaken([...touched]);
    return { firing: firing.length, ended: ended.length, ignored: incoming.length - alerts.length };
  }

  return {
    async load() {
      for (const alert of await rows.list(store.db)) known.set(keyOf(alert), alert);
    },
    sources: () =>
      [...options.estate().targets].flatMap(([name, { bound }]) => (bound.receiving?.place ? [name] : [])),
    take(source, alerts) {
      const done = writing.then(() => takeNow(source, alerts));
      writing = done.catch(() => {});
      return done;
    },
    about(target) {
      const now = clock.now();
      return [...known.values()].filter((alert) => alert.target === target && alert.endsAt > now);
    },
    heardAt: (source) => heard.get(source) ?? null,
    lastAt: () => Object.fromEntries(heard),
    restore(lastAt) {
      for (const [source, at] of Object.entries(lastAt)) if (!heard.has(source)) heard.set(source, at);
    },
  };
}
