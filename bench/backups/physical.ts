/** Copies of a whole cluster by Upkeep against the same tools by hand: pgBackRest, and PostgreSQL's own. */
import { chmodSync, mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { systemClock } from '../../src/clock.ts';
import type { BackupEngine, EngineContext, Taken } from '../../src/core/backup/engine.ts';
import { pgbackrestEngine } from '../../src/systems/postgres/backups/pgbackrest.ts';
import { archiveCommand, repositoryIn } from '../../src/systems/postgres/backups/pgbackrest-repository.ts';
import { plain } from '../../src/systems/postgres/backups/plain.ts';
import { releaseFor } from '../../src/systems/postgres/backups/programs.ts';
import { close, connect, type PostgresConnection } from '../../src/systems/postgres/client.ts';
import { postgresConfig } from '../../src/systems/postgres/config.ts';
import type { Bench, Compared } from './compared.ts';
import { sums } from './logical.ts';
import { byTurns, sayStages, typed } from './turns.ts';

const { bin } = releaseFor(15);
const as = 'setpriv --reuid=postgres --regid=postgres --clear-groups --';
const weekMs = 7 * 86_400_000;

/** How the tools are called; each script gets a fresh folder. */
interface Tools {
  readonly names: Readonly<Record<Compared['what'], string>>;
  readonly engine: BackupEngine<PostgresConnection>;
  take(folder: string): string;
  /** After the copy, what ours does beside counting. */
  settle(folder: string): string;
  /** What looks at the files where they lie. */
  verify(): string;
  /** Fills `data` below it. */
  restore(folder: string): string;
  /** After every copy. */
  clear(): Promise<unknown>;
}

export async function comparePgbackrest(bench: Bench): Promise<Compared[]> {
  const home = join(bench.folder, 'repository');
  mkdirSync(home, { mode: 0o755 });
  const command = archiveCommand(repositoryIn(home));
  await bench.shop.server.query(`ALTER SYSTEM SET archive_command = '${command}'`);
  await bench.shop.server.query('SELECT pg_reload_conf()');
  const { configFile, include } = repositoryIn(home);
  const tool = `${as} pgbackrest --config=${configFile} --config-include-path=${include} --stanza=upkeep`;
  return compare(bench, home, {
    names: {
      take: 'pgbackrest backup --type=full',
      restore: 'pgbackrest restore, start, replay',
      prove: 'verify, restore, replay, checksums, amcheck, sums',
    },
    engine: pgbackrestEngine,
    take: () => `cd ${home}; ${tool} backup --type=full`,
    settle: () => `${tool} check`,
    verify: () => `${tool} verify --output=text --verbose > /dev/null`,
    restore: (to) =>
      `cd ${home}; ${as} mkdir -m 700 ${to}/data; ${tool} --pg1-path=${to}/data --archive-mode=off --lock-path=${to}/lock restore`,
    clear: () => typed(`cd ${home}; ${tool} --repo1-retention-full=1 expire`),
  });
}

export function comparePlain(bench: Bench): Promise<Compared[]> {
  const kept = join(bench.folder, 'basebackup-by-hand');
  const folder = join(bench.folder, 'basebackup');
  return compare(bench, folder, {
    names: {
      take: 'pg_basebackup --checkpoint=fast',
      restore: 'cp, start, replay',
      prove: 'pg_verifybackup, cp, replay, checksums, amcheck, sums',
    },
    engine: plain,
    take: () =>
      `rm -rf ${kept}; ${bin}/pg_basebackup --dbname ${bench.shop.url} --pgdata ${kept} --format=plain --wal-method=stream --checkpoint=fast`,
    settle: () => `${bin}/pg_verifybackup --version > /dev/null`,
    verify: () => `${bin}/pg_verifybackup ${kept} > /dev/null`,
    restore: (to) => `cp -a --reflink=auto ${kept} ${to}/data; chown -R postgres:postgres ${to}/data`,
    clear: async () => {},
  });
}

async function compare({ shop, folder, rounds }: Bench, place: string, tools: Tools): Promise<Compared[]> {
  const conn = connect(postgresConfig.parse({ url: shop.url }));
  const { engine } = tools;
  const fresh = (name: string) => {
    const path = join(folder, name);
    rmSync(path, { recursive: true, force: true });
    mkdirSync(path, { mode: 0o755 });
    return path;
  };
  const forServer = async (name: string) => {
    const path = fresh(name);
    await typed(`chown postgres:postgres ${path}`);
    chmodSync(path, 0o755);
    return path;
  };
  let kept: Taken | undefined;
  let number = 0;
  const uncounted: number[] = [];
  try {
    // Begins the repository, so that no contender has to.
    const prepared = await engine.take(conn, { folder: engine.list ? place : fresh('first') }, contextAt(0));
    if (prepared.label !== undefined) await tools.clear();
    const counted = `psql --quiet --no-align ${shop.url} <<< "$SUMS" > ${folder}/sums`;
    const taking = await byTurns(
      tools.names.take,
      [
        { name: 'bare', run: () => typed(tools.take(folder)), after: tools.clear },
        {
          name: 'by hand',
          run: () => typed(`${tools.take(folder)}; ${tools.settle(folder)}; ${counted}`, sums),
          after: tools.clear,
        },
        {
          name: 'ours',
          async run() {
            const from = performance.now();
            const at = { counting: Number.NaN };
            const to = engine.list ? place : freshAt(place);
            kept = await engine.take(conn, { folder: to }, contextAt(++number * weekMs, at));
            uncounted.push(at.counting - from);
          },
          after: tools.clear,
        },
      ],
      rounds,
    );
    if (kept === undefined || engine.restore === undefined) throw new Error('nothing was taken');
    const { restore } = engine;
    const { manifest, label } = kept;
    const order = { folder: place, manifest, ...(label === undefined ? {} : { label }) };
    const restoring = await byTurns(
      tools.names.restore,
      [
        {
          name: 'bare',
          run: async () => {
            const to = await forServer('bare');
            return typed(`${tools.restore(to)}\n${started(to)}`);
          },
        },
        {
          name: 'ours',
          run: () =>
            restore(
              conn,
              { ...order, into: { kind: 'folder', folder: fresh('back') }, until: null },
              contextAt(0),
            ),
        },
      ],
      rounds,
    );
    const proving = await byTurns(
      `proof by ${tools.names.prove}`,
      [
        {
          name: 'by hand',
          run: async () => {
            const to = await forServer('scratch');
            return typed(
              `${tools.verify()}\n${tools.restore(to)}\n${started(to)}\n${looked(folder, to)}`,
              sums,
            );
          },
        },
        {
          name: 'ours',
          async run() {
            const proof = { ...order, scratch: fresh('scratch'), usualBytes: [], smoke: [] };
            sayStages((await engine.prove(conn, proof, contextAt(0))).looks);
          },
        },
      ],
      rounds,
    );
    for (const name of ['bare', 'back', 'scratch', 'first'])
      rmSync(join(folder, name), { recursive: true, force: true });
    const what = ['take', 'restore', 'prove'] as const;
    const times = [new Map([...taking, ['without sums', uncounted] as const]), restoring, proving];
    return what.map((one, at) => ({ what: one, tool: tools.names[one], times: times[at] ?? new Map() }));
  } finally {
    await close(conn);
  }
}

function freshAt(path: string): string {
  rmSync(path, { recursive: true, force: true });
  mkdirSync(path, { mode: 0o755 });
  return path;
}

/** A week later each time, so that pgBackRest is asked for a full copy. @param at gets the time when counting began */
function contextAt(laterMs: number, at?: { counting: number }): EngineContext {
  return {
    signal: new AbortController().signal,
    clock: { ...systemClock, now: () => systemClock.now() + laterMs },
    progress(text) {
      if (at && Number.isNaN(at.counting) && text.startsWith('counting')) at.counting = performance.now();
    },
  };
}

const options = (to: string) =>
  `-c listen_addresses= -c unix_socket_directories=${to} -c archive_mode=off -c fsync=off -c full_page_writes=off -c shared_buffers=64MB`;

/** Started, replayed and promoted, and stopped as its owner would. */
function started(to: string): string {
  return `chmod 700 ${to}/data
    ${as} ${bin}/pg_ctl -D ${to}/data -w -t 3600 -l ${to}/log -o '${options(to)}' start > /dev/null
    port=$(sed -n 4p ${to}/data/postmaster.pid)
    until [ "$(psql -At -h ${to} -p $port -U postgres -c 'SELECT pg_is_in_recovery()' postgres 2> /dev/null)" = f ]; do sleep 0.05; done
    ${as} ${bin}/pg_ctl -D ${to}/data -m fast stop > /dev/null`;
}

function looked(folder: string, to: string): string {
  const at = `-h ${to} -p $port -U postgres`;
  return `${as} ${bin}/pg_checksums --check -D ${to}/data > /dev/null
    ${as} ${bin}/pg_ctl -D ${to}/data -w -l ${to}/log -o '${options(to)}' start > /dev/null
    trap "${as} ${bin}/pg_ctl -D ${to}/data -m immediate stop > /dev/null" EXIT
    ${bin}/pg_amcheck ${at} --install-missing --heapallindexed --parent-check --jobs=2 --all
    cmp ${folder}/sums <(psql --quiet --no-align ${at} shop <<< "$SUMS")`;
}
