import { count } from '../count.ts';

const dayMs = 86_400_000;
const recentDays = 7;

/** Whoever looks just after one was resolved must see that there was one, and how to read it. */
export function noOpenIncident(resolved: unknown, now: number): string {
  const recent = (Array.isArray(resolved) ? resolved : []).filter(
    ({ resolvedAt }: { resolvedAt: number | null }) => (resolvedAt ?? 0) > now - recentDays * dayMs,
  ).length;
  const lately = `in the last ${count(recentDays, 'day')}`;
  return recent === 0
    ? `No open incident, and none was resolved ${lately}.`
    : `No open incident; ${recent} resolved ${lately}: upkeep incident list --status all`;
}
