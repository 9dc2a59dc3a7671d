/** Evidence of why snapshots or the append-only file cannot be written. */
import type { Evidence } from '../../../core/evidence.ts';
import { find, textOf } from '../../../core/evidence-rows.ts';
import { plain } from '../../../core/plain.ts';
import type { Diagnosis, DiagnosisContext } from '../../../core/system.ts';
import type { RedisConnection } from '../client.ts';
import { errorsOf, readInfo } from '../info.ts';
import { logLines } from '../log-lines.ts';
import { forkRoom, localServer, savePlace, workingFolder } from '../place.ts';
import type { Ask } from '../session.ts';
import { readSettings } from '../settings.ts';
import { changesOf, look } from './evidence.ts';
import { concludeSaving, type SavedBy } from './saving-findings.ts';

/** What Redis and Valkey write when a snapshot or the append-only file fails (rdb.c, aof.c, server.c). */
const ofSaving =
  /Failed opening the (temp )?RDB|Write error (saving DB|while saving|writing)|Error moving temp DB|Can't (save|rewrite).*background|Background (saving|AOF rewrite).*(error|terminated)|Error writing to the AOF|Short write while writing to the AOF|temp file for AOF|AOF rewrite|Error opening (the )?.*AOF|fsync the AOF|Can't open.*append.?only|MISCONF|No space left on device/i;

export function savingDiagnosis(
  by: SavedBy,
  about: Pick<Diagnosis<RedisConnection>, 'id' | 'title' | 'summary' | 'explains'>,
): Diagnosis<RedisConnection> {
  return {
    ...about,
    async gather(conn, target, ctx) {
      const state = await look(
        conn,
        target,
        ctx,
        {
          id: 'saving',
          title: 'Snapshots and append-only file',
          how: 'INFO persistence; INFO errorstats; INFO memory',
        },
        readState,
      );
      const settings = await look(
        conn,
        target,
        ctx,
        {
          id: 'save-settings',
          title: 'Where and when it saves',
          how: 'CONFIG GET dir; CONFIG GET dbfilename; CONFIG GET save; CONFIG GET stop-writes-on-bgsave-error; CONFIG GET appendonly',
        },
        async (ask) => ({
          facts: Object.fromEntries(
            await readSettings(ask, 'dir', 'dbfilename', 'save', 'stop-writes-on-bgsave-error', 'appendonly'),
          ),
        }),
      );
      const folder = textOf(settings.facts?.dir);
      return [
        state,
        settings,
        ...(await placeOf(conn, target, ctx, folder)),
        ...logLines(target, ctx, { id: 'save-log', title: 'What its log says of saving' }, ofSaving),
        ...changesOf(target, ctx, /^(dir|dbfilename|save|append.*|stop-writes-on-bgsave-error|rdb-.*)$/),
      ];
    },
    conclude: (evidence, target) =>
      concludeSaving(evidence, target, { id: about.id, by, state: find(evidence, target, 'saving') }),
  };
}

async function readState(ask: Ask) {
  const info = await readInfo(ask, 'persistence', 'errorstats', 'memory');
  return {
    facts: {
      snapshot: info.text('rdb_last_bgsave_status') ?? null,
      isSnapshotUnderWay: info.number('rdb_bgsave_in_progress') === 1,
      savedAt: (info.number('rdb_last_save_time') ?? 0) * 1_000,
      changesSince: info.number('rdb_changes_since_last_save') ?? 0,
      isAppending: info.number('aof_enabled') === 1,
      append: info.text('aof_last_write_status') ?? null,
      rewrite: info.text('aof_last_bgrewrite_status') ?? null,
      writesRefused: errorsOf(info, 'MISCONF'),
      used: info.number('used_memory') ?? 0,
      resident: info.number('used_memory_rss') ?? 0,
    },
  };
}

/** The folder and the memory of this machine, where the server runs on it. */
async function placeOf(
  conn: RedisConnection,
  target: string,
  ctx: DiagnosisContext,
  named: string,
): Promise<Evidence[]> {
  const told = named === '' ? 'its working folder' : named;
  const base = {
    id: `${target}.save-place`,
    target,
    title: 'The folder it saves to',
    at: ctx.clock.now(),
    how: `ls -ld ${told}; df -B1 ${told}; sysctl vm.overcommit_memory`,
  };
  try {
    const server = await localServer(conn);
    if (server === undefined)
      return [{ ...base, unseen: `the machine of Redis cannot be seen from here: run the command there` }];
    const folder = named.startsWith('/') ? named : await workingFolder(server.pid);
    const { overcommit, available: memoryAvailable } = await forkRoom();
    return [
      { ...base, facts: { folder, ...(await savePlace(server.pid, folder)), overcommit, memoryAvailable } },
    ];
  } catch (error) {
    return [{ ...base, unseen: plain(error instanceof Error ? error.message : String(error)) }];
  }
}
