/** Settings of the cluster as they are in force, and what the watermarks of the disk come to. */
import { type ClusterSettings, clusterSettings } from './answers.ts';
import { ask, type OpensearchConnection } from './client.ts';

const settingsPath = '_cluster/settings?include_defaults=true&flat_settings=true';

export function readSettings(conn: OpensearchConnection, signal: AbortSignal): Promise<ClusterSettings> {
  return ask(conn, settingsPath, clusterSettings, signal);
}

export const allocation = 'cluster.routing.allocation.enable';
const watermark = 'cluster.routing.allocation.disk.watermark';

/** Transient beats persistent beats default; undefined where the host does not show it. */
export function inForce({ persistent, transient, defaults = {} }: ClusterSettings, name: string) {
  const value = transient[name] ?? persistent[name] ?? defaults[name];
  return typeof value === 'string' ? value : value === undefined ? undefined : String(value);
}

/** `all` where nothing is set, which is the default that some hosts do not show. */
export function allocationOf(settings: ClusterSettings): string {
  return inForce(settings, allocation) ?? 'all';
}

export interface Watermarks {
  readonly low: string;
  readonly high: string;
  readonly flood: string;
  /** The values of the documentation, as the host does not show its own. */
  readonly isAssumed: boolean;
}

export function watermarksOf(settings: ClusterSettings): Watermarks {
  const low = inForce(settings, `${watermark}.low`);
  const high = inForce(settings, `${watermark}.high`);
  const flood = inForce(settings, `${watermark}.flood_stage`);
  return {
    low: low ?? '85%',
    high: high ?? '90%',
    flood: flood ?? '95%',
    isAssumed: flood === undefined,
  };
}

const units: Readonly<Record<string, number>> = {
  b: 1,
  kb: 1_024,
  mb: 1_024 ** 2,
  gb: 1_024 ** 3,
  tb: 1_024 ** 4,
  pb: 1_024 ** 5,
};

/** Whether a disk is beyond a watermark: `95%` and `0.95` speak of what is used, `10gb` of what is free. */
export function isBeyond(mark: string, disk: { readonly total: number; readonly free: number }): boolean {
  const text = mark.trim().toLowerCase();
  const share = /^([\d.]+)%$/.exec(text)?.[1] ?? (/^0?\.\d+$|^1(\.0+)?$/.test(text) ? text : undefined);
  if (share !== undefined) {
    const used = text.endsWith('%') ? Number(share) / 100 : Number(share);
    return disk.total > 0 && 1 - disk.free / disk.total > used;
  }
  const [, amount, unit = 'b'] = /^([\d.]+)\s*([kmgtp]?b)?$/.exec(text) ?? [];
  // A mark that cannot be read holds nobody to be well.
  return amount === undefined || disk.free < Number(amount) * (units[unit] ?? 1);
}

/** Names whose values belong in no ledger. */
const hidden = /password|secret|token|credential|access_key|\.key$/i;

/** What somebody has set; defaults are the version's. */
export function changedSettings({ persistent, transient }: ClusterSettings): Record<string, string> {
  const of = (layer: string, values: Readonly<Record<string, unknown>>) =>
    Object.entries(values).map(([name, value]): [string, string] => [
      `${layer} ${name}`,
      hidden.test(name) ? '(kept secret)' : typeof value === 'string' ? value : JSON.stringify(value),
    ]);
  return Object.fromEntries([...of('persistent', persistent), ...of('transient', transient)]);
}
