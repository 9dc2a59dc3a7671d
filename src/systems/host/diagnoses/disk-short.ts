/** A file system that takes no more: full (and of what), out of inodes (and where), or read-only. */
import type { Evidence, Finding, Scalar } from '../../../core/evidence.ts';
import type { Diagnosis, DiagnosisContext } from '../../../core/system.ts';
import { type FileSystem, readFileSystems } from '../../../machine/file-systems.ts';
import { largestFolders } from '../../../machine/folder-sizes.ts';
import type { HostConnection } from '../connection.ts';
import { disposables } from '../disposable.ts';

const id = 'host.disk-short';
/** As the rules host.disk and host.inodes warn, with what host.free-disk takes for short. */
const short = 0.15;
const foldersShown = 8;

export const diskShort: Diagnosis<HostConnection> = {
  id,
  title: 'a disk is short of room',
  summary: 'A file system is full, out of inodes or read-only, and which folders take most of it',
  explains: ['host.disk', 'host.disk-full-soon', 'host.inodes', 'host.inodes-soon', 'host.disk-read-only'],
  async gather(conn, target, ctx) {
    const piece = {
      id: `${target}.file-systems`,
      target,
      title: 'File systems',
      at: ctx.clock.now(),
      how: 'df -h; df -i; mount',
    };
    try {
      const { fileSystems } = await readFileSystems();
      const rows = fileSystems.map((each): Scalar[] => [
        each.mountPoint,
        each.size - each.free + each.available,
        each.available,
        each.inodes,
        each.inodesFree,
        each.isReadOnly && conn.writable.has(each.mountPoint),
      ]);
      const scarce = fileSystems.filter((each) => isShort(each) && !each.isReadOnly);
      const folders = await Promise.all(scarce.map((each) => foldersEvidence(conn, target, each, ctx)));
      return [
        {
          ...piece,
          table: {
            columns: ['mount', 'size', 'available', 'inodes', 'inodes free', 'became read-only'],
            rows,
          },
        },
        ...folders,
      ];
    } catch (error) {
      return [{ ...piece, unseen: error instanceof Error ? error.message : String(error) }];
    }
  },
  conclude(evidence, target) {
    const rows = evidence.find((each) => each.id === `${target}.file-systems`)?.table?.rows ?? [];
    return rows.flatMap(([mount, size, available, inodes, inodesFree, isReadOnly]): Finding[] => {
      if (isReadOnly === true) return [readOnly(target, String(mount))];
      const lacksSpace = Number(available) / Number(size) < short;
      const lacksInodes = Number(inodes) > 0 && Number(inodesFree) / Number(inodes) < short;
      if (!lacksSpace && !lacksInodes) return [];
      const folders = evidence.find((each) => each.id === `${target}.folders ${mount}`);
      const left = lacksInodes ? Number(inodesFree) / Number(inodes) : Number(available) / Number(size);
      return [full(target, String(mount), lacksInodes, left, folders)];
    });
  },
};

function isShort({ size, free, available, inodes, inodesFree }: FileSystem): boolean {
  return (
    available / Math.max(1, size - free + available) < short || (inodes > 0 && inodesFree / inodes < short)
  );
}

async function foldersEvidence(
  { config }: HostConnection,
  target: string,
  { mountPoint }: FileSystem,
  ctx: DiagnosisContext,
): Promise<Evidence> {
  const piece = {
    id: `${target}.folders ${mountPoint}`,
    target,
    title: `Largest folders of ${mountPoint}`,
    at: ctx.clock.now(),
    how: `du -x --max-depth=4 ${mountPoint} | sort -n | tail; du --inodes -x ${mountPoint} | sort -n | tail`,
  };
  try {
    const { folders, isWhole } = await largestFolders(mountPoint, ctx);
    const free = config.free.length === 0 ? [] : await disposables(config, mountPoint, ctx.clock.now());
    const bySize = [...folders].sort((a, b) => b.bytes - a.bytes).slice(0, foldersShown);
    const byFiles = [...folders].sort((a, b) => b.files - a.files).slice(0, foldersShown);
    return {
      ...piece,
      facts: {
        isWhole,
        disposable: free.length,
        disposableBytes: free.reduce((sum, file) => sum + file.bytes, 0),
      },
      table: {
        columns: ['folder', 'bytes', 'files', 'bytes written in the last hour'],
        rows: [...new Set([...bySize, ...byFiles])].map((each) => [
          each.path,
          each.bytes,
          each.files,
          each.recentBytes,
        ]),
      },
    };
  } catch (error) {
    return { ...piece, unseen: error instanceof Error ? error.message : String(error) };
  }
}

function full(
  target: string,
  mount: string,
  lacksInodes: boolean,
  left: number,
  folders: Evidence | undefined,
): Finding {
  const rows = folders?.table?.rows ?? [];
  const [most] = [...rows].sort((a, b) => Number(b[lacksInodes ? 2 : 1]) - Number(a[lacksInodes ? 2 : 1]));
  const [grower] = [...rows].sort((a, b) => Number(b[3]) - Number(a[3]));
  const holder =
    most === undefined
      ? ''
      : lacksInodes
        ? `; ${most[0]} holds ${most[2]} files`
        : `; ${most[0]} holds ${gigabytes(most[1])}`;
  const grown =
    !lacksInodes && grower !== undefined && Number(grower[3]) > 0
      ? ` In the last hour ${gigabytes(grower[3])} were written in ${grower[0]}.`
      : '';
  const disposable = Number(folders?.facts?.disposable ?? 0);
  return {
    id,
    target,
    summary: `${mount} has ${Math.floor(left * 100)} % of its ${lacksInodes ? 'inodes' : 'space'} left${holder}`,
    explanation: `${
      lacksInodes
        ? 'No more files can be made although df may show free gigabytes: every file takes an inode.'
        : 'What writes there fails with "No space left on device".'
    }${grown}${disposable > 0 ? ` ${disposable} files there (${gigabytes(folders?.facts?.disposableBytes)}) are declared disposable.` : ' Nothing there is declared disposable (`free` of this target).'}`,
    confidence: most === undefined ? 0.7 : 0.9,
    evidence: [`${target}.file-systems`, ...(folders?.table ? [folders.id] : [])],
    unseen: [
      ...(folders?.unseen === undefined ? [] : [folders.unseen]),
      ...(folders?.facts?.isWhole === false ? ['folders beyond the first that could be walked in time'] : []),
    ],
    recommendations:
      disposable > 0
        ? [{ action: 'host.free-disk', target, input: { mount }, why: 'files there are declared disposable' }]
        : [],
  };
}

function readOnly(target: string, mount: string): Finding {
  return {
    id,
    target,
    summary: `${mount} became read-only while it was watched`,
    explanation:
      'Every write there fails with EROFS. A kernel does that after errors of the device or the file system; a person may have done it by remount. Before it is made writable again: read the kernel log, stop what writes, check the file system.',
    confidence: 0.95,
    evidence: [`${target}.file-systems`],
    unseen: ['whether the kernel or a person did it: dmesg says'],
    decides: [`dmesg -T | grep -i -e 'remount' -e 'i/o error'`, `findmnt ${mount}`],
    recommendations: [],
  };
}

function gigabytes(bytes: Scalar | undefined): string {
  const amount = Number(bytes ?? 0);
  return amount >= 1e9 ? `${(amount / 1e9).toFixed(1)} GB` : `${(amount / 1e6).toFixed(1)} MB`;
}
