/** A plain copy and its log, brought to a moment in a folder of its own. */
import { copyFileSync, existsSync, mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import type { EngineContext } from '../../../core/backup/engine.ts';
import { beginStretch } from '../../../core/backup/progress.ts';
import { isLack } from '../../../core/lack.ts';
import { bytesBelow, whileMeasured } from '../../../machine/folder-bytes.ts';
import { spawnProgram } from '../../../machine/spawn-program.ts';
import { give, serverAccount } from '../../../machine/unprivileged.ts';
import { parseHistory } from './log-continuity.ts';
import { demandRoom, type PhysicalPlace, type PhysicalScratch, startPhysical } from './physical-scratch.ts';
import { dataOf, type PlainLog, type PlainManifest } from './plain-manifest.ts';
import type { Release } from './programs.ts';
import { lastCommit } from './restore-cluster.ts';
import { segmentOf } from './segments.ts';
import { failureIn } from './server-lack.ts';

/** Just before what was written at a place of the log; what was committed until a moment; or all that there is. */
export type PlainTarget = { readonly before: string } | { readonly at: number } | null;

export interface Recovered {
  readonly server: PhysicalScratch;
  readonly place: PhysicalPlace;
  /** End of the log that was applied, in bytes of log. */
  readonly lsn: number;
  /** When the last transaction was committed that the log brought; null where it brought none. */
  readonly committedAt: number | null;
  /** Why it stopped, in the server's words; null where it went to the end of the log. */
  readonly stopped: string | null;
  readonly copyMs: number;
  readonly logBytes: number;
  readonly replayMs: number;
}

export interface RecoverOrder {
  /** Of the backup. */
  readonly folder: string;
  readonly manifest: PlainManifest;
  readonly log: PlainLog;
  /** Ours for data, socket and settings. */
  readonly home: string;
  readonly data: string;
  /** The folder that it was asked into; a proof has none. */
  readonly into?: string;
  readonly target: PlainTarget;
  /** Log behind this place is not needed; all of it where left out. */
  readonly upTo?: number | undefined;
}

/** @throws with the words of the tool or of the server; nothing runs then */
export async function recover(release: Release, order: RecoverOrder, ctx: EngineContext): Promise<Recovered> {
  const { manifest, home, data, target } = order;
  const from = ctx.clock.monotonic();
  const account = serverAccount();
  demandRoom(home, manifest.bytes, order.into);
  const stretch = beginStretch(ctx, 'copying the data folder back', { of: manifest.bytes });
  await whileMeasured(
    () => bytesBelow(data),
    (bytes) => stretch.at(bytes),
    ctx,
    () => ran(['cp', '-a', '--reflink=auto', '--', dataOf(order.folder), data], ctx),
  );
  const logBytes = layLog(order);
  if (account) await ran(['chown', '-R', `${account.uid}:${account.gid}`, data], ctx);
  give(home, account);
  const copied = ctx.clock.monotonic();
  const place = { home, data, account, superuser: manifest.superuser, needsNetwork: false };
  ctx.progress('replaying the log');
  const server = await replay(release, place, target, ctx);
  const done = ctx.clock.monotonic();
  const log = server.log();
  const stopped = /recovery stopping (.*)$/m.exec(log)?.[1] ?? null;
  return {
    ...{ server, place, stopped, logBytes, lsn: forkOf(data, manifest), committedAt: lastCommit(log) },
    ...{ copyMs: Math.round(copied - from), replayMs: Math.round(done - copied) },
  };
}

/** Into pg_wal, where the server looks by itself: so no command stands between it and the log. */
function layLog({ data, log, manifest, upTo = Number.POSITIVE_INFINITY }: RecoverOrder): number {
  const folder = join(data, 'pg_wal');
  mkdirSync(folder, { recursive: true });
  let bytes = 0;
  for (const [name, path] of log.files) {
    const begins = (segmentOf(name, manifest.segmentBytes)?.number ?? 0) * manifest.segmentBytes;
    if (begins > upTo) continue;
    copyFileSync(path, join(folder, name));
    bytes += manifest.segmentBytes;
  }
  for (const path of log.histories) copyFileSync(path, join(folder, basename(path)));
  return bytes;
}

async function replay(
  release: Release,
  place: PhysicalPlace,
  target: PlainTarget,
  ctx: EngineContext,
): Promise<PhysicalScratch> {
  const begin = (to: PlainTarget) => {
    writeFileSync(join(place.data, 'recovery.signal'), '');
    give(join(place.data, 'recovery.signal'), place.account);
    writeFileSync(join(place.data, 'postgresql.auto.conf'), settings(to), { mode: 0o600 });
    give(join(place.data, 'postgresql.auto.conf'), place.account);
    return startPhysical(release, place, ctx);
  };
  try {
    return await begin(target);
  } catch (error) {
    const log = join(place.home, 'log');
    const said = existsSync(log) ? readFileSync(log, 'utf8') : '';
    ctx.signal.throwIfAborted();
    // Nothing was committed after the target as far as the log goes, so its end is the same state.
    if (target !== null && said.includes('before configured recovery target')) return begin(null);
    const [, fatal] =
      [...said.matchAll(/(?:FATAL|PANIC): +(.*)$/gm)].find(
        ([, text]) => !/database system is/.test(text ?? ''),
      ) ?? [];
    throw fatal === undefined || isLack(error) ? error : failureIn(`the server did not get there: ${fatal}`);
  }
}

function settings(target: PlainTarget): string {
  const lines = ["restore_command = 'false'", "recovery_target_timeline = 'latest'"];
  if (target !== null) {
    lines.push(
      'at' in target
        ? `recovery_target_time = '${momentOf(target.at)}'`
        : `recovery_target_lsn = '${target.before}'\nrecovery_target_inclusive = 'off'`,
      "recovery_target_action = 'promote'",
    );
  }
  return `${lines.join('\n')}\n`;
}

const moment = new Intl.DateTimeFormat('sv-SE', {
  ...{ timeZone: 'UTC', year: 'numeric', month: '2-digit', day: '2-digit', hour: '2-digit' },
  ...{ minute: '2-digit', second: '2-digit', fractionalSecondDigits: 3 },
});

/** As PostgreSQL reads it: `2026-11-22 02:59:58.123+00`. */
export function momentOf(at: number): string {
  return `${moment.format(at).replace(',', '.')}+00`;
}

/** Where the timeline begins that the promotion made; the end of the copy where that cannot be read. */
function forkOf(data: string, manifest: PlainManifest): number {
  for (let timeline = manifest.timeline + 100; timeline > manifest.timeline; timeline--) {
    const name = `${timeline.toString(16).toUpperCase().padStart(8, '0')}.history`;
    const path = join(data, 'pg_wal', name);
    if (existsSync(path))
      return parseHistory(timeline, readFileSync(path, 'utf8')).forks.at(-1)?.until ?? manifest.until;
  }
  return manifest.until;
}

async function ran(words: readonly string[], { signal, clock }: EngineContext): Promise<void> {
  const ended = await spawnProgram(words, { signal, clock });
  if (ended.code !== 0) throw failureIn(`${words[0]} failed (exit code ${ended.code}): ${ended.text}`);
}

/** What was laid beside the data to get there, and would hinder whoever starts it. */
export function clearAway({ home, data }: Pick<PhysicalPlace, 'home' | 'data'>): void {
  for (const name of ['recovery.signal', 'standby.signal', 'backup_manifest'])
    rmSync(join(data, name), { force: true });
  for (const name of ['postgresql.conf', 'pg_hba.conf', 'pg_ident.conf', 'log'])
    if (home !== data && existsSync(join(home, name)) && statSync(join(home, name)).isFile())
      rmSync(join(home, name));
}
