/** Disks that answer with errors, arrays without one of their members, file systems that found themselves broken. */
import { count } from '../../../core/count.ts';
import type { Evidence, Finding, Scalar } from '../../../core/evidence.ts';
import type { Diagnosis, DiagnosisContext } from '../../../core/system.ts';
import { deviceErrors, fileSystemErrors, readRaid } from '../../../machine/block-devices.ts';
import { type KernelLine, readKernelLog } from '../../../machine/kernel-log.ts';
import { readSmart } from '../../../machine/smart.ts';
import type { HostConnection } from '../connection.ts';
import { type Part, seen } from './seen.ts';

const id = 'host.disk-failure';
const lookBackMs = 86_400_000;
const linesShown = 12;
/** What the kernel said longer than this before the trouble began is another story, as old as it may be (J). */
const slackMs = 300_000;
const confidenceOfOld = 0.5;
const warnings = 'warnings of the file system';
/** It says that something should be looked after, not that anything fails. */
const confidenceOfWarning = 0.3;

export const diskFailure: Diagnosis<HostConnection> = {
  id,
  title: 'a disk or file system is broken',
  summary: 'Which disk, array or file system is broken, by the kernel and by what the disk says itself',
  explains: [
    'host.device-errors',
    'host.file-system-errors',
    'host.raid-degraded',
    'host.disk-fails',
    'host.disk-read-only',
  ],
  gather: (_, target, ctx) =>
    Promise.all([
      seen(
        target,
        'kernel-disk-errors',
        'What the kernel says of disks, last 24 h',
        "dmesg -T | grep -iE 'i/o error|medium error|nvme|ext4-fs|xfs.*error|btrfs|remount'",
        ctx,
        asPart(kernelTable),
      ),
      seen(target, 'arrays', 'RAID arrays', 'cat /proc/mdstat', ctx, asPart(arrayTable)),
      seen(
        target,
        'file-system-errors',
        'Errors that ext4 found in itself',
        'grep . /sys/fs/ext4/*/errors_count',
        ctx,
        asPart(fileSystemTable),
      ),
      seen(
        target,
        'device-errors',
        'Requests that disks answered with errors',
        'grep . /sys/block/*/device/ioerr_cnt',
        ctx,
        asPart(deviceTable),
      ),
      seen(
        target,
        'smart',
        'What the disks say of themselves',
        'smartctl -H -A /dev/DISK',
        ctx,
        asPart(smartTable),
      ),
    ]),
  conclude(evidence, target) {
    const of = (topic: string) => evidence.find((each) => each.id === `${target}.${topic}`);
    const unseen = evidence.flatMap((each) => (each.unseen === undefined ? [] : [each.unseen]));
    const findings = [
      ...rowsOf(of('arrays')).flatMap((row) => brokenArray(row, target)),
      ...rowsOf(of('smart')).flatMap((row) => failingDisk(row, target)),
      ...rowsOf(of('kernel-disk-errors')).flatMap((row) => deviceInLog(row, target)),
      ...rowsOf(of('file-system-errors')).flatMap((row) =>
        brokenFileSystem(row, of('file-system-errors')?.at ?? 0, target),
      ),
    ];
    return findings.map((each) => ({ ...each, unseen: [...each.unseen, ...unseen] }));
  },
};

interface Table {
  readonly columns: readonly string[];
  readonly rows: readonly (readonly Scalar[])[];
  readonly unseen?: string;
}

function asPart(read: (ctx: DiagnosisContext) => Promise<Table>): (ctx: DiagnosisContext) => Promise<Part> {
  return async (ctx) => {
    const { columns, rows, unseen } = await read(ctx);
    return { table: { columns, rows }, ...(unseen === undefined ? {} : { unseen }) };
  };
}

/** Nothing is wrong with a floppy drive that a machine has not got, or with an empty CD drive. */
const named = '(?!fd\\d|sr\\d)([\\w-]+)';

/**
 * What Linux writes of a request that failed, of a broken structure, of giving up, and of what merely should be looked
 * after (block, scsi, nvme, ext4, xfs, btrfs). The first form that fits counts. A disk that takes no DISCARD is sound.
 */
