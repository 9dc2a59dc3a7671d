import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { timestamp } from '../../../clock.ts';
import { type ActionContext, defineAction } from '../../../core/action.ts';
import { demandPermit, demandSteps } from '../../../core/demand.ts';
import { formatDuration } from '../../../core/time.ts';
import type { NginxConnection } from '../client.ts';
import { testConfiguration } from '../command.ts';
import { type Configuration, readConfiguration } from '../configuration.ts';
import { putBack, remove, type Standing, standingAt, writeText } from '../files.ts';
import { digestOf, type GoodCopy, goodCopies } from '../good-copies.ts';
import { detailOf } from '../probes/configuration.ts';
import { changedFiles } from '../text-difference.ts';
import { findNginx } from '../workers.ts';
import { demandValid, noFile, reload, reloadWords, silence, start, testStep } from './running.ts';

const input = z.strictObject({});

const replacedSchema = z.record(
  z.string(),
  z.union([z.object({ text: z.string() }), z.object({ link: z.string() })]).nullable(),
);
/** By path; null where nothing stood. */
type Replaced = Readonly<Record<string, Standing | null>>;

export const restoreLastGood = defineAction<NginxConnection, typeof input>({
  id: 'nginx.restore-last-good',
  summary:
    'Writes back the configuration that passed nginx -t last, tests it, and reloads or starts nginx with it',
  risk: 'risky',
  mends: true,
  input,
  privileges: [
    'setfacl -R -m u:upkeep:rwX /etc/nginx',
    'upkeep ALL=(root) NOPASSWD: /usr/sbin/nginx -t -c /etc/nginx/nginx.conf, /usr/sbin/nginx -s reload -c /etc/nginx/nginx.conf',
  ].join('\n'),

  async plan(conn, _input, ctx) {
    const { file } = conn;
    if (file === undefined) return { refused: noFile };
    const test = await testConfiguration(conn.config.command, file, ctx.signal);
    if (test.kind === 'valid')
      return { refused: 'the configuration passes nginx -t: there is nothing to put back' };
    if (test.kind === 'unknown')
      return { refused: `whether the configuration is broken is not known: ${test.why}` };
    const now = await readConfiguration(file);
    const good = (await goodCopies(conn.keep)).at(-1);
    if (good === undefined) return { refused: `no configuration that passed is kept in ${conn.keep}` };
    const isRunning = (await findNginx(conn)) !== undefined;
    if (good.digest === digestOf(now.files))
      return {
        refused: `the files are those that passed last; what they refer to has changed: ${detailOf(test)}`,
      };
    return {
      summary: `Write back the configuration that passed ${formatDuration(ctx.clock.now() - good.at)} ago, as this one does not: ${detailOf(test)}`,
      steps: stepsOf(conn, file, good, now, isRunning),
      before: {
        error: detailOf(test),
        digest: digestOf(now.files),
        goodDigest: good.digest,
        goodAt: timestamp(good.at),
        isRunning,
        differences: changedFiles(Object.fromEntries(now.files), good.files, 20).join('\n').slice(0, 2_000),
      },
      expect:
        isRunning || conn.config.start
          ? 'nginx -t passes and nginx answers'
          : 'nginx -t passes; nginx is started by people, as no `start` is declared',
      undo: {
        possible: true,
        how: `What is replaced is kept in ${replacedFile(conn, digestOf(now.files))} and written back; nginx keeps running with what it loaded.`,
      },
      verifyWithinMs: 20_000,
      holdMs: 20_000,
    };
  },

  async apply(conn, plan, permit, ctx) {
    demandPermit(permit);
    const { file } = conn;
    if (file === undefined) throw new Error(noFile);
    const now = await readConfiguration(file);
    const digest = digestOf(now.files);
    if (digest === plan.before.goodDigest) return 'it was written back already';
    if (digest !== plan.before.digest)
      throw new Error('the configuration has changed since it was planned; nothing was done');
    const good = (await goodCopies(conn.keep)).find((copy) => copy.digest === plan.before.goodDigest);
    if (good === undefined) throw new Error('the copy that passed is not there any more; nothing was done');
    demandSteps(plan, stepsOf(conn, file, good, now, plan.before.isRunning === true));
    const replaced = await keepReplaced(conn, digest, good, now);
    await writeGood(good, now, replaced);
    try {
      await demandValid(conn, file, ctx.signal);
    } catch (error) {
      await writeReplaced(replaced);
      throw new Error(`what passed before does not pass now, so nothing was changed: ${String(error)}`);
    }
    conn.configuration = await readConfiguration(file);
    return `${good.digest} of ${timestamp(good.at)} was written back; ${await letRun(conn, file, ctx)}`;
  },

  async verify(conn, plan, ctx) {
    const { file } = conn;
    if (file === undefined) return { good: false, detail: noFile };
    const test = await testConfiguration(conn.config.command, file, ctx.signal);
    const isGood = digestOf((await readConfiguration(file)).files) === plan.before.goodDigest;
    const after = { test: test.kind, isGood };
    if (test.kind !== 'valid') return { good: false, detail: detailOf(test), after };
    if (!isGood) return { good: false, detail: 'the files are not those that were written back', after };
    if (plan.before.isRunning !== true && conn.config.start === undefined)
      return { good: true, detail: 'nginx -t passes; start it', after };
    const silent = await silence(conn, ctx.signal);
    return { good: silent === undefined, detail: silent ?? 'nginx -t passes and nginx answers', after };
  },

  async undo(conn, plan, permit, ctx) {
    demandPermit(permit);
    const { file } = conn;
    if (file === undefined) throw new Error(noFile);
    const read = await readFile(replacedFile(conn, String(plan.before.digest)), 'utf8').catch(() => {
      throw new Error('nothing was replaced, so there is nothing to write back');
    });
    if (digestOf((await readConfiguration(file)).files) !== plan.before.goodDigest)
      throw new Error('the configuration was changed since; nothing was written back');
    await writeReplaced(replacedSchema.parse(JSON.parse(read)));
    const test = await testConfiguration(conn.config.command, file, ctx.signal);
    if (test.kind === 'valid' && (await findNginx(conn)) !== undefined) {
      await reload(conn, file, ctx.signal);
      return 'what was replaced was written back and loaded';
    }
    return 'what was replaced was written back; nginx runs on with what it loaded';
  },
});

