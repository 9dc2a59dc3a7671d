import { readdir, stat } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join } from 'node:path';
import type { Evidence, Finding } from '../../../core/evidence.ts';
import { find, numberOf, type Row, rowsOf, tableOf, textOf, unseenOf } from '../../../core/evidence-rows.ts';
import type { Diagnosis } from '../../../core/system.ts';
import { formatDuration } from '../../../core/time.ts';
import { look, type Part } from '../../../protocols/mysql/evidence.ts';
import { writesTemporary } from '../actions/kill-query.ts';
import { isHere, type MysqlConnection } from '../client.ts';
import { grantOf, may } from '../privileges.ts';
import { roomOf, tmpdirOf } from '../probes/disk.ts';
import type { Db } from '../session.ts';
import { isClient, readSessions, sessionsSql } from '../sessions.ts';
import { readVariables } from '../status.ts';

/** What the rule mysql.tmpdir calls little. */
const littleBytes = 256 * 1_024 * 1_024;
const columns = ['thread', 'user', 'state', 'seconds', 'begun', 'statement'] as const;

export const tmpdirFull: Diagnosis<MysqlConnection> = {
  id: 'mysql.tmpdir-full',
  title: 'the folder for temporary files is full',
  summary: 'The folder for temporary files is full: what fills it, and which statements need it',
  explains: ['mysql.tmpdir', 'mysql.disk', 'mysql.tmp-tables'],
  async gather(conn, target, ctx) {
    const room = await look(
      conn.work,
      target,
      ctx,
      { id: 'tmpdir', title: 'Room in tmpdir', how: 'SELECT @@tmpdir; df -B1 of it; ls -la of it' },
      (db) => readRoom(db, conn),
    );
    const writers = await look(
      conn.work,
      target,
      ctx,
      { id: 'tmp-writers', title: 'Statements that sort or make temporary tables', how: sessionsSql(true) },
      readWriters,
    );
    return [room, writers];
  },
  conclude,
};

async function readRoom(db: Db, conn: MysqlConnection): Promise<Part> {
  const values = await readVariables(db, 'tmpdir', 'hostname');
  const path = tmpdirOf(values.text('tmpdir')) ?? '/tmp';
  const room = isHere(conn.config) && values.text('hostname') === hostname() ? await roomOf(path) : undefined;
  if (room === undefined)
    return {
      facts: { tmpdir: path },
      unseen: `${path} cannot be seen from here: df -h ${path} where the server runs`,
    };
  const files = await largestFiles(path);
  const named = files.reduce((sum, file) => sum + file.bytes, 0);
  return {
    facts: {
      tmpdir: path,
      size: room.size,
      available: room.available,
      usedRatio: room.usedRatio,
      namedFiles: named,
    },
    table: tableOf(
      ['file', 'bytes'],
      files.slice(0, 10).map((file) => ({ ...file })),
    ),
  };
}

/** Files with a name; what the server sorts in has none any more, which is why both are told apart. */
async function largestFiles(path: string): Promise<{ file: string; bytes: number }[]> {
  try {
    const names = await readdir(path);
    const files = await Promise.all(
      names.slice(0, 1_000).map(async (file) => {
        const facts = await stat(join(path, file)).catch(() => undefined);
        return facts?.isFile() ? [{ file, bytes: facts.size }] : [];
      }),
    );
    return files.flat().sort((a, b) => b.bytes - a.bytes);
  } catch {
    return [];
  }
}

async function readWriters(db: Db) {
  const writers = (await readSessions(db)).filter(
    (one) => isClient(one) && one.statement !== null && writesTemporary(one),
  );
  return {
    table: tableOf(
      columns,
      writers.slice(0, 20).map(({ since, ...one }) => ({ ...one, begun: since })),
    ),
    ...((await may(db, 'sessions'))
      ? {}
      : { unseen: `statements of other users: ${await grantOf(db, 'sessions')}` }),
  };
}

function conclude(evidence: readonly Evidence[], target: string): Finding[] {
  const room = find(evidence, target, 'tmpdir');
  const { tmpdir, available, size, namedFiles } = room?.facts ?? {};
  if (typeof available !== 'number' || available >= littleBytes) return [];
  const path = textOf(tmpdir);
  const [file] = rowsOf(room);
  const writers = rowsOf(find(evidence, target, 'tmp-writers'));
  const writer = writers.toSorted((a, b) => numberOf(b.seconds) - numberOf(a.seconds)).at(0);
  const used = numberOf(size) - available;
  const isSmall = numberOf(size) < littleBytes;
  const isByFiles = numberOf(namedFiles) > used / 2;
  return [
    {
      id: 'mysql.tmpdir-full',
      target,
      summary: `${path} has ${megabytes(available)} of ${megabytes(numberOf(size))} left for temporary files${writer ? `; thread ${numberOf(writer.thread)} (${textOf(writer.user)}) sorts in it` : ''}`,
      explanation: [
        'Statements that sort or group much write temporary files there and fail with error 28 (No space left on device); others go on, which is why only some requests fail.',
        isByFiles && file
          ? `Files with a name fill it: ${textOf(file.file)} has ${megabytes(numberOf(file.bytes))}. They are not the server's sort files, which have none.`
          : '',
        writer
          ? `Thread ${numberOf(writer.thread)} has been in "${textOf(writer.state)}" for ${formatDuration(numberOf(writer.seconds) * 1_000)}: ${textOf(writer.statement)}.`
          : '',
        isSmall
          ? `The file system is small for sorts: enlarge it (a tmpfs: mount -o remount,size=1G ${path}), or move tmpdir to a larger one (a restart).`
          : `Free room on ${path}: remove files that belong to nobody any more.`,
      ]
        .filter(Boolean)
        .join(' '),
      confidence: available < 16 * 1_024 * 1_024 ? 0.9 : writer ? 0.75 : 0.6,
      evidence: evidence.filter((piece) => piece.target === target).map((piece) => piece.id),
      unseen: [
        ...unseenOf(evidence),
        ...(writer
          ? []
          : ['which statements failed: the server keeps no list; the errors of the applications have them']),
      ],
      recommendations: writer ? [stop(writer, target)] : [],
    },
  ];
}

function stop(writer: Row, target: string) {
  return {
    action: 'mysql.kill-query',
    target,
    input: {
      thread: numberOf(writer.thread),
      user: textOf(writer.user),
      statementStart: textOf(writer.begun),
    },
    why: 'its temporary files are removed as soon as it ends, and others can sort again',
  };
}

function megabytes(bytes: number): string {
  return `${(bytes / 1_048_576).toFixed(bytes < 10_485_760 ? 1 : 0)} MiB`;
}
