/** What disks say of their own health (SMART), by smartctl of smartmontools. */
import { readdir } from 'node:fs/promises';
import { runProgram } from './run-program.ts';
import { findProgram } from './tools.ts';

export interface DiskHealth {
  readonly device: string;
  /** The disk's own verdict. */
  readonly isPassed: boolean;
  /** What stands behind a bad one, in words. */
  readonly signs: readonly string[];
}

export type SmartReading =
  | { readonly kind: 'read'; readonly disks: readonly DiskHealth[]; readonly unseen: readonly string[] }
  | { readonly kind: 'none' };

interface SmartAnswer {
  readonly smart_status?: { readonly passed?: unknown };
  readonly ata_smart_attributes?: {
    readonly table?: readonly { readonly name?: unknown; readonly raw?: { readonly value?: unknown } }[];
  };
  readonly nvme_smart_health_information_log?: Readonly<Record<string, unknown>>;
}

/** Raw counts of these are zero on a sound disk (Backblaze's drive statistics single them out). */
const tellingAttributes = ['Reallocated_Sector_Ct', 'Current_Pending_Sector', 'Offline_Uncorrectable'];

/** Bits of the critical warning (NVM Express Base Specification, SMART / Health Information). */
const nvmeWarnings = [
  'spare blocks run out',
  'too hot or too cold',
  'reliability degraded',
  'read-only',
  'memory backup failed',
];

/** `smartctl -j -H -A`; undefined where the disk has no such verdict. */
export function parseSmart(device: string, text: string): DiskHealth | undefined {
  let answer: SmartAnswer;
  try {
    answer = JSON.parse(text);
  } catch {
    return undefined;
  }
  const passed = answer.smart_status?.passed;
  if (typeof passed !== 'boolean') return undefined;
  const attributes = answer.ata_smart_attributes?.table ?? [];
  const signs = attributes.flatMap(({ name, raw }) =>
    tellingAttributes.includes(String(name)) && Number(raw?.value) > 0 ? [`${name} ${raw?.value}`] : [],
  );
  const nvme = answer.nvme_smart_health_information_log ?? {};
  const warned = Number(nvme.critical_warning ?? 0);
  signs.push(...nvmeWarnings.filter((_, bit) => (warned & (1 << bit)) !== 0));
  if (Number(nvme.media_errors) > 0) signs.push(`media errors ${nvme.media_errors}`);
  if (Number(nvme.percentage_used) >= 100) signs.push(`endurance used ${nvme.percentage_used} %`);
  return { device, isPassed: passed, signs };
}

/** `none` where no disk of this machine has SMART: virtual ones have not. */
export async function readSmart(signal: AbortSignal): Promise<SmartReading> {
  const names = await readdir('/sys/block').catch(() => []);
  const disks = names.filter((name) => /^(sd[a-z]+|nvme\d+n\d+)$/.test(name));
  if (disks.length === 0) return { kind: 'none' };
  if (findProgram('smartctl') === undefined)
    return { kind: 'read', disks: [], unseen: disks.map((disk) => `${disk}: smartctl is not installed`) };
  const found: DiskHealth[] = [];
  const unseen: string[] = [];
  for (const disk of disks) {
    const { text } = await runProgram(['smartctl', '-j', '-H', '-A', `/dev/${disk}`], { signal });
    const health = parseSmart(disk, text);
    if (health === undefined) unseen.push(`${disk} tells no health (or smartctl may not open it)`);
    else found.push(health);
  }
  return { kind: 'read', disks: found, unseen };
}
