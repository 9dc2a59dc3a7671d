/** Until when versions get security fixes. */

/**
 * First day without. OpenSearch: the release schedule on opensearch.org/releases (1.x ended with 3.0 on 2025-05-06).
 * Elasticsearch: elastic.co/support/eol (7.17 until 2026-01-15; older majors are over). What is not here is not known.
 */
const ends: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  opensearch: { 1: '2025-05-06' },
  elasticsearch: { 5: '2019-03-11', 6: '2022-02-10', 7: '2026-01-15' },
};

/** Undefined where the end of this version is not known: newer ones are still maintained, or came after this Upkeep. */
export function hasEnded(distribution: string, version: string, now: number): boolean | undefined {
  const day = ends[distribution]?.[version.split('.')[0] ?? ''];
  if (day !== undefined) return now >= Date.parse(day);
  const major = Number(version.split('.')[0]);
  const newest = distribution === 'opensearch' ? 3 : 9;
  return Number.isInteger(major) && major > 0 && major <= newest ? false : undefined;
}
