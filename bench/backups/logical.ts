/** pg_dump by Upkeep against pg_dump by hand: taking, restoring, proving. */
import { mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { systemClock } from '../../src/clock.ts';
import type { EngineContext, Taken } from '../../src/core/backup/engine.ts';
import { logical } from '../../src/systems/postgres/backups/logical.ts';
import { releaseFor } from '../../src/systems/postgres/backups/programs.ts';
import { take } from '../../src/systems/postgres/backups/take-logical.ts';
import { close, connect } from '../../src/systems/postgres/client.ts';
import { postgresConfig } from '../../src/systems/postgres/config.ts';
import type { Bench, Compared } from './compared.ts';
import { byTurns, sayStages, typed } from './turns.ts';

const { bin } = releaseFor(15);
const dump = `${bin}/pg_dump --format=directory --jobs=2 --no-subscriptions`;
const schema = `${bin}/pg_dump --schema-only --no-owner --no-privileges`;

/** Lines in which pg_dump speaks of itself. */
const own = String.raw`^(--|\\(un)?restrict)`;

/** Rows and sums of every table, as ours asks for them: `psql` writes them for `cmp`. */
export const sums = {
  ...{ PGTZ: 'UTC', PGDATESTYLE: 'ISO, YMD' },
  SUMS: `SELECT format('SELECT %L, count(*), coalesce(sum(hashtextextended(t::text, 0)::numeric), 0) FROM %I.%I AS t', c.relname, n.nspname, c.relname)
    FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE c.relkind = 'r' AND n.nspname = 'public' ORDER BY 1 \\gexec`,
};

const ctx: EngineContext = { signal: new AbortController().signal, clock: systemClock, progress() {} };

export async function compareLogical({ shop, folder, rounds }: Bench): Promise<Compared[]> {
  const conn = connect(postgresConfig.parse({ url: shop.url }));
  const place = (name: string) => join(folder, name);
  const fresh = (name: string) => {
    rmSync(place(name), { recursive: true, force: true });
    mkdirSync(place(name), { mode: 0o755 });
    return place(name);
  };
  const back = shop.url.replace(/shop$/, 'back');
  const created = `psql --quiet ${shop.server.url} -c 'CREATE DATABASE back TEMPLATE template0'`;
  const after = () => shop.server.query('DROP DATABASE IF EXISTS back');
  let kept: Taken | undefined;
  try {
    const taking = await byTurns(
      'pg_dump',
      [
        { name: 'bare', run: () => typed(`${dump} --dbname ${shop.url} --file ${fresh('bare')}/dump`) },
        { name: 'by hand', run: () => typed(takenByHand(shop.url, fresh('hand')), sums) },
        { name: 'without sums', run: () => take(conn, { folder: fresh('unsummed') }, ctx, async () => []) },
        {
          name: 'ours',
          run: async () => {
            kept = await logical.take(conn, { folder: fresh('ours') }, ctx);
          },
        },
      ],
      rounds,
    );
    if (kept === undefined || logical.restore === undefined) throw new Error('nothing was taken');
    const { restore } = logical;
    const order = { folder: place('ours'), manifest: kept.manifest };
    const into = { kind: 'database', name: 'back' } as const;
    const restored = `${created}; ${bin}/pg_restore --jobs=2 --exit-on-error --dbname ${back} dump`;
    const restoring = await byTurns(
      'pg_restore',
      [
        { name: 'bare', run: () => typed(`cd ${place('bare')}; ${restored}`), after },
        {
          name: 'by hand',
          run: () =>
            typed(
              `cd ${place('hand')}; sha256sum --quiet -c SHA256SUMS; ${restored}
               cmp sums <(psql --quiet --no-align ${back} <<< "$SUMS")`,
              sums,
            ),
          after,
        },
        { name: 'ours', run: () => restore(conn, { ...order, into, until: null }, ctx), after },
      ],
      rounds,
    );
    const proving = await byTurns(
      'proof of a dump',
      [
        { name: 'by hand', run: () => typed(provenByHand(place('hand'), fresh('scratch')), sums) },
        {
          name: 'ours',
          async run() {
            const proof = { ...order, scratch: fresh('scratch'), usualBytes: [], smoke: [] };
            sayStages((await logical.prove(conn, proof, ctx)).looks);
          },
        },
      ],
      rounds,
    );
    return [
      { what: 'take', tool: 'pg_dump --format=directory --jobs=2', times: taking },
      { what: 'restore', tool: 'pg_restore --jobs=2', times: restoring },
      { what: 'prove', tool: 'pg_restore, pg_amcheck, sums', times: proving },
    ];
  } finally {
    await close(conn);
  }
}

function takenByHand(url: string, to: string): string {
  return `cd ${to}
    ${dump} --dbname ${url} --file dump
    ${schema} --dbname ${url} --file schema.sql
    ${bin}/pg_dumpall --dbname ${url} --roles-only --no-role-passwords --file roles.sql
    psql --quiet --no-align ${url} <<< "$SUMS" > sums
    find . -type f ! -name SHA256SUMS -print0 | xargs -0 sha256sum > SHA256SUMS`;
}

/** The same levels as ours: files, a restore into a server that flushes nothing, indexes, schema, rows and sums. */
function provenByHand(from: string, scratch: string): string {
  const settings = [
    ...["listen_addresses = ''", `unix_socket_directories = '${scratch}'`, 'fsync = off', 'autovacuum = off'],
    ...[
      'full_page_writes = off',
      'synchronous_commit = off',
      'archive_mode = off',
      'max_worker_processes = 4',
    ],
  ];
  return `cd ${from}
    sha256sum --quiet -c SHA256SUMS
    chown postgres ${scratch}
    as='setpriv --reuid=postgres --regid=postgres --clear-groups --'
    cd ${scratch}
    $as ${bin}/initdb -D data -U scratch -A trust -E UTF8 --locale=C --no-sync --no-instructions --data-checksums > /dev/null
    echo "${settings.join('\n')}" >> data/postgresql.conf
    $as ${bin}/pg_ctl -D data -w -l log start > /dev/null
    trap "$as ${bin}/pg_ctl -D data -m immediate stop > /dev/null" EXIT
    at="--host ${scratch} --username scratch"
    ${bin}/createdb $at back
    ${bin}/pg_restore $at --no-owner --jobs=2 --exit-on-error --dbname back ${from}/dump
    ${schema} $at --dbname back --file schema.sql
    diff <(grep -Ev '${own}' ${from}/schema.sql) <(grep -Ev '${own}' schema.sql)
    ${bin}/pg_amcheck $at --install-missing --heapallindexed --parent-check --jobs=2 back
    cmp ${from}/sums <(psql --quiet --no-align $at back <<< "$SUMS")`;
}
