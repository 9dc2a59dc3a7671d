/** Real file systems of this machine: /proc/self/mountinfo and statfs(2). */
import { readFile, statfs } from 'node:fs/promises';

export interface Mount {
  readonly mountPoint: string;
  readonly type: string;
  readonly source: string;
  readonly isReadOnly: boolean;
  /** The device as major:minor: the same for bind mounts of one file system. */
  readonly device: string;
}

/** Bytes and counts; inodes are 0 where a file system makes them as needed (btrfs). */
export interface FileSystem extends Mount {
  readonly size: number;
  readonly free: number;
  /** Free for everybody but root: what df calls Avail. */
  readonly available: number;
  readonly inodes: number;
  readonly inodesFree: number;
}

/** Since Linux 6.14 ext4 that gave up on errors stays `rw` and says `emergency_ro` besides. */
const readOnlyOptions = ['ro', 'emergency_ro'];

export function parseMounts(text: string): Mount[] {
  return text.split('\n').flatMap((line) => {
    const [left, right] = line.split(' - ');
    const [, , device, , mountPoint, options] = left?.split(' ') ?? [];
    const [type, source, superOptions] = right?.split(' ') ?? [];
    if (!device || !mountPoint || !options || !type) return [];
    const all = [options, superOptions ?? ''].flatMap((list) => list.split(','));
    const isReadOnly = all.some((option) => readOnlyOptions.includes(option));
    return {
      mountPoint: withoutEscapes(mountPoint),
      type,
      source: withoutEscapes(source ?? ''),
      isReadOnly,
      device,
    };
  });
}

/** Spaces and the like are written as octal (proc(5)). */
function withoutEscapes(text: string): string {
  return text.replace(/\\([0-7]{3})/g, (_, octal: string) => String.fromCharCode(Number.parseInt(octal, 8)));
}

/** Local file systems that hold data. Network ones are left out: statfs hangs when their server is away. */
const realTypes = [
  'ext2',
  'ext3',
  'ext4',
  'xfs',
  'btrfs',
  'zfs',
  'f2fs',
  'jfs',
  'reiserfs',
  'bcachefs',
  'ntfs3',
  'fuseblk',
  'exfat',
  'vfat',
  'apfs',
];
/** In a container the root is an overlay, and on it the container's data grow. */
const rootTypes = [...realTypes, 'overlay', 'virtiofs', '9p'];

/** One mount for each real file system: the shortest path of those that show the same device. */
export function realMounts(mounts: readonly Mount[]): Mount[] {
  const byDevice = new Map<string, Mount>();
  for (const mount of mounts) {
    const types = mount.mountPoint === '/' ? rootTypes : realTypes;
    if (!types.includes(mount.type)) continue;
    const other = byDevice.get(mount.device);
    if (other === undefined || mount.mountPoint.length < other.mountPoint.length) {
      byDevice.set(mount.device, mount);
    }
  }
  return [...byDevice.values()];
}

/** Those that could be asked, and those that could not, with why. */
export async function readFileSystems(): Promise<{
  fileSystems: FileSystem[];
  unseen: { mountPoint: string; why: string }[];
}> {
  const fileSystems: FileSystem[] = [];
  const unseen: { mountPoint: string; why: string }[] = [];
  for (const mount of realMounts(parseMounts(await readFile('/proc/self/mountinfo', 'utf8')))) {
    try {
      const stats = await statfs(mount.mountPoint);
      if (stats.blocks === 0) continue;
      fileSystems.push({
        ...mount,
        size: stats.blocks * stats.bsize,
        free: stats.bfree * stats.bsize,
        available: stats.bavail * stats.bsize,
        inodes: stats.files,
        inodesFree: stats.ffree,
      });
    } catch (error) {
      const why = error instanceof Error && 'code' in error ? String(error.code) : String(error);
      unseen.push({ mountPoint: mount.mountPoint, why });
    }
  }
  return { fileSystems, unseen };
}

/** Bytes free for everybody but root on the file system of the path; null where it cannot be asked. */
export async function availableAt(path: string): Promise<number | null> {
  try {
    const { bavail, bsize } = await statfs(path);
    return bavail * bsize;
  } catch {
    return null;
  }
}
