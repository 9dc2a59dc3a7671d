import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { EngineContext, ProofOrder, Proving, Smoke } from '../../../core/backup/engine.ts';
import { type Finding, type Looking, saidOf, startLooking } from '../../../core/backup/looking.ts';
import { presenceOf } from '../../../core/backup/size.ts';
import { count } from '../../../core/count.ts';
import { plain } from '../../../core/plain.ts';
import { fileDifferences, readFileSums } from '../../../machine/file-sums.ts';
import type { RedisConnection } from '../client.ts';
import { keyspaceOf, readInfo } from '../info.ts';
import type { Ask } from '../session.ts';
import { checkRdb } from './check-rdb.ts';
import { type RdbManifest, rdbFile, rdbManifest, sampleFile } from './manifest.ts';
import { type SampledKey, sampleDifferences, sampledKeys } from './sample.ts';
import { type ScratchRedis, startScratch } from './scratch.ts';

export async function prove(_conn: RedisConnection, order: ProofOrder, ctx: EngineContext): Promise<Proving> {
  const looking = startLooking(ctx);
  const result: Proving = { looks: looking.looks, restoredInMs: null, with: 'nothing' };
  const { 'manifest.json': _own, ...files } = await readFileSums(order.folder, ctx.signal);
  const parsed = rdbManifest.safeParse(order.manifest);
  const written = parsed.success ? parsed.data.files : null;
  if (!(await looking.look(0, async () => presenceOf(written, files, order.usualBytes)))) return result;
  const isWhole = await looking.look(1, async () => {
    if (!parsed.success) return { good: false, detail: 'its manifest cannot be read' };
    const changed = fileDifferences(parsed.data.files, files);
    if (changed.length > 0) return saidOf(changed, '');
    const { hasChecksum } = await checkRdb(join(order.folder, rdbFile), ctx);
    const own = hasChecksum ? ', and so is the checksum that Redis wrote' : '';
    return { good: true, detail: `every file is as it was written${own}` };
  });
  if (!isWhole || !parsed.success) return result;
  await looking.look(2, async () => ({ good: true, detail: 'a snapshot needs no log' }));
  return order.withoutRestore ? result : restoreAndLook(parsed.data, order, ctx, looking);
}

async function restoreAndLook(
  manifest: RdbManifest,
  order: ProofOrder,
  ctx: EngineContext,
  { looks, look }: Looking,
): Promise<Proving> {
  const from = ctx.clock.monotonic();
  let restoredInMs: number | null = null;
  let server: ScratchRedis | undefined;
  const result = () => ({ looks, restoredInMs, with: server ? `Redis ${server.version}` : 'nothing' });
  try {
    const isRestored = await look(3, async () => {
      ctx.progress('restoring into a scratch server');
      server = await startScratch(join(order.folder, rdbFile), order.scratch, ctx);
      restoredInMs = Math.round(ctx.clock.monotonic() - from);
      return { good: true, detail: `loaded by Redis ${server.version}` };
    });
    if (!isRestored || !server) return result();
    const there = server;
    if (!(await look(4, () => there.use((ask) => structure(ask, manifest))))) return result();
    ctx.progress('comparing keys and values');
    const sample = sampledKeys.parse(JSON.parse(readFileSync(join(order.folder, sampleFile), 'utf8')));
    if (!(await look(5, () => there.use((ask) => content(ask, manifest, sample, ctx.clock.now())))))
      return result();
    if (order.smoke.length > 0) await look(6, () => there.use((ask) => smoke(ask, order.smoke)));
    return result();
  } finally {
    await server?.stop();
  }
}

/** It was loaded with every value looked at (`sanitize-dump-payload yes`); what is left are the libraries. */
async function structure(ask: Ask, { libraries }: RdbManifest): Promise<Finding> {
  const every = 'every value is well-formed';
  if (libraries === null) return { good: true, detail: `${every}; functions could not be counted` };
  const list = await ask('FUNCTION', 'LIST').catch(() => null);
  const found = Array.isArray(list) ? list.length : 0;
  return found === libraries
    ? { good: true, detail: `${every}; ${count(found, 'library', 'libraries')} of functions` }
    : { good: false, detail: `${found} libraries of functions instead of ${libraries}` };
}

/** Keys that expire go by themselves while time passes; the others must all be there. */
async function content(
  ask: Ask,
  manifest: RdbManifest,
  sample: readonly SampledKey[],
  now: number,
): Promise<Finding> {
  const space = keyspaceOf(await readInfo(ask, 'keyspace'));
  const keys = space.reduce((sum, one) => sum + one.keys, 0);
  const staying = keys - space.reduce((sum, one) => sum + one.expires, 0);
  const expected = manifest.keys - manifest.expires;
  if (staying !== expected)
    return { good: false, detail: `${count(staying, 'key')} without expiry instead of ${expected}` };
  if (keys > manifest.keys)
    return { good: false, detail: `${count(keys, 'key')} instead of ${manifest.keys}` };
  const differences = await sampleDifferences(ask, sample, now);
  if (manifest.keys === 0)
    return saidOf(differences, 'nothing was in it: 0 keys, so there was no value to compare');
  const values =
    manifest.sampled === null ? 'values could not be compared: the account may not read them' : null;
  return saidOf(
    differences,
    `${count(keys, 'key')}, ${values ?? `${count(sample.length, 'value')} as in the source`}`,
  );
}

/** A command whose answer is 1, OK or true: `EXISTS user:1`, `EVAL "return redis.call('DBSIZE') > 10" 0`. */
async function smoke(ask: Ask, commands: readonly Smoke[]): Promise<Finding> {
  await ask('SELECT', 0);
  for (const { query } of commands) {
    const [command = '', ...words] = wordsOf(query);
    const answer = await ask(command, ...words);
    if (answer !== 1 && answer !== 'OK' && answer !== 'true' && answer !== '1')
      return {
        good: false,
        detail: `${plain(query, 200)} answers ${plain(JSON.stringify(answer) ?? 'nothing', 100)} instead of 1`,
      };
  }
  return {
    good: true,
    detail: `${count(commands.length, 'smoke command answers', 'smoke commands answer')} 1`,
  };
}

function wordsOf(text: string): string[] {
  return [...text.matchAll(/"([^"]*)"|'([^']*)'|(\S+)/g)].map(
    ([, double, single, bare]) => double ?? single ?? bare ?? '',
  );
}
