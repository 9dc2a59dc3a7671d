/** Disks of this machine: /proc/diskstats (Documentation/admin-guide/iostats.rst), /proc/mdstat and /sys. */
import { access, readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';

/** Counters since boot. */
export interface DeviceReading {
  readonly name: string;
  readonly requests: number;
  readonly readBytes: number;
  readonly writtenBytes: number;
  /** Time that requests took, of all together; more than the time that passed where they overlap. */
  readonly requestMs: number;
  /** Time in which at least one request was under way. */
  readonly busyMs: number;
}

const sectorBytes = 512;

export function parseDiskStats(text: string): DeviceReading[] {
  return text.split('\n').flatMap((line) => {
    const fields = line.trim().split(/\s+/);
    const name = fields[2];
    if (name === undefined || fields.length < 14) return [];
    const value = (index: number) => Number(fields[index + 2] ?? 0);
    return {
      name,
      requests: value(1) + value(5),
      readBytes: value(3) * sectorBytes,
      writtenBytes: value(7) * sectorBytes,
      requestMs: value(4) + value(8),
      busyMs: value(10),
    };
  });
}

/** Disks themselves: no partitions, no loops, nothing that is stacked on others (LVM, RAID, zram). */
export async function readDevices(): Promise<DeviceReading[]> {
  const all = parseDiskStats(await readFile('/proc/diskstats', 'utf8'));
  const isDisk = await Promise.all(
    all.map(({ name }) =>
      access(`/sys/block/${name}/device`).then(
        () => true,
        () => false,
      ),
    ),
  );
  return all.filter((each, at) => isDisk[at] === true && each.requests > 0);
}

export interface RaidArray {
  readonly name: string;
  /** `raid1` */
  readonly level: string;
  readonly members: number;
  /** Of these, so many do not work or are not there. */
  readonly missing: number;
  /** Those that the kernel took out as faulty. */
  readonly failed: readonly string[];
  /** `recovery` while it is made whole again, with how far, 0 to 1. */
  readonly rebuild: { readonly kind: string; readonly done: number } | undefined;
}

export function parseRaid(text: string): RaidArray[] {
  return text.split(/^(?=md\S* : )/m).flatMap((part) => {
    const head = /^(md\S*) : \S+(?: \(\S+\))? (\S+) (.*)$/m.exec(part);
    const size = /\[(\d+)\/(\d+)\]/.exec(part);
    if (head === null || size === null) return [];
    const [, name = '', level = '', devices = ''] = head;
    const rebuild = /\] +(recovery|resync|reshape|check) *= *([\d.]+)%/.exec(part);
    return {
      name,
      level,
      members: Number(size[1]),
      missing: Number(size[1]) - Number(size[2]),
      failed: [...devices.matchAll(/(\S+?)\[\d+\]\(F\)/g)].map(([, device = '']) => device),
      rebuild: rebuild === null ? undefined : { kind: rebuild[1] ?? '', done: Number(rebuild[2]) / 100 },
    };
  });
}

/** Empty where this kernel has no software RAID. */
export async function readRaid(): Promise<RaidArray[]> {
  return parseRaid(await readFile('/proc/mdstat', 'utf8').catch(() => ''));
}

/** Errors that a SCSI or SATA disk answered requests with since it was found, by device. */
export async function deviceErrors(): Promise<{ readonly device: string; readonly errors: number }[]> {
  const names = await readdir('/sys/block').catch(() => []);
  const found = names.map(async (device) => {
    const text = await readFile(`/sys/block/${device}/device/ioerr_cnt`, 'utf8').catch(() => undefined);
    return text === undefined ? [] : [{ device, errors: Number.parseInt(text, 16) }];
  });
  return (await Promise.all(found)).flat().filter(({ errors }) => Number.isFinite(errors));
}

export interface FileSystemErrors {
  readonly device: string;
  /** Since it was made or checked last: the file system itself remembers. */
  readonly errors: number;
  /** Epoch milliseconds; undefined where there was none. */
  readonly lastAt: number | undefined;
  /** The kernel's function that saw it. */
  readonly where: string | undefined;
}

/** ext4 counts what it found wrong in its own structures (Documentation/ABI/testing/sysfs-fs-ext4). */
export async function fileSystemErrors(root = '/sys/fs/ext4'): Promise<FileSystemErrors[]> {
  const names = await readdir(root).catch(() => []);
  const found = names.map(async (device): Promise<FileSystemErrors[]> => {
    const read = (file: string) =>
      readFile(join(root, device, file), 'utf8').then(
        (text) => text.trim(),
        () => undefined,
      );
    const [errors, lastAt, where] = await Promise.all(
      ['errors_count', 'last_error_time', 'last_error_func'].map(read),
    );
    if (errors === undefined) return [];
    const seconds = Number(lastAt ?? 0);
    return [
      {
        device,
        errors: Number(errors),
        lastAt: seconds > 0 ? seconds * 1_000 : undefined,
        where: where === '' ? undefined : where,
      },
    ];
  });
  return (await Promise.all(found)).flat();
}
