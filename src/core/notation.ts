/**
 * Series as promtool's unit tests write them: `1 2 3`, `1+1x3` (1 2 3 4), `5x2` (5 5 5), `10-2x2`, `_` for a missing
 * value, `_x3` for three. Source: prometheus.io/docs/prometheus/latest/configuration/unit_testing_rules.
 */
import type { Labels } from './sample.ts';

const most = 1_000_000;

/** NaN where nothing was measured; a text that says what cannot be read otherwise. */
export function expandSeries(text: string): readonly number[] | string {
  const values: number[] = [];
  for (const part of text.trim().split(/\s+/)) {
    const missing = /^(?:_|stale)(?:x(\d+))?$/.exec(part);
    if (missing) {
      for (let i = 0; i < Number(missing[1] ?? 1); i++) values.push(Number.NaN);
      continue;
    }
    const found = /^(-?\d+(?:\.\d+)?)(?:([+-]\d+(?:\.\d+)?))?(?:x(\d+))?$/.exec(part);
    const [, first, by, times] = found ?? [];
    if (!found || (by !== undefined && times === undefined)) return `"${part}" is no value`;
    for (let i = 0; i <= Number(times ?? 0); i++) values.push(tidy(Number(first) + i * Number(by ?? 0)));
    if (values.length > most) return `more than ${most} values`;
  }
  return values;
}

/** 0.1 + 0.2 is meant to be 0.3. */
function tidy(value: number): number {
  return Number(value.toPrecision(12));
}

/** `host.disk.headroom{mount="/"}` */
export function parseSeriesName(text: string): { metric: string; labels: Labels } | null {
  const found = /^([\w.:-]+)(?:\{(.*)\})?$/.exec(text.trim());
  if (!found?.[1]) return null;
  const labels: Record<string, string> = {};
  const inner = found[2] ?? '';
  const pairs = [...inner.matchAll(/\s*([\w.-]+)\s*=\s*"((?:[^"\\]|\\.)*)"\s*(?:,|$)/g)];
  if (pairs.map(([whole]) => whole).join('') !== inner) return null;
  for (const [, name = '', value = ''] of pairs) labels[name] = value.replace(/\\(.)/g, '$1');
  return { metric: found[1], labels };
}
