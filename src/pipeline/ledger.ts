/** The change ledger: what probes see change, and what people and deployments report, in the order it happened. */
import { type Change, differencesBetween, type Snapshot, summaryOfDifferences } from '../core/change.ts';
import { printable, redact } from '../core/redact.ts';
import { dependenciesOf } from '../core/topology.ts';
import * as changeRows from '../store/changes.ts';
import * as journal from '../store/journal.ts';
import type { Estate } from './bound.ts';
import type { Desk } from './desk.ts';
import type { Observation } from './observe.ts';

/** `at` is now where left out. */
export type Report = Pick<Change, 'kind' | 'target' | 'service' | 'summary' | 'differences' | 'url'> & {
  readonly at?: number;
};

export interface Ledger {
  /** Compares what a probe saw with what it saw before; the first look is no change. */
  observe(observation: Pick<Observation, 'check' | 'outcome' | 'at'>): void;
  report(report: Report, by: string): Promise<Change>;
  /** Newest first: made to a target, to what it needs or to their services, or to nobody knows what. */
  around(target: string, from: number, to: number): Promise<Change[]>;
  /** Resolves when what was observed so far is written. */
  settled(): Promise<void>;
}

/** What stands unchanged is confirmed this often, so that a change is known to be younger than that. */
const confirmEveryMs = 5 * 60_000;
const mostDifferences = 200;
const mostText = 500;
const mostAround = 100;

export function createLedger(desk: Desk, estate: () => Estate): Ledger {
  const { clock, store } = desk;
  const known = new Map<string, { text: string; confirmedAt: number; seenAt: number }>();
  let last: Promise<void> = Promise.resolve();

  /** @param seenAt when it was seen to stand as before, though that was not written */
  async function compare(
    target: string,
    { document, kind, values }: Snapshot,
    at: number,
    seenAt: number,
  ): Promise<void> {
    const isChanged = await store.transaction(async (tx) => {
      const before = await changeRows.snapshot(tx, target, document);
      const differences = before ? differencesBetween(before.values, values) : [];
      if (before && differences.length === 0) {
        await changeRows.confirmSnapshot(tx, target, document, at);
        return false;
      }
      await changeRows.keepSnapshot(tx, target, document, { at, values });
      if (!before) return false;
      const told = differences.slice(0, mostDifferences);
      await write(tx, {
        ...{ kind, target, service: null, summary: summaryOfDifferences(told, document), differences: told },
        ...{
          id: desk.newId(),
          after: Math.max(before.at, seenAt),
          at,
          source: document,
          isReported: false,
          url: null,
        },
      });
      return true;
    });
    if (isChanged) desk.changed();
  }

  async function write(tx: Parameters<typeof changeRows.insert>[0], change: Change): Promise<void> {
    await changeRows.insert(tx, change);
    const subject = change.target ?? change.service;
    await journal.append(tx, {
      at: clock.now(),
      actor: change.isReported ? change.source : 'upkeep',
      kind: change.isReported ? 'change.reported' : 'change.observed',
      subject: subject === null ? 'changes' : `${change.target === null ? 'service' : 'target'}:${subject}`,
      payload: { id: change.id, kind: change.kind, summary: change.summary, at: change.at },
    });
  }

  return {
    observe({ check, outcome, at }) {
      if (!outcome.ok || !outcome.snapshots) return;
      const target = check.target.name;
      for (const snapshot of outcome.snapshots) {
        const key = `${target}\u0000${snapshot.document}`;
        const clean = { ...snapshot, values: cleaned(snapshot.values) };
        const text = JSON.stringify(Object.entries(clean.values).sort());
        const before = known.get(key);
        if (before?.text === text && at - before.confirmedAt < confirmEveryMs) {
          known.set(key, { ...before, seenAt: at });
          continue;
        }
        known.set(key, { text, confirmedAt: at, seenAt: at });
        last = last
          .then(() => compare(target, clean, at, before?.seenAt ?? 0))
          .catch((error: unknown) => {
            known.delete(key);
            desk.log.error('a change could not be written', { target, error: String(error) });
          });
      }
    },
    async report({ at = clock.now(), ...report }, by) {
      const change: Change = {
        ...{ ...report, summary: clean(report.summary), id: desk.newId(), after: at, at },
        differences: report.differences.map(({ name, before, after }) => ({
          ...{ name: clean(name), before: before && clean(before), after: after && clean(after) },
        })),
        ...{ source: by, isReported: true },
      };
      await store.transaction((tx) => write(tx, change));
      desk.changed();
      return change;
    },
    around(target, from, to) {
      const { topology } = estate();
      const targets = [target, ...dependenciesOf(topology, target)];
      const services = [...new Set(targets.flatMap((name) => topology.servicesOf.get(name) ?? []))];
      return changeRows.list(store.db, { targets, services, from, to, limit: mostAround });
    },
    settled: () => last,
  };
}

function cleaned(values: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(Object.entries(values).map(([name, value]) => [name, clean(value, name)]));
}

/** Settings may hold what no page may show. */
function clean(text: string, name = ''): string {
  const safe = name === '' ? redact(text) : redact(`${name}=${text}`).slice(name.length + 1);
  return printable(safe).slice(0, mostText);
}
