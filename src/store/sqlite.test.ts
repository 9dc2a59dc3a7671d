import assert from 'node:assert/strict';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { removeFolder, temporaryFolder } from '../../test/servers/process.ts';
import { openSqlite } from './sqlite.ts';

const folder = temporaryFolder('sqlite');
after(() => removeFolder(folder));

test('a limit stands in the statement, where it costs no compiling, unless it is no whole number', async (t) => {
  const db = openSqlite(join(folder, 'limit.db'));
  t.after(() => db.destroy());
  const keys = db.selectFrom('meta').select('key').orderBy('key');
  assert.match(keys.limit(3).compile().sql, / limit 3$/);
  assert.deepEqual(keys.where('key', '=', 'a').limit(3).compile().parameters, ['a']);
  const bound = keys.limit(1.5).compile();
  assert.deepEqual([bound.sql.endsWith(' limit ?'), bound.parameters], [true, [1.5]]);
});
