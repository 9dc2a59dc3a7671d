/** Takes the signals of jobs: durable before they are answered, judged at once. */
import { afterSignal, type Heartbeat, type Signal } from '../../core/heartbeat.ts';
import { UpkeepError } from '../../core/verb.ts';
import * as rows from '../../store/heartbeats.ts';
import * as journal from '../../store/journal.ts';
import type { Estate } from '../bound.ts';
import type { Desk } from '../desk.ts';

export interface KnownHeartbeat {
  readonly target: string;
  readonly createdAt: number | null;
  readonly createdBy: string | null;
  readonly heartbeat: Heartbeat | null;
}

export interface Heartbeats {
  load(): Promise<void>;
  /** Name of the target whose address has this secret; null where none has it. */
  targetOf(secret: string): string | null;
  /** Resolves once the signal is stored. */
  take(target: string, signal: Signal): Promise<void>;
  of(target: string): Heartbeat | null;
  /** Every configured one, also those without an address yet. */
  list(): readonly KnownHeartbeat[];
  /**
   * Makes the address of a target anew and gives its secret, this once.
   * @throws UpkeepError not-found; conflict where it has one and `replaces` is false
   */
  address(target: string, actor: string, secret: string, replaces: boolean): Promise<void>;
}

/** What stands before the random part, so that an address is recognised and nothing else is taken for one. */
export const secretPrefix = 'hb_';

export function createHeartbeats(
  desk: Desk,
  options: { readonly estate: () => Estate; readonly onTaken: (target: string) => void },
): Heartbeats {
  const { store, clock } = desk;
  const known = new Map<string, rows.HeartbeatRow>();
  const bySecret = new Map<string, string>();
  let writing: Promise<unknown> = Promise.resolve();

  function isConfigured(target: string): boolean {
    return options.estate().targets.get(target)?.bound.receiving?.heartbeat === true;
  }

  function put(row: rows.HeartbeatRow) {
    const before = known.get(row.target);
    if (before) bySecret.delete(before.secretHash);
    known.set(row.target, row);
    bySecret.set(row.secretHash, row.target);
  }

  /** One after the other, so that no signal overwrites what another has added. */
  function inOrder<T>(work: () => Promise<T>): Promise<T> {
    const done = writing.then(work);
    writing = done.catch(() => {});
    return done;
  }

  return {
    async load() {
      for (const row of await rows.list(store.db)) put(row);
    },
    targetOf(secret) {
      const target = bySecret.get(desk.digest(secret));
      return target !== undefined && isConfigured(target) ? target : null;
    },
    take: (target, signal) =>
      inOrder(async () => {
        const row = known.get(target);
        if (!row) return;
        const heartbeat = afterSignal(row.heartbeat, signal);
        await store.transaction((tx) => rows.setState(tx, target, heartbeat));
        put({ ...row, heartbeat });
        options.onTaken(target);
      }),
    of: (target) => known.get(target)?.heartbeat ?? null,
    list: () =>
      [...options.estate().targets.keys()].filter(isConfigured).map((target) => {
        const row = known.get(target);
        return {
          target,
          createdAt: row?.createdAt ?? null,
          createdBy: row?.createdBy ?? null,
          heartbeat: row?.heartbeat ?? null,
        };
      }),
    address: (target, actor, secret, replaces) =>
      inOrder(async () => {
        if (!isConfigured(target))
          throw new UpkeepError(
            'not-found',
            `no heartbeat is called ${target}: add it to targets in upkeep.yaml`,
          );
        const before = known.get(target);
        if (before && !replaces)
          throw new UpkeepError(
            'conflict',
            `${target} has an address; upkeep heartbeat rotate makes a new one`,
          );
        if (!before && replaces)
          throw new UpkeepError('conflict', `${target} has no address yet; upkeep heartbeat create makes it`);
        const row = {
          target,
          secretHash: desk.digest(secret),
          createdAt: clock.now(),
          createdBy: actor,
        };
        await store.transaction(async (tx) => {
          await rows.setAddress(tx, row);
          const kind = replaces ? 'heartbeat.rotated' : 'heartbeat.created';
          await journal.append(tx, {
            at: row.createdAt,
            actor,
            kind,
            subject: `target:${target}`,
            payload: {},
          });
        });
        put({ ...row, heartbeat: before?.heartbeat ?? null });
        desk.changed();
      }),
  };
}
