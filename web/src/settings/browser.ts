const browsers: readonly (readonly [RegExp, string])[] = [
  [/\bEdg\//, 'Edge'],
  [/\bOPR\//, 'Opera'],
  [/\bFirefox\//, 'Firefox'],
  [/\b(Headless)?Chrom(e|ium)\//, 'Chrome'],
  [/\bSafari\//, 'Safari'],
  [/^curl\//, 'curl'],
];
const places: readonly (readonly [RegExp, string])[] = [
  [/iPhone|iPad/, 'iOS'],
  [/Android/, 'Android'],
  [/Mac OS X/, 'macOS'],
  [/Windows/, 'Windows'],
  [/Linux|X11/, 'Linux'],
];

/** `Firefox on macOS`, as far as the browser says so. */
export function browserOf(agent: string): string {
  const first = (names: typeof browsers) => names.find(([pattern]) => pattern.test(agent))?.[1];
  const [browser, place] = [first(browsers), first(places)];
  if (browser === undefined) return agent === '' ? 'A browser without a name' : agent.slice(0, 60);
  return place === undefined ? browser : `${browser} on ${place}`;
}
