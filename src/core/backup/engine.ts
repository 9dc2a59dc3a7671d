/**
 * What takes backups of one kind of system and proves them. An engine drives tools that exist (pg_dump, pgBackRest); it
 * never trusts their exit code alone: what a proof says was looked at.
 */
import type { Clock } from '../time.ts';
import type { Backup, ProofLevel } from './catalogue.ts';

export interface EngineContext {
  readonly signal: AbortSignal;
  readonly clock: Clock;
  /** How far it is, one line for people. */
  progress(text: string): void;
}

/** What a restore must bring back, in the engine's own words; JSON, without secrets. */
export type Manifest = Readonly<Record<string, unknown>>;

export interface Taken {
  readonly kind: Backup['kind'];
  readonly needs: readonly string[];
  readonly bytes: number;
  readonly logFrom: number | null;
  readonly manifest: Manifest;
  /** `12 tables, 5,000 rows`. */
  readonly detail: string;
}

/** One level looked at. */
export interface Look {
  readonly level: ProofLevel;
  readonly good: boolean;
  readonly detail: string;
  readonly tookMs: number;
}

export interface Proving {
  /** Good up to the first that was not; no level is left out between 0 and the last. */
  readonly looks: readonly Look[];
  /** From the beginning of the restore until it would have taken traffic; null where it did not come so far. */
  readonly restoredInMs: number | null;
  /** What it was restored with: `PostgreSQL 15.18`. */
  readonly with: string;
}

export interface Smoke {
  readonly query: string;
}

/** Where the files of one backup lie. */
export interface Place {
  readonly folder: string;
}

export interface ProofOrder extends Place {
  readonly manifest: Manifest;
  /** An empty folder of its own, removed afterwards whatever happens. */
  readonly scratch: string;
  /** Bytes of backups like this one, to see that its size is sane; empty where there are none. */
  readonly usualBytes: readonly number[];
  /** Queries of the team that must answer with true. */
  readonly smoke: readonly Smoke[];
  /** Stops below a restore. */
  readonly withoutRestore?: boolean;
}

/** @typeParam Conn what the system connects with */
export interface BackupEngine<Conn> {
  /** `postgres.logical` */
  readonly id: string;
  readonly summary: string;
  /** The least privileges it needs, ready to copy. */
  readonly privileges: string;
  /** Programs it drives, with the Debian package that brings them. */
  readonly programs: readonly { readonly name: string; readonly apt: string }[];
  /** Fills the empty folder. Throws with the tool's own words; what it left there is thrown away. */
  take(conn: Conn, place: Place, ctx: EngineContext): Promise<Taken>;
  /** Never throws for what is wrong with the backup: that is a look that is not good. */
  prove(conn: Conn, order: ProofOrder, ctx: EngineContext): Promise<Proving>;
}

/** An engine whose connection is closed over. */
export interface BoundEngine extends Omit<BackupEngine<never>, 'take' | 'prove'> {
  take(place: Place, ctx: EngineContext): Promise<Taken>;
  prove(order: ProofOrder, ctx: EngineContext): Promise<Proving>;
}

export function bindEngine<Conn>(engine: BackupEngine<Conn>, conn: Conn): BoundEngine {
  const { id, summary, privileges, programs } = engine;
  return {
    ...{ id, summary, privileges, programs },
    take: (place, ctx) => engine.take(conn, place, ctx),
    prove: (order, ctx) => engine.prove(conn, order, ctx),
  };
}

/** Half as much or twice as much as usual is worth a look (J); the first has nothing to be compared with. */
const sizeFactor = 2;

/** ProofLevel 0 of every engine whose backups are files: something is there, and about as much as usual. */
export function sizeLook(bytes: number, usual: readonly number[], tookMs: number): Look {
  const sorted = usual.toSorted((a, b) => a - b);
  const median = sorted[Math.floor((sorted.length - 1) / 2)];
  const look = (good: boolean, detail: string): Look => ({ level: 0, good, detail, tookMs });
  if (bytes === 0) return look(false, 'it is empty');
  if (median === undefined) return look(true, `${bytes} bytes, the first of its kind`);
  const isSane = bytes * sizeFactor >= median && bytes <= median * sizeFactor;
  return look(isSane, `${bytes} bytes, usually ${median}`);
}
