/** What statistics showed a while ago: rates and shares are judged over a window, not since the last reset. */
import type { PostgresConnection } from './client.ts';

interface Look<Row> {
  readonly at: number;
  readonly row: Row;
}

/**
 * Remembers looks at one thing for each connection. The function it makes takes a new look (`at` in milliseconds of
 * the monotonic clock) and gives the newest one that is at least a window old, or the oldest there is; undefined at
 * the first look, and after a reset, which starts the window anew.
 */
export function lookingBack<Row>(windowMs: number, isReset: (before: Row, now: Row) => boolean) {
  const looks = new WeakMap<PostgresConnection, Look<Row>[]>();
  return (conn: PostgresConnection, at: number, row: Row): Row | undefined => {
    const before = looks.get(conn) ?? [];
    const last = before.at(-1);
    const kept = last !== undefined && isReset(last.row, row) ? [] : [...before];
    const first = kept.findLastIndex((look) => look.at <= at - windowMs);
    if (first > 0) kept.splice(0, first);
    looks.set(conn, [...kept, { at, row }]);
    return kept[0]?.row;
  };
}
