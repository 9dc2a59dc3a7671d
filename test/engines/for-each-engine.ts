/** One suite, every engine: `forEachEngine((engine) => { test(…) })` at the top of a test file. */

import { join } from 'node:path';
import { after, before, describe } from 'node:test';
import { systemClock } from '../../src/clock.ts';
import type { Clock } from '../../src/core/time.ts';
import { openStore, type Store, type StoreLocation } from '../../src/store/index.ts';
import { missing } from '../servers/installed.ts';
import { type PostgresServer, postgresServer, startPostgres } from '../servers/postgres.ts';
import { removeFolder, temporaryFolder } from '../servers/process.ts';

export interface EngineUnderTest {
  readonly kind: StoreLocation['kind'];
  /** A place where no store is yet. */
  freshLocation(): Promise<StoreLocation>;
  /** An empty store; closed after the suite unless it was before. */
  freshStore(clock?: Clock): Promise<Store>;
}

/** PostgreSQL is started once for the file; where it is not installed its half is skipped and says so. */
export function forEachEngine(suite: (engine: EngineUnderTest) => void): void {
  describe('on SQLite', () => {
    const folder = temporaryFolder('sqlite');
    let count = 0;
    const engine = engineOf('sqlite', () =>
      Promise.resolve({ kind: 'sqlite', file: join(folder, `${++count}`, 'state.db') }),
    );
    after(async () => {
      await engine.closeAll();
      removeFolder(folder);
    });
    suite(engine);
  });

  describe('on PostgreSQL', { skip: missing(postgresServer) }, () => {
    let server: PostgresServer;
    let count = 0;
    before(async () => {
      server = await startPostgres();
    });
    const engine = engineOf('postgres', async () => ({
      kind: 'postgres',
      url: await server.createDatabase(`store_${++count}`),
    }));
    after(async () => {
      await engine.closeAll();
      await server.stop();
    });
    suite(engine);
  });
}

function engineOf(kind: StoreLocation['kind'], freshLocation: () => Promise<StoreLocation>) {
  const opened: Store[] = [];
  return {
    kind,
    freshLocation,
    async freshStore(clock = systemClock) {
      const store = await openStore(await freshLocation(), clock);
      opened.push(store);
      return store;
    },
    async closeAll() {
      for (const store of opened) await store.close();
    },
  } satisfies EngineUnderTest & { closeAll(): Promise<void> };
}