const forms: readonly { readonly kind: string; readonly pattern: RegExp }[] = [
  ...[
    `(?:I/O|critical \\w+|blk_update_request:.*) error, dev ${named},? sector(?!.*(?:DISCARD|WRITE_ZEROES))`,
    `Buffer I/O error on dev(?:ice)? ${named}`,
    '\\[(sd[a-z]+)\\].*(?:Sense Key : (?:Medium|Hardware) Error|Unrecovered read error)',
    '(nvme\\d+n\\d+): .*I/O Error',
    'nvme (nvme\\d+): (?:I/O .*timeout|controller is down)',
    'EXT4-fs warning \\(device ([\\w-]+)\\): .*I/O error',
    'XFS \\(([\\w-]+)\\): .*I/O error',
  ].map((pattern) => ({ kind: 'i/o errors', pattern: new RegExp(pattern, 'i') })),
  ...[
    /EXT4-fs error \(device ([\w-]+)\)/,
    /EXT4-fs warning \(device ([\w-]+)\): .*Filesystem error recorded from previous mount/,
    /EXT4-fs \(([\w-]+)\): warning: mounting fs with errors/,
    /XFS \(([\w-]+)\): .*(?:corruption|metadata)/i,
    /BTRFS (?:error|critical) \(device ([\w-]+)/,
    /BTRFS warning \(device ([\w-]+)\): (?:csum|checksum) /,
  ].map((pattern) => ({ kind: 'errors of the file system', pattern })),
  ...[
    /EXT4-fs \(([\w-]+)\): Remounting filesystem read-only/,
    /BTRFS info \(device ([\w-]+)\): forced readonly/,
  ].map((pattern) => ({ kind: 'remounts read-only', pattern })),
  // A mount count, an index that is full, a check that is due: of the file system, and of no disk.
  ...[/EXT4-fs warning \(device ([\w-]+)\)/, /EXT4-fs \(([\w-]+)\): warning:/].map((pattern) => ({
    kind: warnings,
    pattern,
  })),
];

/** What ends a story: of all that was said of the file system, or of its being read-only alone. */
const ends = [
  {
    pattern:
      /(?:EXT4-fs|XFS|BTRFS)[^(]*\((?:device )?([\w-]+)\): (?:mounted filesystem|Mounting|first mount)/,
    isAll: true,
  },
  { pattern: /EXT4-fs \(([\w-]+)\): (?:unmounting filesystem|re-mounted\b.* r\/w\b)/, isAll: false },
] as const;

function forgetEnded(found: Map<string, unknown>, text: string): void {
  for (const { pattern, isAll } of ends) {
    const device = pattern.exec(text)?.[1];
    if (device === undefined) continue;
    found.delete(`${device} remounts read-only`);
    if (!isAll) continue;
    found.delete(`${device} errors of the file system`);
    found.delete(`${device} ${warnings}`);
  }
}

export function diskErrorsIn(lines: readonly KernelLine[]): Scalar[][] {
  const found = new Map<string, { device: string; kind: string; times: number; at: number; text: string }>();
  for (const { at, text } of lines) {
    forgetEnded(found, text);
    for (const { kind, pattern } of forms) {
      const device = pattern.exec(text)?.[1];
      if (device === undefined) continue;
      const times = (found.get(`${device} ${kind}`)?.times ?? 0) + 1;
      found.set(`${device} ${kind}`, { device, kind, times, at, text: text.slice(0, 160) });
      break;
    }
  }
  return [...found.values()]
    .sort((a, b) => b.times - a.times)
    .slice(0, linesShown)
    .map(({ device, kind, times, at, text }) => [device, kind, times, at, text]);
}

async function kernelTable(ctx: DiagnosisContext): Promise<Table> {
  const columns = ['device', 'what', 'times', 'at', 'last line', 'before the trouble'];
  const log = await readKernelLog(ctx.signal);
  if (log.kind === 'unreadable') return { columns, rows: [], unseen: log.why };
  const now = ctx.clock.now();
  const onset = Math.min(...ctx.alerts.map(({ since }) => since));
  const rows = diskErrorsIn(log.lines.filter(({ at }) => now - at <= lookBackMs));
  return {
    columns,
    rows: rows.map((row) => [...row, Number.isFinite(onset) && Number(row[3]) < onset - slackMs]),
  };
}

async function arrayTable(): Promise<Table> {
  const columns = ['array', 'level', 'members', 'missing', 'failed', 'rebuild', 'done'];
  const rows = (await readRaid()).map((each) => [
    each.name,
    each.level,
    each.members,
    each.missing,
    each.failed.join(' '),
    each.rebuild?.kind ?? null,
    each.rebuild?.done ?? null,
  ]);
  return { columns, rows };
}

async function fileSystemTable(): Promise<Table> {
  const rows = (await fileSystemErrors()).map((each) => [
    each.device,
    each.errors,
    each.lastAt ?? null,
    each.where ?? null,
  ]);
  return { columns: ['device', 'errors', 'lastAt', 'where'], rows };
}

async function deviceTable(): Promise<Table> {
  const rows = (await deviceErrors()).map(({ device, errors }) => [device, errors]);
  return { columns: ['device', 'errors'], rows };
}

async function smartTable({ signal }: DiagnosisContext): Promise<Table> {
  const columns = ['device', 'passed', 'signs'];
  const smart = await readSmart(signal);
  if (smart.kind === 'none') return { columns, rows: [] };
  const rows = smart.disks.map(({ device, isPassed, signs }) => [device, isPassed, signs.join(', ')]);
  return { columns, rows, ...(smart.unseen.length > 0 ? { unseen: smart.unseen.join('; ') } : {}) };
}

function rowsOf(evidence: Evidence | undefined): readonly (readonly Scalar[])[] {
  return evidence?.table?.rows ?? [];
}

function finding(
  target: string,
  topic: string,
  parts: Pick<Finding, 'summary' | 'explanation' | 'confidence'>,
): Finding {
  return { id, target, ...parts, evidence: [`${target}.${topic}`], unseen: [], recommendations: [] };
}

function brokenArray(
  [array, level, members, missing, failed, rebuild, done]: readonly Scalar[],
  target: string,
): Finding[] {
  if (!(Number(missing) > 0)) return [];
  const working = Number(members) - Number(missing);
  const out = failed === '' ? 'a member is not there' : `the kernel took out ${failed}`;
  const again =
    rebuild === null
      ? 'Nothing rebuilds it.'
      : `It is being rebuilt (${rebuild}, ${Math.round(Number(done) * 100)} %).`;
  return [
    finding(target, 'arrays', {
      summary: `${array} (${level}) runs with ${working} of ${count(Number(members), 'member')}: ${out}`,
      explanation: `${again} Until it is whole, the next disk that fails may take all data with it. Check the disk (smartctl -a), replace it, then mdadm --manage /dev/${array} --remove and --add; make sure that the last backup was restored once.`,
      confidence: 0.97,
    }),
  ];
}

function failingDisk([device, isPassed, signs]: readonly Scalar[], target: string): Finding[] {
  if (isPassed === true && signs === '') return [];
  const said = signs === '' ? '' : `: ${signs}`;
  return [
    finding(target, 'smart', {
      summary:
        isPassed === true
          ? `${device} counts bad places${said}`
          : `${device} says itself that it fails${said}`,
      explanation: `${isPassed === true ? 'It still calls itself well, but such counts are zero on a sound disk and seldom stay as they are.' : 'Disks say so late.'} Save what is on it, then replace it.`,
      confidence: isPassed === true ? 0.7 : 0.95,
    }),
  ];
}

function deviceInLog([device, kind, times, , line, isOld]: readonly Scalar[], target: string): Finding[] {
  const old =
    isOld === true ? ' It was said well before this trouble began, so something else may be behind it.' : '';
  const sure = (confidence: number) => (isOld === true ? confidenceOfOld : confidence);
  if (kind === 'remounts read-only')
    return [
      finding(target, 'kernel-disk-errors', {
        summary: `the kernel made the file system of ${device} read-only after an error`,
        explanation: `It said: ${line}. Stop what writes there, find out whether the disk errs (smartctl -a), then unmount and check it (fsck) before it is made writable again.${old}`,
        confidence: sure(0.95),
      }),
    ];
  if (kind === warnings)
    return [
      finding(target, 'kernel-disk-errors', {
        summary: `the file system of ${device} gave ${count(Number(times), 'warning')} in the last 24 h; no request to its disk failed`,
        explanation: `The last line of the kernel: ${line}. That is no failure of a disk: a check is due (e2fsck -f, unmounted) or a limit of the file system is reached, such as an index of a directory that is full.${old}`,
        confidence: confidenceOfWarning,
      }),
    ];
  const isDisk = kind === 'i/o errors';
  return [
    finding(target, 'kernel-disk-errors', {
      summary: `${device} had ${count(Number(times), isDisk ? 'I/O error' : 'error of its file system', isDisk ? 'I/O errors' : 'errors of its file system')} in the last 24 h`,
      explanation: `The last line of the kernel: ${line}. ${isDisk ? 'A request failed after all retries of the driver: the disk, its cable or the storage behind it.' : 'Its structures are not what they should be: check it unmounted, and what lies under it.'}${old}`,
      confidence: sure(isDisk ? 0.9 : 0.85),
    }),
  ];
}

function brokenFileSystem(
  [device, errors, lastAt, where]: readonly Scalar[],
  at: number,
  target: string,
): Finding[] {
  if (!(Number(errors) > 0) || typeof lastAt !== 'number' || at - lastAt > lookBackMs) return [];
  return [
    finding(target, 'file-system-errors', {
      summary: `ext4 on ${device} has found ${count(Number(errors), 'error')} in its structures, the last within 24 h`,
      explanation: `It was seen in ${where ?? 'an unknown place'}. The count stays until the file system is checked: unmount it and run e2fsck -f.`,
      confidence: 0.85,
    }),
  ];
}
