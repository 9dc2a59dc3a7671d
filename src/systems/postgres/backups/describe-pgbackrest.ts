/** What a restore must know of a backup that another store took: by the repository, and by the server where it lives. */
import type { EngineContext, Manifest, Place } from '../../../core/backup/engine.ts';
import type { PostgresConnection } from '../client.ts';
import { readInfo, type StoredBackup } from './pgbackrest-info.ts';
import { existing } from './pgbackrest-repository.ts';
import type { PhysicalManifest } from './physical-manifest.ts';
import { nameOf, parseLsn, segmentOf } from './segments.ts';
import { readServer, withReader } from './server-facts.ts';

/** What initdb calls them where nobody says otherwise. */
const usual = { superuser: 'postgres', database: 'postgres' };
const withinMs = 5_000;

export async function describe(
  conn: PostgresConnection,
  { folder, label }: Place,
  ctx: EngineContext,
): Promise<Manifest | null> {
  const info = await readInfo(existing(folder), ctx);
  const stored = info.backups.find((one) => one.label === label);
  if (stored === undefined) return null;
  const [version = ''] = info.archiveOf(stored).split('-');
  const manifest: PhysicalManifest = {
    ...{ format: 1, label: stored.label, version, major: Number.parseInt(version, 10), witness: null },
    ...{ segmentBytes: segmentBytesOf(stored), ...(await namesIn(conn, ctx)) },
  };
  return manifest;
}

async function namesIn(conn: PostgresConnection, { signal, clock }: EngineContext): Promise<typeof usual> {
  const stop = new AbortController();
  const cancel = clock.after(withinMs, () => stop.abort(new Error('no answer')));
  try {
    const { superuser, database } = await withReader(
      conn,
      AbortSignal.any([signal, stop.signal]),
      readServer,
    );
    return { superuser, database };
  } catch {
    signal.throwIfAborted();
    return usual;
  } finally {
    cancel();
  }
}

const mebibyte = 2 ** 20;
/** 16 MiB is what PostgreSQL is built with; the others are chosen by initdb --wal-segsize. */
const sizes = [16, 1, 2, 4, 8, 32, 64, 128, 256, 512, 1_024].map((size) => size * mebibyte);

/** By the name of the file that holds the place where the backup began. */
export function segmentBytesOf({ lsn, archive }: Pick<StoredBackup, 'lsn' | 'archive'>): number {
  const { start } = archive;
  const fits = (size: number) => {
    const segment = start === null ? null : segmentOf(start, size);
    if (!lsn || segment === null) return false;
    const number = Math.floor(parseLsn(lsn.start) / size);
    return nameOf({ timeline: segment.timeline, number }, size) === start;
  };
  return sizes.find(fits) ?? 16 * mebibyte;
}
