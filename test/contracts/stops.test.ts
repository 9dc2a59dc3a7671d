/** An action whose purpose is that something does not run says so: else its effect is taken for harm, and undone. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { systems } from '../../src/systems/index.ts';

/** Beginnings of words in an id that may mean the end of what is watched; each is judged here once. */
const suspicious =
  /(?:^|-)(?:stop|kill|drain|suspend|pause|terminate|shut|end|down|scale|signal|restart|fence|disable)/;

/** What does not run afterwards, by its purpose. */
const judged: Readonly<Record<string, 'target' | 'part' | undefined>> = {
  'process.stop': 'target',
  'container.stop': 'part',
  // Started anew, or told to read its configuration: it runs afterwards.
  ...{ 'process.restart': undefined, 'container.restart': undefined },
  ...{ 'process.signal': undefined, 'container.signal': undefined },
  // At least one copy goes on, the first.
  ...{ 'process.scale': undefined, 'container.scale': undefined },
  // A server that is taken out on purpose is not judged (`haproxy.server-down`), and the last healthy one stays.
  ...{ 'haproxy.drain-server': undefined, 'haproxy.suspend-check': undefined },
  // Sessions of others end; the server goes on.
  ...{ 'postgres.cancel-backend': undefined, 'postgres.terminate-backend': undefined },
  ...{ 'postgres.terminate-idle': undefined, 'redis.kill-idle-clients': undefined },
  ...{ 'redis.script-kill': undefined, 'mysql.kill-query': undefined, 'mysql.kill-connection': undefined },
  ...{ 'tidb.kill-query': undefined, 'tidb.kill-connection': undefined },
};

const actions = systems.flatMap((system) => system.actions);

test('every action that may end something is judged, and says what it makes down by purpose', () => {
  for (const { id, stops } of actions) {
    const name = id.slice(id.indexOf('.') + 1);
    assert.ok(
      Object.hasOwn(judged, id) || !suspicious.test(name),
      `${id}: judge it in test/contracts/stops.test.ts`,
    );
    assert.equal(stops, judged[id], `${id}: stops`);
  }
  for (const id of Object.keys(judged))
    assert.ok(
      actions.some((one) => one.id === id),
      `${id} is gone`,
    );
});
