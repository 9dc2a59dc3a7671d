/** The same faults with everything Upkeep knows on a PostgreSQL, and a restart of Upkeep in the middle of each. */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import type { SamplesView } from '../../src/core/view.ts';
import { verbNamed } from '../../src/verbs/index.ts';
import { missing } from '../servers/installed.ts';
import { type PostgresServer, postgresServer, startPostgres } from '../servers/postgres.ts';
import { allUp, playFault } from './play-fault.ts';
import { type WatchedStack, watchStack } from './watched-stack.ts';

const actor = { name: 'scenario', scopes: ['read'] } as const;

describe('a store on PostgreSQL', { concurrency: false, skip: missing(postgresServer) }, () => {
  let server: PostgresServer;
  let lab: WatchedStack;
  let upSince = 0;
  before(async () => {
    server = await startPostgres();
    lab = await watchStack({ store: { kind: 'postgres', url: await server.createDatabase('upkeep') } });
    await allUp(lab);
    upSince = Date.now();
  });
  after(async () => {
    await lab.stop();
    await server.stop();
  });

  for (const name of ['blocked-transaction', 'api-killed'] as const) {
    test(`${name}, with Upkeep restarted meanwhile, is one incident to its end`, {
      timeout: 120_000,
    }, async (t) => {
      const fault = lab.stack.faults.find((one) => one.name === name);
      if (!fault) return t.skip(`this stack has no ${name}: ${lab.stack.missing.join('; ')}`);
      await playFault(lab, fault, { meanwhile: () => lab.restart() });
    });
  }

  test('the journal of all this is whole, and what was measured before the restarts is there', async () => {
    const { ctx } = lab.app;
    const chain = await verbNamed('audit.verify').call(ctx, {}, actor);
    assert.equal((chain as { ok: boolean }).ok, true);
    const asked = { target: 'api', metric: 'http.up', from: upSince - 2_000, to: upSince, step: 1_000 };
    const { series } = (await verbNamed('samples.query').call(ctx, asked, actor)) as SamplesView;
    assert.ok(series.some(({ avg }) => avg.includes(1)));
  });
});
