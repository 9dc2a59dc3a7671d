/** When what is ripe is sealed: at rest, and at the latest when too much has been put off. */
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { removeFolder, temporaryFolder } from '../../../test/servers/process.ts';
import { systemClock } from '../../clock.ts';
import { Columns } from './columns.ts';
import { Handles } from './handles.ts';
import { openSampleStore } from './index.ts';
import { openSqliteTables } from './sqlite.ts';
import { Writing } from './writing.ts';

const t0 = 1_700_000_000_000;
const folder = temporaryFolder('sealing');
after(() => removeFolder(folder));
const series = Array.from({ length: 20 }, (_, i) => `m${i}`);

/** The n-th batch: ten samples of each series. */
function batch(n: number) {
  return Array.from({ length: 10 }, (_, i) => n * 10 + i).flatMap((place) =>
    series.map((metric) => ({ target: 'db', metric, at: t0 + place * 1_000, value: place })),
  );
}

test('appends that follow one another put sealing off, but not beyond a limit', async () => {
  const tables = await openSqliteTables(join(folder, 'limit.db'));
  const mostPutOff = 4_000;
  const writing = new Writing(tables, 100, mostPutOff);
  const handles = new Handles();
  const sealed: number[] = [];
  for (let n = 0; n < 300; n++) {
    const samples = batch(n);
    const columns = new Columns(samples.length);
    for (const [i, sample] of samples.entries()) {
      columns.handles[i] = handles.of(sample);
      columns.at[i] = sample.at;
      columns.values[i] = sample.value;
    }
    const definitions = handles.takeDefinitions();
    const given = { definitions, count: samples.length, columns: columns.buffer };
    await (await writing.append(given, t0)).durable;
    sealed.push(writing.counts.sealedSamples);
  }
  assert.equal(sealed[54], 0, 'the first is ripe after 36 batches, and 20 more may be put off');
  for (const [n, done] of sealed.entries()) {
    const waiting = (n + 1) * 200 - done;
    assert.ok(waiting <= 20 * 736 + mostPutOff + 200, `${waiting} wait after batch ${n}`);
  }
  await tables.close();
});

test('what is ripe is sealed as soon as nothing comes in', { timeout: 180_000 }, async () => {
  const file = join(folder, 'rest.db');
  const options = { rawMs: 1e13, rollupMs: 1e13, clock: systemClock, pauseMs: 0 };
  const store = await openSampleStore({ kind: 'sqlite', file }, options);
  for (let n = 0; n < 90; n++) await store.append(batch(n));
  while ((await store.stats()).sealed < 300 * series.length) await systemClock.sleep(5);
  const [found] = await store.range({ target: 'db', metric: 'm0', from: 0, to: 1e14 });
  assert.equal(found?.at.length, 900);
  await store.close();
});
