import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readContent } from './content.ts';

/** A session that answers when `release` is called, and says what it was asked. */
function session() {
  const asked: string[] = [];
  const waiting: (() => void)[] = [];
  const ask = async <Row extends object>(sql: string): Promise<readonly Row[]> => {
    if (sql.includes('pg_class')) return tables as readonly unknown[] as readonly Row[];
    const table = /FROM (\S+) AS t/.exec(sql)?.[1] ?? '';
    asked.push(table);
    await new Promise<void>((resolve) => void waiting.push(resolve));
    return [{ rows: String(table.length), sum: table }] as readonly unknown[] as readonly Row[];
  };
  return { ask, asked, release: () => waiting.shift()?.() };
}
const tables = [{ name: 'public.b_largest' }, { name: 'public.c' }, { name: 'public.a' }];
const turn = () => new Promise((resolve) => setImmediate(resolve));

test('two sessions share the tables, the largest first, and what they say stands in the order of names', async () => {
  const [first, second] = [session(), session()];
  const told: string[] = [];
  const reading = readContent(first.ask, (table) => told.push(table), [second.ask]);
  await turn();
  assert.deepEqual([first.asked, second.asked], [['public.b_largest'], ['public.c']]);
  // Whoever is done first takes the next.
  second.release();
  await turn();
  assert.deepEqual([first.asked, second.asked], [['public.b_largest'], ['public.c', 'public.a']]);
  second.release();
  first.release();
  assert.deepEqual(
    (await reading).map(({ table, rows }) => [table, rows]),
    [
      ['public.a', '8'],
      ['public.b_largest', '16'],
      ['public.c', '8'],
    ],
  );
  assert.deepEqual(told, ['public.b_largest', 'public.c', 'public.a']);
});

test('what one session cannot read is said, and no further table is asked for', async () => {
  const first = session();
  const broken = async <Row extends object>(sql: string): Promise<readonly Row[]> => {
    if (sql.includes('pg_class')) return [];
    throw new Error('invalid page in block 7');
  };
  const refused = assert.rejects(
    readContent(first.ask, () => {}, [broken]),
    /invalid page in block 7/,
  );
  await turn();
  first.release();
  await refused;
  await turn();
  assert.deepEqual(first.asked, ['public.b_largest']);
});
