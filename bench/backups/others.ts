/** Taking by Upkeep against mariadb-dump, redis-cli --rdb and restic by hand, on a tenth to a third of the size. */

import { createHash } from 'node:crypto';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { systemClock } from '../../src/clock.ts';
import type { EngineContext } from '../../src/core/backup/engine.ts';
import { newSecret } from '../../src/id.ts';
import { files } from '../../src/systems/host/backups/files.ts';
import { connect as connectHost } from '../../src/systems/host/connection.ts';
import { mysqldump } from '../../src/systems/mysql/backups/mysqldump.ts';
import { close as closeMysql, connect as connectMysql } from '../../src/systems/mysql/client.ts';
import { mysqlConfig } from '../../src/systems/mysql/config.ts';
import { rdb } from '../../src/systems/redis/backups/rdb.ts';
import { connect as connectRedis } from '../../src/systems/redis/client.ts';
import { redisConfig } from '../../src/systems/redis/config.ts';
import { missing } from '../../test/servers/installed.ts';
import { mariadbServer, startMariadb } from '../../test/servers/mariadb.ts';
import { redisServer, startRedis } from '../../test/servers/redis.ts';
import { restic } from '../../test/servers/restic.ts';
import type { Compared } from './compared.ts';
import { byTurns, typed } from './turns.ts';

const ctx: EngineContext = {
  signal: new AbortController().signal,
  clock: systemClock,
  newSecret,
  progress() {},
};

export interface OtherBench {
  readonly folder: string;
  /** Of each kind of data. */
  readonly bytes: number;
  readonly rounds: number;
}

export async function compareOthers(bench: OtherBench): Promise<Compared[]> {
  const kinds = [
    { absent: missing(mariadbServer), compare: compareMariadb },
    { absent: missing(redisServer), compare: compareRedis },
    { absent: missing(restic), compare: compareRestic },
  ];
  const compared: Compared[] = [];
  for (const { absent, compare } of kinds) if (absent === false) compared.push(await compare(bench));
  return compared;
}

const freshIn = (folder: string) => (name: string) => {
  const path = join(folder, name);
  rmSync(path, { recursive: true, force: true });
  mkdirSync(path, { mode: 0o700 });
  return path;
};

async function compareMariadb({ folder, bytes, rounds }: OtherBench): Promise<Compared> {
  const rows = Math.ceil(bytes / 140);
  const server = await startMariadb({
    settings: { innodb_buffer_pool_size: '256M', innodb_log_file_size: '64M' },
    setup: [
      'CREATE TABLE orders (id BIGINT PRIMARY KEY, state VARCHAR(10), amount DECIMAL(12, 2), placed DATETIME, note VARCHAR(100), KEY (placed))',
      `INSERT INTO orders SELECT seq, ELT(1 + seq % 4, 'open', 'paid', 'sent', 'back'), seq % 100000 / 100,
         '2021-01-01' + INTERVAL seq SECOND, CONCAT('note ', MD5(seq)) FROM seq_1_to_${rows}`,
    ],
  });
  const conn = connectMysql(mysqlConfig.parse({ url: server.url }));
  const fresh = freshIn(folder);
  const dump = `mariadb-dump -h 127.0.0.1 -P ${server.port} -u root --default-character-set=utf8mb4 --single-transaction --quick --routines --triggers --skip-lock-tables --hex-blob`;
  const sum = `SELECT COUNT(*), SUM(CAST(CONV(LEFT(MD5(CONCAT_WS(',', id, MD5(state), amount, placed, MD5(note))), 15), 16, 10) AS DECIMAL(20, 0))) FROM orders`;
  try {
    const times = await byTurns(
      'mariadb-dump',
      [
        { name: 'bare', run: () => typed(`${dump} shop | gzip -6 > ${fresh('bare')}/dump.sql.gz`) },
        {
          name: 'by hand',
          run: () =>
            typed(`cd ${fresh('hand')}; ${dump} shop | gzip -6 > dump.sql.gz
              gunzip -c dump.sql.gz | tail -1 | grep -q 'Dump completed'
              ${dump} --no-data shop > schema.sql
              mariadb -h 127.0.0.1 -P ${server.port} -u root shop -e "${sum}" > sums
              sha256sum * > SHA256SUMS`),
        },
        { name: 'ours', run: () => mysqldump.take(conn, { folder: fresh('ours') }, ctx) },
      ],
      rounds,
    );
    return { what: 'take', tool: 'mariadb-dump | gzip', times };
  } finally {
    await closeMysql(conn);
    await server.stop();
  }
}

