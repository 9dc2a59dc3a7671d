/** Which test file belongs to which suite, in the order they run. */
import { existsSync, globSync } from 'node:fs';
import { relative, resolve } from 'node:path';

export interface Suite {
  readonly name: string;
  readonly files: readonly string[];
  /** A file that runs longer hangs and is ended. Several times what the longest takes: a busy machine hangs nothing. */
  readonly fileTimeoutMs: number;
  /** Files of it that run at a time, at most. */
  readonly concurrency: number;
  /** Its files are long and mostly wait: one of them always runs beside the others, so that none is left for the end. */
  readonly isLong?: boolean;
  /** Runs only where it is named: `npm run long`. */
  readonly isExtra?: boolean;
}

export const root = resolve(import.meta.dirname, '..');

const minuteMs = 60_000;

/** Whole stories on real servers whose parts the other suites test: together they would take `npm test` over 15 minutes. */
const longFiles: readonly string[] = [
  'bench/published.test.ts',
  'src/cli/drill-target.test.ts',
  'src/practices/recovery/control.test.ts',
  'src/practices/recovery/monthly.test.ts',
  'src/practices/recovery/kill.test.ts',
  'src/practices/recovery/new-store.test.ts',
  'src/practices/recovery/offsite/new-store.test.ts',
  'src/practices/recovery/offsite/offsite.test.ts',
  'src/practices/recovery/offsite/wrong-passphrase.test.ts',
  'src/practices/recovery/point-in-time.test.ts',
  'src/practices/recovery/repository.test.ts',
  'src/practices/recovery/restarts.test.ts',
  'src/practices/recovery/shared-repository.test.ts',
  'src/practices/recovery/two-logs.test.ts',
  'src/systems/host/backups/files-bucket.test.ts',
  'src/systems/host/backups/files.test.ts',
  'src/systems/postgres/backups/pgbackrest-bucket.test.ts',
  'src/systems/postgres/backups/pgbackrest-s3.test.ts',
  'src/systems/postgres/backups/pgbackrest-spool.test.ts',
  'src/systems/postgres/backups/pgbackrest.test.ts',
  'src/systems/postgres/backups/plain-archive.test.ts',
  'src/systems/rabbitmq/rabbitmq.test.ts',
  'test/scenarios/check-failover.test.ts',
  'test/scenarios/crash.test.ts',
  'test/scenarios/own-network.test.ts',
  'test/scenarios/postgres-store.test.ts',
  'test/scenarios/proxies.test.ts',
];
const table: readonly (Omit<Suite, 'files'> & { readonly patterns: readonly string[] })[] = [
  { name: 'house', patterns: ['test/{layers,shape,docs}/**'], fileTimeoutMs: 8 * minuteMs, concurrency: 2 },
  { name: 'unit', patterns: ['{src,bench,web,drills}/**'], fileTimeoutMs: 10 * minuteMs, concurrency: 4 },
  {
    name: 'contracts',
    patterns: ['test/{contracts,servers}/**'],
    fileTimeoutMs: 10 * minuteMs,
    concurrency: 4,
  },
  { name: 'engines', patterns: ['test/engines/**'], fileTimeoutMs: 10 * minuteMs, concurrency: 2 },
  // Two at a time: they wait for what real servers do, and bear a busy machine.
  {
    name: 'scenarios',
    patterns: ['test/scenarios/**'],
    fileTimeoutMs: 12 * minuteMs,
    concurrency: 2,
    isLong: true,
  },
  {
    name: 'simulation',
    patterns: ['test/simulation/**', 'test/examples/**'],
    // Sixty seeds take twenty seconds alone, and several beside other work.
    fileTimeoutMs: 12 * minuteMs,
    concurrency: 2,
  },
  // One is always under way: at the end, two at a time would leave the machine half idle.
  {
    name: 'browser',
    patterns: ['test/browser/**'],
    fileTimeoutMs: 12 * minuteMs,
    concurrency: 2,
    isLong: true,
  },
];

export const suiteNames: readonly string[] = [...table.map(({ name }) => name), 'long'];

/** Every suite with its files. Throws for a test file that belongs to none, so that no test is forgotten. */
export function findSuites(): Suite[] {
  const all = new Set(testFiles('{src,bench,web,drills,test,examples,docs}/**'));
  const suites: Suite[] = table.map(({ patterns, ...suite }) => {
    const files = patterns.flatMap(testFiles);
    for (const file of files) all.delete(file);
    return { ...suite, files: files.filter((file) => !longFiles.includes(file)) };
  });
  const gone = longFiles.filter((file) => !existsSync(resolve(root, file)));
  if (gone.length > 0) throw new Error(`test/suites.ts names files that are not there: ${gone.join(', ')}`);
  suites.push({
    name: 'long',
    files: longFiles,
    fileTimeoutMs: 12 * minuteMs,
    concurrency: 2,
    isExtra: true,
  });
  if (all.size > 0)
    throw new Error(`these test files belong to no suite of test/suites.ts: ${[...all].join(', ')}`);
  return suites;
}

/** Suites by name, or files by path or the beginning of it. Throws for a word that names neither. */
export function choose(suites: readonly Suite[], words: readonly string[]): Suite[] {
  if (words.length === 0) return suites.filter(({ files, isExtra }) => files.length > 0 && !isExtra);
  const wanted = new Set<string>();
  for (const word of words) {
    const path = relative(root, resolve(word));
    const found = suites.flatMap((suite) =>
      suite.files.filter((file) => suite.name === word || file === path || file.startsWith(`${path}/`)),
    );
    if (found.length === 0)
      throw new Error(`${word} is neither a suite (${suiteNames.join(', ')}) nor a path with tests`);
    for (const file of found) wanted.add(file);
  }
  return suites
    .map((suite) => ({ ...suite, files: suite.files.filter((file) => wanted.has(file)) }))
    .filter((suite) => suite.files.length > 0);
}

function testFiles(pattern: string): string[] {
  return globSync(`${pattern}/*.test.{ts,tsx}`, {
    cwd: root,
    exclude: ['**/node_modules/**', '**/dist/**'],
  }).sort();
}