function stepsOf(
  conn: NginxConnection,
  file: string,
  good: GoodCopy,
  now: Configuration,
  isRunning: boolean,
): string[] {
  const of = timestamp(good.at);
  const changed = Object.keys(good.files).filter((path) => now.files.get(path) !== good.files[path]);
  const extra = extraFiles(good, now);
  const { start: startWords } = conn.config;
  return [
    ...changed.map((path) => `write ${path} as of ${of}`),
    ...extra.map((path) => `take away ${path}, which was not there then`),
    testStep(conn, file),
    ...(isRunning ? [reloadWords(conn, file).join(' ')] : startWords ? [startWords.join(' ')] : []),
  ];
}

function extraFiles(good: GoodCopy, now: Configuration): string[] {
  return [...now.files.keys()].filter((path) => !Object.hasOwn(good.files, path));
}

function replacedFile(conn: NginxConnection, digest: string): string {
  return join(conn.keep, `replaced-${digest}.json`);
}

/** Before anything is touched: what stands in each place that will be. */
async function keepReplaced(
  conn: NginxConnection,
  digest: string,
  good: GoodCopy,
  now: Configuration,
): Promise<Replaced> {
  const paths = [
    ...Object.keys(good.files).filter((path) => now.files.get(path) !== good.files[path]),
    ...extraFiles(good, now),
  ];
  const replaced: Record<string, Standing | null> = {};
  for (const path of paths) {
    const isExtra = !Object.hasOwn(good.files, path);
    // Of a link whose text changes the text is kept, as the link itself stays.
    if (isExtra) replaced[path] = await standingAt(path);
    else
      replaced[path] = await readFile(path, 'utf8')
        .then((text) => ({ text }))
        .catch(() => null);
  }
  await mkdir(conn.keep, { recursive: true, mode: 0o700 });
  await writeFile(replacedFile(conn, digest), JSON.stringify(replaced), { mode: 0o600 });
  return replaced;
}

async function writeGood(good: GoodCopy, now: Configuration, replaced: Replaced): Promise<void> {
  try {
    for (const [path, text] of Object.entries(good.files))
      if (now.files.get(path) !== text) await writeText(path, text);
    for (const path of extraFiles(good, now)) await remove(path);
  } catch (error) {
    await writeReplaced(replaced).catch(() => {});
    throw error;
  }
}

async function writeReplaced(replaced: Replaced): Promise<void> {
  for (const [path, standing] of Object.entries(replaced)) {
    if (standing === null) await remove(path).catch(() => {});
    else await putBack(path, standing);
  }
}

async function letRun(conn: NginxConnection, file: string, ctx: ActionContext): Promise<string> {
  if ((await findNginx(conn)) !== undefined) {
    await reload(conn, file, ctx.signal);
    return 'nginx was told to load it';
  }
  if (conn.config.start === undefined) return 'nginx does not run, and no `start` is declared';
  return `nginx was started as pid ${await start(conn, ctx)}`;
}
