/** Of an open incident of which nothing fires any more; null for any other. */
export function holdWords(
  { holdsUntil, treatment }: { readonly holdsUntil?: number | null; readonly treatment?: string | null },
  now: number,
  clock: (at: number) => string,
): string | null {
  if (holdsUntil == null) return null;
  // It is not over before the action has come to its end, however long all is well.
  const rest =
    holdsUntil > now
      ? `holding until ${clock(holdsUntil)}`
      : treatment
        ? `still verifying: ${treatment}`
        : 'about to be resolved';
  return `all alerts recovered; ${rest}`;
}
