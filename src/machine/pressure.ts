/** Pressure stall information: share of time that work waited for CPU, IO or memory (Linux 4.20). */
import { readFile } from 'node:fs/promises';

export const resources = ['cpu', 'io', 'memory'] as const;
export type Resource = (typeof resources)[number];

export interface PressureReading {
  readonly resource: Resource;
  /** `some`: at least one task waited · `full`: all did. */
  readonly kind: 'some' | 'full';
  /** Shares from 0 to 1 over 10, 60 and 300 s. */
  readonly over10s: number;
  readonly over60s: number;
  readonly over300s: number;
}

export function parsePressure(resource: Resource, text: string): PressureReading[] {
  const lines = text.matchAll(/^(some|full) avg10=([\d.]+) avg60=([\d.]+) avg300=([\d.]+) /gm);
  return [...lines].map(([, kind, ten, sixty, threeHundred]) => ({
    resource,
    kind: kind === 'full' ? 'full' : 'some',
    over10s: Number(ten) / 100,
    over60s: Number(sixty) / 100,
    over300s: Number(threeHundred) / 100,
  }));
}

/** Empty where the kernel has none: built without it, or started with psi=0. */
export async function readPressure(): Promise<PressureReading[]> {
  const read = resources.map(async (resource) => {
    try {
      return parsePressure(resource, await readFile(`/proc/pressure/${resource}`, 'utf8'));
    } catch {
      return [];
    }
  });
  return (await Promise.all(read)).flat();
}
