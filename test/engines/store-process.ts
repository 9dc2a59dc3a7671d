/**
 * A process that a test kills: opens the store of its argument and does what the second argument says, with one line
 * of output for each thing that is durable.
 */
import { systemClock } from '../../src/clock.ts';
import { openStore, type StoreLocation } from '../../src/store/index.ts';
import * as jobs from '../../src/store/jobs.ts';
import * as journal from '../../src/store/journal.ts';

const [location, task] = process.argv.slice(2);
const store = await openStore(JSON.parse(location ?? '') as StoreLocation, systemClock);
process.stdout.write('opened\n');

async function write(n: number, hold: () => Promise<void> = () => Promise.resolve()): Promise<void> {
  await store.transaction(async (tx) => {
    await jobs.enqueue(tx, { kind: 'test', key: `job-${n}`, payload: { n }, runAt: n });
    await journal.append(tx, { at: n, actor: 'test', kind: 'written', subject: 'test', payload: { n } });
    await hold();
  });
}

if (task === 'write') {
  for (let n = 1; ; n++) {
    await write(n);
    process.stdout.write(`committed ${n}\n`);
  }
}
if (task === 'stop-in-transaction') {
  await write(1);
  await write(2, async () => {
    process.stdout.write('in transaction\n');
    await new Promise(() => setInterval(() => {}, 1_000));
  });
}
await new Promise(() => setInterval(() => {}, 1_000));
