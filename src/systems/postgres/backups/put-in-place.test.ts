/** What the recovery plan says to type is what the dry run names: never a start by the settings of the living one. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { pgbackrestEngine } from './pgbackrest.ts';
import { plain } from './plain.ts';

test('a restored cluster is started beside the living one and archives nothing', () => {
  for (const [engine, data] of [
    [plain, '/srv/restored'],
    [pgbackrestEngine, '/srv/restored/data'],
  ] as const) {
    const said = engine.putInPlace ?? '';
    for (const words of [`pg_ctl -D ${data} `, '-p 5433', `-k ${data}`, 'listen_addresses=127.0.0.1'])
      assert.ok(said.includes(words), `${words} in ${said}`);
    assert.match(said, /archive_mode=off/);
    assert.match(
      said,
      /^runuser -u .*PG_VERSION\)\/bin\/pg_ctl /,
      'root may not, and Debian has no pg_ctl in PATH',
    );
  }
});
