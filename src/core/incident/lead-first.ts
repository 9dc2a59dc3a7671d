/** Names of targets as people look for them. Pure. */

const natural = new Intl.Collator('en', { numeric: true });

/** The one that leads first, then by name, figures as numbers: `db, app2, app10`. */
export function leadFirst(targets: readonly string[], lead: string): string[] {
  return targets.toSorted((a, b) => Number(b === lead) - Number(a === lead) || natural.compare(a, b));
}
