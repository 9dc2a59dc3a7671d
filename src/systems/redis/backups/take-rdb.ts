import { writeFileSync } from 'node:fs';
import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { EngineContext, Place, Taken } from '../../../core/backup/engine.ts';
import { beginStretch } from '../../../core/backup/progress.ts';
import { bytesOf } from '../../../core/backup/size.ts';
import { count } from '../../../core/count.ts';
import { readFileSums } from '../../../machine/file-sums.ts';
import { whileMeasured } from '../../../machine/folder-bytes.ts';
import { spawnProgram } from '../../../machine/spawn-program.ts';
import { together } from '../../../machine/together.ts';
import { connect, destination, type RedisConnection } from '../client.ts';
import type { RedisConfig } from '../config.ts';
import { readInfo } from '../info.ts';
import type { Ask } from '../session.ts';
import { checkRdb } from './check-rdb.ts';
import { type RdbManifest, rdbFile, sampleFile } from './manifest.ts';
import { sampleKeys, stillSame } from './sample.ts';

export async function take(conn: RedisConnection, place: Place, ctx: EngineContext): Promise<Taken> {
  // Its own: databases are selected on it.
  const own = connect(conn.config);
  try {
    return await own.session.use(ctx.signal, (ask) => takeWith(ask, conn, place, ctx));
  } finally {
    await own.session.close();
  }
}

async function takeWith(
  ask: Ask,
  { config, copies }: RedisConnection,
  { folder, lastBytes }: Place,
  ctx: EngineContext,
): Promise<Taken> {
  const info = await readInfo(ask, 'server');
  ctx.progress('reading a sample of keys');
  const before = await sampleKeys(ask, () => ctx.clock.now());
  const libraries = await librariesOf(ask);
  const at = ctx.clock.now();
  const stretch = beginStretch(ctx, 'receiving a snapshot', { of: lastBytes ?? null, isGuess: true });
  const file = join(folder, rdbFile);
  // redis-cli makes it readable to all, and keeps the mode of one that is there.
  writeFileSync(file, '', { mode: 0o600, flag: 'wx' });
  const ended = copies.begun();
  await whileMeasured(
    async () => (await stat(file)).size,
    (bytes) => stretch.at(bytes),
    ctx,
    () => receive(config, file, ctx),
  ).finally(ended);
  const sample = before && (await stillSame(ask, before));
  // Names of keys may be secrets (sessions): they stay beside the snapshot that has them anyhow.
  writeFileSync(join(folder, sampleFile), JSON.stringify(sample ?? []), { mode: 0o600 });
  const [{ keys, expires, databases }, files] = await together(ctx, (signal) => [
    checkRdb(file, { ...ctx, signal }),
    readFileSums(folder, signal),
  ]);
  const manifest: RdbManifest = {
    ...{ format: 1, serverVersion: info.text('redis_version') ?? 'unknown', at },
    ...{ keys, expires, databases: [...databases], libraries, sampled: sample?.length ?? null, files },
  };
  writeFileSync(join(folder, 'manifest.json'), `${JSON.stringify(manifest, null, 1)}\n`, { mode: 0o600 });
  const compared = sample === null ? 'no value may be read for comparison' : `${sample.length} compared`;
  return {
    ...{ kind: 'full', needs: [], bytes: bytesOf(files), logFrom: null, manifest },
    detail: `${count(keys, 'key')}, ${compared}`,
  };
}

/** As a replica does that takes a copy and goes. The password goes by the environment. */
async function receive(config: RedisConfig, file: string, ctx: EngineContext): Promise<void> {
  const url = new URL(config.url);
  const { host, port } = destination(config);
  const user = decodeURIComponent(url.username);
  const password = decodeURIComponent(url.password);
  const { code, text } = await spawnProgram(
    [
      ...['redis-cli', '-h', host, '-p', String(port), '--no-auth-warning'],
      ...(user === '' ? [] : ['--user', user]),
      ...(url.protocol === 'rediss:' ? ['--tls', '--sni', host] : []),
      ...['--rdb', file],
    ],
    {
      ...{ signal: ctx.signal, clock: ctx.clock },
      env: password === '' ? {} : { REDISCLI_AUTH: password },
    },
  );
  if (code !== 0) throw new Error(`redis-cli --rdb failed (exit code ${code}): ${text}`);
}

async function librariesOf(ask: Ask): Promise<number | null> {
  const list = await ask('FUNCTION', 'LIST').catch(() => null);
  return Array.isArray(list) ? list.length : null;
}
