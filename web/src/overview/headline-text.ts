import type { Health, Overview } from '../../../src/core/view.ts';
import { count, numberWord } from '../format/words.ts';

type Counts = { readonly critical: number; readonly warning: number; readonly unknown: number };

/** One sentence that says what matters most now. */
export function headlineText(incidents: number, gravest: string | null, counts: Counts): string {
  if (incidents === 1)
    return gravest === 'critical' ? 'One critical incident is open' : 'One incident is open';
  if (incidents > 1) {
    const words = `${numberWord(incidents)} incidents are open`;
    return gravest === 'critical' ? `${words}, the gravest critical` : words;
  }
  const ill = counts.critical + counts.warning;
  if (ill > 0) return `No incident, but ${count(ill, 'target needs', 'targets need')} a look`;
  if (counts.unknown > 0) {
    return `No incident, but ${count(counts.unknown, 'target', 'targets')} cannot be seen`;
  }
  return 'All is well';
}

/** `11 of 112 targets critical, 2 warning`; what is well is not counted. */
export function targetsText(all: number, { critical, warning, unknown }: Counts): string {
  const ill = [
    { many: critical, word: 'critical' },
    { many: warning, word: 'warning' },
    { many: unknown, word: 'unknown' },
  ].filter(({ many }) => many > 0);
  const [first, ...others] = ill;
  if (first === undefined) return count(all, 'target');
  const rest = others.map(({ many, word }) => `, ${many} ${word}`).join('');
  return `${first.many} of ${count(all, 'target')} ${first.word}${rest}`;
}

/** An open incident is never green, even where its targets answer again and recovery is only watched. */
export function headlineHealth({ health, incidents }: Pick<Overview, 'health' | 'incidents'>): Health {
  const isGrave = incidents.some(
    ({ level, status }) => status !== 'mitigated' && (level === 'critical' || level === 'high'),
  );
  if (isGrave || health === 'critical') return 'critical';
  return incidents.length > 0 && health === 'ok' ? 'warning' : health;
}
