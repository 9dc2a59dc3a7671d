/** The whole drill by a running Upkeep: from the repository to the signed evidence, and the memory it takes. */
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { levelWords } from '../../src/core/backup/catalogue.ts';
import type { Evidence } from '../../src/core/backup/evidence.ts';
import type { ProofView } from '../../src/core/backup/view.ts';
import { archiveCommand, repositoryIn } from '../../src/systems/postgres/backups/pgbackrest-repository.ts';
import type { BackupList } from '../../src/verbs/backup/list.ts';
import { type RunningServer, startServer } from '../../test/servers/process.ts';
import { mebibytes, milliseconds } from '../figures.ts';
import { publishedProgram } from '../published.ts';
import type { Result, Row } from '../report.ts';
import { residentBytes } from '../usage.ts';
import type { Bench } from './compared.ts';
import { typed } from './turns.ts';

const engines = ['postgres.logical', 'postgres.plain', 'postgres.pgbackrest'] as const;
type Engine = (typeof engines)[number];
/** Looks at its memory so often. */
const lookEveryMs = 50;

export async function drills(
  { shop, folder }: Bench,
  size: string,
  chosen: readonly Engine[] = engines,
): Promise<Result> {
  const rows: Row[] = [];
  for (const engine of chosen) {
    console.log(`  drill of ${engine} …`);
    rows.push(await drill(engine, shop, folder));
  }
  return {
    title: `Backups: the whole drill, ${size}`,
    rows,
    notes: [
      '`upkeep backup verify`, asked of the published program that runs: sums of the files, log, restore into a scratch server, indexes and pages, every row, until the evidence is signed and the answer is printed (which takes the command line about a second). Beside the levels: a Node that starts for the command, and scratch that is removed.',
      'Memory is that of Upkeep itself, VmRSS, before the drill and at most during it; servers and tools that it starts are not in it.',
    ],
  };
}

async function drill(engine: Engine, shop: Bench['shop'], folder: string): Promise<Row> {
  const home = join(folder, engine);
  mkdirSync(home, { mode: 0o755 });
  const config = join(home, 'upkeep.yaml');
  if (engine === 'postgres.pgbackrest') {
    const command = archiveCommand(repositoryIn(join(home, 'to', 'shop')));
    await shop.server.query(`ALTER SYSTEM SET archive_command = '${command}'`);
    await shop.server.query('SELECT pg_reload_conf()');
  }
  writeFileSync(
    config,
    `name: bench
store: ${home}/data
targets:
  db: { system: postgres, url: "${shop.url}", every: 10s }
backups:
  shop: { of: db, engine: ${engine}, to: "${home}/to", scratch: "${folder}", prove: monthly }
`,
  );
  const upkeep = await startServer({
    command: process.execPath,
    args: [publishedProgram(), 'run', '--config', config, '--port', '0'],
    folder: home,
    ready: /Ctrl-C stops/,
    readyWithinMs: 180_000,
  });
  try {
    return await measured(engine, upkeep, (words) => ask(config, words));
  } finally {
    await upkeep.stop();
    await shop.server.query("ALTER SYSTEM SET archive_command = 'true'");
    await shop.server.query('SELECT pg_reload_conf()');
    rmSync(home, { recursive: true, force: true });
  }
}

async function measured(
  engine: string,
  { pid }: RunningServer,
  ask: <T>(words: string) => Promise<T>,
): Promise<Row> {
  // The first is proven at once, which warms the caches of the disk.
  await ask('backup take shop');
  const { backups } = await settled(() => ask<BackupList>('backup list'));
  const [backup] = backups;
  if (backup?.state !== 'good') throw new Error(`${engine} took nothing: ${backup?.detail}`);
  const before = residentBytes(pid);
  let most = before;
  const timer = setInterval(() => {
    most = Math.max(most, residentBytes(pid));
  }, lookEveryMs);
  const from = performance.now();
  const proof = await ask<ProofView>(`backup verify ${backup.id}`).finally(() => clearInterval(timer));
  const tookMs = performance.now() - from;
  const evidence = await ask<Evidence[]>(`backup evidence ${backup.id}`);
  if (evidence[0]?.statement.proof.id !== proof.id) throw new Error('the drill left no signed evidence');
  const last = proof.looks.at(-1);
  if (!proof.isGood || last?.level !== 5) throw new Error(`${engine} was not proven: ${last?.detail}`);
  return {
    engine,
    whole: milliseconds(tookMs),
    ...Object.fromEntries(
      proof.looks.map(({ level, tookMs: ms }) => [`${level} ${levelWords[level]}`, milliseconds(ms)]),
    ),
    'memory before': mebibytes(before),
    'at most': mebibytes(most),
  };
}

/** A long one is answered for before it is over. */
async function settled(list: () => Promise<BackupList>): Promise<BackupList> {
  for (;;) {
    const found = await list();
    const [backup] = found.backups;
    if (backup?.state === 'failed' || (backup?.state === 'good' && backup.proofs.length > 0)) return found;
    await new Promise((resolve) => setTimeout(resolve, 500));
  }
}

async function ask<T>(config: string, words: string): Promise<T> {
  const text = await typed(
    `${process.execPath} ${publishedProgram()} ${words} --config ${config} --json || [ $? = 1 ]`,
  );
  return JSON.parse(text) as T;
}
