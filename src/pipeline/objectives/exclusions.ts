/** Stretches of maintenance that count for no objective, remembered by the hour since recurrences cost much to follow. */
import { excludedSpans, type MaintenanceWindow } from '../../core/maintenance.ts';
import type { Topology } from '../../core/topology.ts';

const hourMs = 3_600_000;

export interface Exclusions {
  isExcluded(target: string, at: number): boolean;
  /** Of the time between two moments, milliseconds; of several targets their mean. */
  excludedMs(targets: readonly string[], from: number, to: number): number;
  /** True when these are others than before. */
  replace(windows: readonly MaintenanceWindow[], topology: Topology): boolean;
}

export function createExclusions(): Exclusions {
  let windows: readonly MaintenanceWindow[] = [];
  let topology: Topology = { needs: new Map(), servicesOf: new Map() };
  let fingerprint = '[]';
  const spans = new Map<
    string,
    { readonly hour: number; readonly all: readonly { from: number; to: number }[] }
  >();

  /** To the end of the hour of `at`, from its beginning or since an earlier moment. */
  function spansOf(target: string, at: number, since?: number) {
    const hour = Math.floor(at / hourMs);
    const key = since === undefined ? target : `${target}\n${since}`;
    let known = spans.get(key);
    if (known?.hour !== hour) {
      const from = hour * hourMs;
      known = { hour, all: excludedSpans(windows, target, since ?? from, from + hourMs, topology) };
      spans.set(key, known);
    }
    return known.all;
  }

  return {
    isExcluded(target, at) {
      if (windows.length === 0) return false;
      return spansOf(target, at).some((span) => at >= span.from && at < span.to);
    },
    excludedMs(targets, from, to) {
      if (windows.length === 0 || targets.length === 0) return 0;
      const all = targets.flatMap((target) => spansOf(target, to, from));
      return (
        all.reduce((sum, span) => sum + Math.max(0, Math.min(span.to, to) - span.from), 0) / targets.length
      );
    },
    replace(next, nextTopology) {
      const relevant = next.filter((window) => window.isExcludedFromSlo);
      const now = JSON.stringify(relevant);
      const isOther = now !== fingerprint;
      [windows, topology, fingerprint] = [relevant, nextTopology, now];
      spans.clear();
      return isOther;
    },
  };
}
