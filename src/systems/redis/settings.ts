/** What CONFIG GET tells. */
import type { Ask } from './session.ts';

/** Settings whose names match the glob: `dir`, `*`. */
export async function readSettings(ask: Ask, ...patterns: readonly string[]): Promise<Map<string, string>> {
  // Servers before 7.0 take one pattern a time.
  const answers = await Promise.all(patterns.map((pattern) => ask('CONFIG', 'GET', pattern)));
  const settings = new Map<string, string>();
  for (const answer of answers) {
    const parts = Array.isArray(answer) ? answer.map(String) : [];
    for (let i = 0; i + 1 < parts.length; i += 2) settings.set(parts[i] ?? '', parts[i + 1] ?? '');
  }
  return settings;
}

/** requirepass, masterauth, masteruser, tls-key-file-pass, and what modules call theirs. */
const secretive = /pass|auth|secret|token|credential|(^|[-_.])key$/i;

/** Fit for the ledger: that a secret is set is told, never what it is. */
export function documentOf(settings: ReadonlyMap<string, string>): Record<string, string> {
  return Object.fromEntries(
    [...settings]
      .toSorted(([a], [b]) => (a < b ? -1 : 1))
      .map(([name, value]) => [
        name,
        secretive.test(name) && value !== '' && !/^(yes|no|\d+)$/.test(value) ? '(set)' : value.slice(0, 200),
      ]),
  );
}
