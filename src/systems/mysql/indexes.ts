/** What indexes repeat others. Pure. */

export interface Index {
  /** `shop.orders` */
  readonly table: string;
  readonly name: string;
  readonly isUnique: boolean;
  /** BTREE, HASH, FULLTEXT … */
  readonly type: string;
  /** Columns in order, with the length of a prefix: `name(10)`. */
  readonly columns: readonly string[];
}

export interface Duplicate {
  readonly table: string;
  readonly index: string;
  /** The index that does the same work. */
  readonly by: string;
}

/**
 * Indexes whose columns are the first columns of another one. A unique index is never called superfluous: it holds
 * a promise about the data. An index that a foreign key needs is kept, as the other one may go first.
 */
export function duplicatesOf(indexes: readonly Index[], neededByKey: ReadonlySet<string>): Duplicate[] {
  return indexes.flatMap((index, at) => {
    if (index.isUnique || index.type !== 'BTREE' || neededByKey.has(`${index.table}.${index.name}`))
      return [];
    const cover = indexes.find((other, otherAt) => {
      if (other === index || other.table !== index.table || other.type !== 'BTREE') return false;
      const isPrefix = index.columns.every((column, place) => other.columns[place] === column);
      if (!isPrefix) return false;
      // Of two equal ones the later is superfluous, unless the other is unique.
      return other.columns.length > index.columns.length || other.isUnique || otherAt < at;
    });
    return cover === undefined ? [] : [{ table: index.table, index: index.name, by: cover.name }];
  });
}
