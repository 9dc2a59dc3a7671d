/** The middles that a kill aims at: each is watched for, so that it is hit by sight and not by luck. */
import { readFileSync, watch } from 'node:fs';
import { join } from 'node:path';
import type { Chance } from '../chance.ts';
import type { DeedKind } from './deeds.ts';
import { copied, type Estate, type PlanName } from './estate.ts';
import { descendants } from './machine.ts';

/** What is seen of it; the program where it is one. */
export interface Sight {
  readonly program: number | undefined;
}

export interface Aim {
  readonly said: string;
  /** Resolves the moment it is seen; never, where `signal` aborts before. */
  watch(pid: number, signal: AbortSignal): Promise<Sight>;
}

const betweenLooksMs = 1;
/** A dump of the test is that many objects and more: its key, its files, its index. */
const mostObjects = 5;

/** Programs that do the work itself, and not those that only look. */
const removing: Partial<Record<PlanName, readonly RegExp[]>> = {
  files: [/restic .*\bforget [0-9a-f]{64}/, /restic .*\bprune\b/],
  pgbackrest: [/pgbackrest (?!.*--dry-run).*\bexpire\b/],
};

const restoring: Record<PlanName, readonly RegExp[]> = {
  logical: [/initdb/, /pg_restore/, /postgres .*upkeep-proof-/, /pg_amcheck/],
  pgbackrest: [/pgbackrest .*\brestore\b/, /postgres .*upkeep-proof-/, /pg_checksums/, /pg_amcheck/],
  plain: [/pg_verifybackup/, /postgres .*upkeep-proof-/, /pg_checksums/, /pg_amcheck/],
  redis: [/redis-check-rdb/, /redis-server/],
  mysql: [/(mariadb-install-db|mysql_install_db)/, /mariadbd|mysqld/],
  files: [/restic .*\bcheck\b/, /restic .*\brestore\b/],
};

/** One of the middles of that deed; undefined where none is known, and the n-th program must do. */
export function aimOf(
  chance: Chance,
  { kind, plan, estate }: { readonly kind: DeedKind; readonly plan: PlanName; readonly estate: Estate },
): Aim | undefined {
  const one = (patterns: readonly RegExp[]): Aim | undefined => {
    const pattern = patterns[chance.below(patterns.length)];
    return pattern && ofProgram(pattern);
  };
  if (kind === 'verify' || kind === 'drill') return one(restoring[plan]);
  if (kind === 'copy' && copied.includes(plan)) return ofObject(estate, 1 + chance.below(mostObjects));
  if (kind !== 'remove') return undefined;
  return one(removing[plan] ?? []) ?? ofFolder(join(estate.kept, plan), '.removed');
}

function ofProgram(pattern: RegExp): Aim {
  return {
    said: `${pattern.source}`,
    async watch(pid, signal) {
      let program: number | undefined;
      await until(signal, () => {
        program = descendants(pid).find((child) => pattern.test(wordsOf(child)));
        return program !== undefined;
      });
      return { program };
    },
  };
}

function wordsOf(pid: number): string {
  try {
    const [program = '', ...words] = readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0');
    return [program, ...words].join(' ');
  } catch {
    return '';
  }
}

/** The n-th object that is put into the bucket from now on. */
function ofObject({ putCount }: Estate, nth: number): Aim {
  const from = putCount();
  return {
    said: `object ${nth}`,
    async watch(_, signal) {
      await until(signal, () => putCount() >= from + nth);
      return { program: undefined };
    },
  };
}

/** A folder that is renamed out of sight to be taken apart. */
function ofFolder(parent: string, suffix: string): Aim {
  return {
    said: `a folder ${suffix}`,
    watch: (_, signal) =>
      new Promise((resolve) => {
        watch(parent, { signal }, (_event, name) => {
          if (name?.endsWith(suffix)) resolve({ program: undefined });
        });
      }),
  };
}

async function until(signal: AbortSignal, isSo: () => boolean): Promise<void> {
  while (!signal.aborted && !isSo()) await new Promise((resolve) => setTimeout(resolve, betweenLooksMs));
  if (signal.aborted) await new Promise<never>(() => {});
}
