/** Whether a check fails as it did before, or by another error: figures, names and places do not count. Pure. */

/** SQLSTATE in brackets, a code of the system, of the driver or of MySQL, or the status of HTTP that an answer begins with. */
const codes =
  /\((?=[0-9A-Z]*\d)([0-9A-Z]{5})\)|\b(E[A-Z]{4,}\d*|ER_[A-Z_]+|ERR_[A-Z_]+|UND_ERR_[A-Z_]+|HPE_[A-Z_]+)\b|^(\d{3})(?= |$)/;

/** The code of an error where it has one; else its words without what differs from one time to the next. */
export function errorKind(detail: string): string {
  const found = codes.exec(detail);
  const code = found?.[1] ?? found?.[2] ?? found?.[3];
  if (code !== undefined) return code;
  return detail
    .toLowerCase()
    .replaceAll(/"[^"]*"|'[^']*'|`[^`]*`/g, '""')
    .replaceAll(/\S*\d\S*/g, '0')
    .trim();
}

const leastBetweenMs = 2 * 60_000;
const mostBetweenMs = 10 * 60_000;

/**
 * Whether what a firing alert says is to be replaced by what its check says now. The first change is told at once; what
 * goes back and forth between two errors is told ever more rarely, six times an hour at most.
 *
 * @param said so far, and since when, epoch milliseconds
 * @param since when the alert holds, epoch milliseconds
 */
export function saysAnother(
  said: { readonly detail: string; readonly at: number },
  detail: string,
  since: number,
  at: number,
): boolean {
  if (detail === '' || said.detail === '' || errorKind(said.detail) === errorKind(detail)) return false;
  const isFirst = said.at <= since;
  const waitMs = Math.min(mostBetweenMs, Math.max(leastBetweenMs, (said.at - since) / 2));
  return isFirst || at - said.at >= waitMs;
}