async function compareRedis({ folder, bytes, rounds }: OtherBench): Promise<Compared> {
  const server = await startRedis({ settings: { 'enable-debug-command': 'yes' } });
  const cli = `redis-cli -h 127.0.0.1 -p ${server.port}`;
  await typed(`${cli} DEBUG POPULATE ${Math.ceil(bytes / 250)} key 200 > /dev/null`);
  const conn = connectRedis(redisConfig.parse({ url: server.url }));
  const fresh = freshIn(folder);
  try {
    const times = await byTurns(
      'redis-cli --rdb',
      [
        { name: 'bare', run: () => typed(`${cli} --rdb ${fresh('bare')}/dump.rdb > /dev/null`) },
        {
          name: 'by hand',
          run: () =>
            typed(
              `cd ${fresh('hand')}; ${cli} --rdb dump.rdb > /dev/null; redis-check-rdb dump.rdb > /dev/null; sha256sum dump.rdb > SHA256SUMS`,
            ),
        },
        { name: 'ours', run: () => rdb.take(conn, { folder: fresh('ours') }, ctx) },
      ],
      rounds,
    );
    return { what: 'take', tool: 'redis-cli --rdb', times };
  } finally {
    await conn.session.close();
    await server.stop();
  }
}

const fileBytes = 64 * 1024;

async function compareRestic({ folder, bytes, rounds }: OtherBench): Promise<Compared> {
  const fresh = freshIn(folder);
  const source = fresh('source');
  const seed = fresh('seed');
  writeFileSync(join(seed, 'seed'), 'seed');
  for (let number = 0; number * fileBytes < bytes; number++)
    writeFileSync(join(source, `${number}`), content(number));
  const conn = connectHost();
  const bare = join(folder, 'bare');
  const ask = `restic --no-cache --repo ${bare}/repository --password-file ${bare}/password`;
  // A repository that has begun, so that neither pays for that.
  const begun = () =>
    typed(
      `cd ${fresh('bare')}; echo secret > password; ${ask} init > /dev/null; ${ask} backup ${seed} > /dev/null`,
    );
  const plan = join(folder, 'plan');
  try {
    const times = await byTurns(
      'restic backup',
      [
        { name: 'bare', before: begun, run: () => typed(`${ask} backup ${source} > /dev/null`) },
        {
          name: 'by hand',
          before: begun,
          run: () =>
            typed(
              `find ${source} -type f -print0 | xargs -0 sha256sum > ${bare}/sums; ${ask} backup ${source} > /dev/null; ${ask} snapshots > /dev/null`,
            ),
        },
        {
          name: 'ours',
          async before() {
            rmSync(`${plan}.password`, { force: true });
            await files.take(conn, { folder: fresh('plan'), paths: [seed] }, ctx);
          },
          run: () => files.take(conn, { folder: plan, paths: [source] }, ctx),
        },
      ],
      rounds,
    );
    return { what: 'take', tool: 'restic backup', times };
  } finally {
    rmSync(source, { recursive: true, force: true });
    rmSync(plan, { recursive: true, force: true });
  }
}

/** Half of it can be compressed, and no two files share a block. */
function content(number: number): Buffer {
  const block = createHash('sha512').update(`${number}`).digest();
  const all = Buffer.alloc(fileBytes);
  for (let at = 0; at < fileBytes; at += block.length) {
    block.writeUInt32LE(at, 0);
    createHash('sha512').update(block).digest().copy(all, at, 0, 32);
  }
  return all;
}
