/** Full copies that a primary gave to replicas, without those that Upkeep takes as its backups. */
export interface OwnCopies {
  /** Holds a copy of ours against what the primary counts, until `ended`. */
  readonly begun: () => () => void;
  /** @param full `sync_full` of the primary @returns copies given to others since the first call; goes on from 0 */
  readonly others: (full: number) => number;
}

export function createOwnCopies(): OwnCopies {
  let underWay = 0;
  /** Ours that the primary may not have counted yet. */
  let expected = 0;
  let seen: number | null = null;
  let total = 0;
  return {
    begun() {
      underWay++;
      expected++;
      return () => {
        underWay--;
      };
    },
    others(full) {
      // A smaller number is a restart of the primary: what it shows has come since.
      const grown = seen === null ? 0 : full < seen ? full : full - seen;
      const own = Math.min(expected, grown);
      total += grown - own;
      // What has ended was counted, or never came as far.
      expected = Math.min(underWay, expected - own);
      seen = full;
      return total;
    },
  };
}
