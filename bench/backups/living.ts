/** What a living database pays while it is backed up: answers of a small load, by the clock of pgbench. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { systemClock } from '../../src/clock.ts';
import { logical } from '../../src/systems/postgres/backups/logical.ts';
import { plain } from '../../src/systems/postgres/backups/plain.ts';
import { releaseFor } from '../../src/systems/postgres/backups/programs.ts';
import { close, connect } from '../../src/systems/postgres/client.ts';
import { postgresConfig } from '../../src/systems/postgres/config.ts';
import { median, milliseconds, percentile, significant } from '../figures.ts';
import type { Result, Row } from '../report.ts';
import type { Bench } from './compared.ts';
import { byTurns, typed } from './turns.ts';

const { bin } = releaseFor(15);
const perSecond = 200;
const quietMs = 5_000;

interface Window {
  readonly name: string;
  /** Epoch milliseconds. */
  readonly from: number;
  readonly until: number;
}

export async function living({ shop, folder, rounds }: Bench): Promise<Result> {
  const conn = connect(postgresConfig.parse({ url: shop.url }));
  const place = join(folder, 'living');
  const windows: Window[] = [];
  const contender = (name: string, work: (to: string) => Promise<unknown>) => ({
    name,
    async before() {
      rmSync(place, { recursive: true, force: true });
      mkdirSync(place);
    },
    async run() {
      const from = systemClock.now();
      await work(place);
      windows.push({ name, from, until: systemClock.now() });
    },
  });
  const ctx = { signal: new AbortController().signal, clock: systemClock, progress() {} };
  const load = await startLoad(shop.url, folder);
  try {
    await systemClock.sleep(1_000);
    await byTurns(
      'living database',
      [
        contender('nothing', () => systemClock.sleep(quietMs)),
        contender('pg_dump', (to) =>
          typed(`${bin}/pg_dump --format=directory --jobs=2 --dbname ${shop.url} --file ${to}/dump`),
        ),
        contender('Upkeep, logical', (to) => logical.take(conn, { folder: to }, ctx)),
        contender('pg_basebackup', (to) =>
          typed(`${bin}/pg_basebackup --dbname ${shop.url} --pgdata ${to}/data --checkpoint=fast`),
        ),
        contender('Upkeep, plain', (to) => plain.take(conn, { folder: to }, ctx)),
      ],
      rounds,
    );
    const answers = await load.stop();
    return {
      title: `Backups: what a living database pays meanwhile, ${perSecond} transactions per second`,
      rows: [...Map.groupBy(windows, ({ name }) => name)].map(([name, own]) => rowOf(name, own, answers)),
      notes: [
        'pgbench, two connections: one order read and one customer changed by their keys in a transaction, begun on schedule whether the one before is answered or not; the wait for its turn counts. Each backup in turn, the windows of all rounds together.',
      ],
    };
  } finally {
    await load.stop();
    rmSync(place, { recursive: true, force: true });
    await close(conn);
  }
}

interface Answer {
  /** Epoch milliseconds, of its end. */
  readonly at: number;
  readonly ms: number;
}

function rowOf(name: string, windows: readonly Window[], answers: readonly Answer[]): Row {
  const times = answers
    .filter(({ at }) => windows.some(({ from, until }) => at >= from && at <= until))
    .map(({ ms }) => ms);
  const seconds = windows.reduce((sum, { from, until }) => sum + until - from, 0) / 1_000;
  return {
    'while it is backed up by': name,
    takes: milliseconds(median(windows.map(({ from, until }) => until - from))),
    'answer, median': milliseconds(median(times)),
    '95th': milliseconds(percentile(times, 0.95)),
    '99th': milliseconds(percentile(times, 0.99)),
    longest: milliseconds(Math.max(...times)),
    'answers per second': significant(times.length / seconds),
  };
}

async function startLoad(url: string, folder: string): Promise<{ stop(): Promise<Answer[]> }> {
  const script = join(folder, 'load.sql');
  writeFileSync(
    script,
    `\\set id random(1, 40000)
BEGIN;
SELECT amount FROM orders WHERE id = :id;
UPDATE customers SET balance = balance + 1 WHERE id = :id / 10;
COMMIT;
`,
  );
  const { username, hostname, port, pathname } = new URL(url);
  const at = ['-h', hostname, '-p', port, '-U', username, pathname.slice(1)];
  const words = [
    '-n',
    '-c',
    '2',
    '-R',
    String(perSecond),
    '-T',
    '36000',
    '-l',
    '--log-prefix=load',
    '-f',
    script,
  ];
  const child = spawn(join(bin, 'pgbench'), [...words, ...at], { cwd: folder, stdio: 'ignore' });
  const ended = once(child, 'exit');
  return {
    async stop() {
      if (child.exitCode === null && child.signalCode === null) {
        // It writes its log in blocks: what belongs to the last window must have left it.
        await systemClock.sleep(2_000);
        child.kill('SIGTERM');
        await ended;
      }
      return readdirSync(folder)
        .filter((name) => /^load\.\d+/.test(name))
        .flatMap((name) =>
          readFileSync(join(folder, name), 'utf8').trim().split('\n').slice(0, -1).map(parse),
        );
    },
  };
}

/** `client transaction time script second microsecond lag`, time and lag in microseconds. */
function parse(line: string): Answer {
  const [, , time, , seconds, micros] = line.split(' ').map(Number);
  return { at: (seconds ?? 0) * 1_000 + (micros ?? 0) / 1_000, ms: (time ?? Number.NaN) / 1_000 };
}
