/** What an observation reports of its target. */
import type { Labels, Reading } from '../core/sample.ts';
import type { Observation } from './observe.ts';

/** 1 up, 0 down, null when Upkeep could not tell. */
export function upOf({ check, outcome }: Observation): 1 | 0 | null {
  const own = outcome.readings?.find((reading) => reading.metric === `${check.target.system}.up`);
  if (own) return Number.isNaN(own.value) ? null : own.value > 0 ? 1 : 0;
  if (outcome.ok) return 1;
  return outcome.why === 'broken-probe' ? null : 0;
}

export function reportedOf({ check, outcome }: Observation, up: 1 | 0 | null): readonly Reading[] {
  const readings = outcome.readings ?? [];
  const name = `${check.target.system}.up`;
  if (!check.probe.liveness || up === null || readings.some((reading) => reading.metric === name))
    return readings;
  return [...readings, { metric: name, value: up }];
}

/** What is reported as no number is there, but unknown. */
export function isMeasured({ value }: Reading): boolean {
  return !Number.isNaN(value);
}

export function carries(labels: Labels | undefined, where: Labels | undefined): boolean {
  if (!where) return true;
  return Object.entries(where).every(([name, value]) => labels?.[name] === value);
}
