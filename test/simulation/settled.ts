/** When all is done that can be done before time goes on. */
import { setImmediate as turn } from 'node:timers/promises';
import pg from 'pg';
import type { StoreLocation } from '../../src/store/index.ts';

/** Where nothing outside this process is asked, one turn of the event loop settles everything. */
export function settledOn({ kind }: StoreLocation): () => Promise<void> {
  if (kind === 'sqlite') return turn;
  watchPools();
  return async () => {
    await turn();
    while (isAsking()) await turn();
  };
}

const pools = new Set<pg.Pool>();

/** Connections of a pool are out, are being made or are waited for. */
function isAsking(): boolean {
  for (const pool of pools) if (pool.ended) pools.delete(pool);
  return [...pools].some((pool) => pool.totalCount > pool.idleCount || pool.waitingCount > 0);
}

let isWatching = false;

/** The pools of a store are its own; their driver is what can tell of them. */
function watchPools(): void {
  if (isWatching) return;
  isWatching = true;
  class WatchedPool extends pg.Pool {
    constructor(config?: pg.PoolConfig) {
      super(config);
      pools.add(this);
    }
  }
  Object.assign(pg, { Pool: WatchedPool });
}
