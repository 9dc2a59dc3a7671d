/** What takes the space of a disk that fills: growing open files, deleted files that are still held. */
import type { Evidence, Finding, Scalar } from '../../../core/evidence.ts';
import type { Diagnosis } from '../../../core/system.ts';
import { readFileSystems } from '../../../machine/file-systems.ts';
import { largeOpenFiles } from '../../../machine/open-files.ts';
import { processFacts } from '../../../machine/processes.ts';
import type { HostConnection } from '../connection.ts';

const id = 'host.disk-filling';
const leastBytes = 1e6;
const rowsShown = 15;
const lookMs = 1_000;
/** Growth in a second that fills gigabytes within the hour. */
const growsFrom = 250e3;

export const diskFilling: Diagnosis<HostConnection> = {
  id,
  title: 'open files fill a disk',
  summary: 'Which open files take or fill the space of a disk',
  explains: ['host.disk', 'host.inodes', 'host.disk-read-only'],
  async gather(_, target, ctx) {
    const at = ctx.clock.now();
    const disks = { id: `${target}.disks`, target, title: 'File systems', at, how: 'df -h; df -i' };
    const files = {
      id: `${target}.open-files`,
      target,
      title: 'Large open files',
      at,
      how: 'lsof +L1; lsof -s',
    };
    try {
      const before = new Map(
        (await largeOpenFiles(leastBytes, 500)).map((file) => [`${file.device}:${file.inode}`, file.size]),
      );
      await ctx.clock.sleep(lookMs, ctx.signal);
      const now = await largeOpenFiles(leastBytes, 500);
      const { fileSystems } = await readFileSystems();
      const mounts = fileSystems.map(({ mountPoint }) => mountPoint);
      const scarce = new Set(
        fileSystems
          .filter(({ size, free, available }) => isScarce(size - free + available, available))
          .map(({ mountPoint }) => mountPoint),
      );
      const grown = now.map((file) => {
        const size = before.get(`${file.device}:${file.inode}`) ?? file.size;
        return { ...file, growth: ((file.size - size) * 1_000) / lookMs };
      });
      const isHere = (path: string) => scarce.has(mountOf(path, mounts) ?? '');
      // Large files of disks that are well would crowd out those of a small one.
      const shown = grown
        .toSorted(
          (a, b) => Number(isHere(b.path)) - Number(isHere(a.path)) || b.growth - a.growth || b.size - a.size,
        )
        .slice(0, rowsShown);
      const rows = await Promise.all(
        shown.map(async (file): Promise<Scalar[]> => {
          const name = (await processFacts(file.pid))?.name ?? null;
          return [file.path, file.size, file.growth, file.isDeleted, file.pid, name];
        }),
      );
      return [
        {
          ...disks,
          table: {
            columns: ['mount', 'size', 'available', 'inodes', 'inodes free', 'read-only'],
            rows: fileSystems.map((each) => [
              each.mountPoint,
              each.size,
              each.available,
              each.inodes,
              each.inodesFree,
              each.isReadOnly,
            ]),
          },
        },
        {
          ...files,
          table: { columns: ['file', 'bytes', 'bytes per second', 'deleted', 'pid', 'process'], rows },
        },
      ];
    } catch (error) {
      return [{ ...files, unseen: `cannot be read: ${error instanceof Error ? error.message : error}` }];
    }
  },
  conclude(evidence, target) {
    const table = (topic: string) =>
      evidence.find((each) => each.id === `${target}.${topic}`)?.table?.rows ?? [];
    const scarce = table('disks').filter(([, size, available]) => isScarce(Number(size), Number(available)));
    const mounts = table('disks').map(([mount]) => String(mount));
    return scarce.flatMap(([mount, size]) => {
      const here = table('open-files').filter(([path]) => mountOf(String(path), mounts) === mount);
      return [...growing(here, String(mount), target), ...deleted(here, String(mount), Number(size), target)];
    });
  },
};

function isScarce(size: number, available: number): boolean {
  return available / size < 0.15;
}

/** The longest mount point that the path lies under. */
function mountOf(path: string, mounts: readonly string[]): string | undefined {
  const above = mounts.filter((mount) => mount === '/' || path === mount || path.startsWith(`${mount}/`));
  return above.sort((a, b) => b.length - a.length)[0];
}

type Row = NonNullable<Evidence['table']>['rows'][number];

function growing(rows: readonly Row[], mount: string, target: string): Finding[] {
  const [top] = rows.filter((row) => Number(row[2]) >= growsFrom);
  if (top === undefined) return [];
  const [path, bytes, growth, , pid, name] = top;
  return [
    {
      id,
      target,
      summary: `${name} (pid ${pid}) fills ${mount}: ${path} grows by ${megabytes(growth)} a second`,
      explanation: `${path} has ${megabytes(bytes)} and grows while ${mount} runs out of space.`,
      confidence: 0.9,
      evidence: [`${target}.disks`, `${target}.open-files`],
      unseen: ['files that nobody holds open: du -x shows them'],
      recommendations: [],
    },
  ];
}

/** Of a disk: below this and 100 MB it is told of nobody; beyond the second it is why the disk is full (J). */
const worthTelling = 0.2;
const mostOfIt = 0.3;

function deleted(rows: readonly Row[], mount: string, size: number, target: string): Finding[] {
  const held = rows.filter((row) => row[3] === true);
  const bytes = held.reduce((sum, row) => sum + Number(row[1]), 0);
  const [top] = held;
  const share = bytes / size;
  if (top === undefined || (bytes < 100e6 && share < worthTelling)) return [];
  return [
    {
      id,
      target,
      summary: `${megabytes(bytes)} of ${mount} belong to deleted files that ${top[5]} (pid ${top[4]}) still holds open`,
      explanation: `A deleted file gives its space back when its last holder closes it: ${top[0]}. No folder shows it, so du finds less than df. Let ${top[5]} open its files anew (most do on SIGHUP, as logrotate sends it), or restart it; that it is deleted by hand again helps nothing.`,
      // Above host.disk-short, which says how full it is and not of what.
      confidence: share >= mostOfIt ? 0.93 : 0.7,
      evidence: [`${target}.disks`, `${target}.open-files`],
      unseen: ['files that nobody holds open: du -x shows them'],
      recommendations: [],
    },
  ];
}

function megabytes(bytes: Scalar | undefined): string {
  return `${(Number(bytes) / 1e6).toFixed(1)} MB`;
}
