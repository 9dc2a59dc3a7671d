/** Four levels, and the words a team has for them. */
export const levels = ['critical', 'high', 'medium', 'low'] as const;
export type Level = (typeof levels)[number];

const severitySchemes = {
  words: { critical: 'Critical', high: 'High', medium: 'Medium', low: 'Low' },
  sev: { critical: 'SEV1', high: 'SEV2', medium: 'SEV3', low: 'SEV4' },
  p: { critical: 'P0', high: 'P1', medium: 'P2', low: 'P3' },
} as const satisfies Record<string, Record<Level, string>>;
export type SeverityScheme = keyof typeof severitySchemes;

/** The level that a word of any scheme means, however it is written: `SEV1`, `p0`, `Critical`. */
export function levelNamed(word: string): Level | undefined {
  const wanted = word.trim().toLowerCase();
  return levels.find((level) =>
    Object.values(severitySchemes).some((scheme) => scheme[level].toLowerCase() === wanted),
  );
}

export function severityWord(scheme: SeverityScheme, level: Level): string {
  return severitySchemes[scheme][level];
}

/** The graver of two levels. */
export function graver(a: Level, b: Level): Level {
  return levels.indexOf(a) <= levels.indexOf(b) ? a : b;
}

export function isGraver(a: Level, than: Level): boolean {
  return levels.indexOf(a) < levels.indexOf(than);
}
