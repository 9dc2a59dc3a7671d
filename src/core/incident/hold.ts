/** Of an open incident of which nothing fires any more; null for any other. */
export function holdWords(
  { holdsUntil }: { readonly holdsUntil?: number | null },
  now: number,
  clock: (at: number) => string,
): string | null {
  if (holdsUntil == null) return null;
  return `all alerts recovered; ${holdsUntil > now ? `holding until ${clock(holdsUntil)}` : 'about to be resolved'}`;
}
