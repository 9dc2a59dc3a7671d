/**
 * Evidence as real servers gave it, kept beside the diagnoses: what was concluded from it then must be concluded from it
 * for ever. `UPKEEP_RECORD=1` writes it anew from the tests that make the faults.
 */
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Evidence, Finding } from '../src/core/evidence.ts';

export interface Recording {
  readonly diagnosis: string;
  readonly evidence: readonly Evidence[];
  readonly findings: readonly { readonly summary: string; readonly actions: readonly string[] }[];
}

export function concluded(findings: readonly Finding[]): Recording['findings'] {
  return findings.map(({ summary, recommendations }) => ({
    summary,
    actions: recommendations.map(({ action }) => action),
  }));
}

/** @param folder of the recordings, `src/systems/postgres/diagnoses/recorded` */
export function record(
  folder: string,
  name: string,
  diagnosis: string,
  seen: { readonly evidence: readonly Evidence[]; readonly findings: readonly Finding[] },
): void {
  if (process.env.UPKEEP_RECORD !== '1') return;
  mkdirSync(folder, { recursive: true });
  const recording = { diagnosis, evidence: seen.evidence, findings: concluded(seen.findings) };
  writeFileSync(join(folder, `${name}.json`), `${JSON.stringify(recording, null, 2)}\n`);
}

export function recordings(folder: string): (Recording & { readonly name: string })[] {
  return readdirSync(folder)
    .filter((file) => file.endsWith('.json'))
    .map((file): Recording & { readonly name: string } => {
      const recording: Recording = JSON.parse(readFileSync(join(folder, file), 'utf8'));
      return { ...recording, name: file };
    });
}
