/** Messages that tell one receiver of several incidents in one. */
import { type Level, levels } from '../core/severity.ts';
import type { Tx } from './index.ts';

export interface Receiver {
  readonly notifier: string;
  /** Null where the channel as a whole is told. */
  readonly person: string | null;
}

/** Times are epoch milliseconds. */
export interface Storm extends Receiver {
  readonly id: string;
  /** The oldest call in it. */
  readonly beganAt: number;
  /** The last time that an incident joined. */
  readonly joinedAt: number;
  readonly toldAt: number;
  /** The gravest that it told. */
  readonly level: Level;
  /** Ids, in the order in which they joined. */
  readonly incidents: readonly string[];
  /** How often it was told. */
  readonly told: number;
  /** All of them are over. */
  readonly overAt: number | null;
}

const prefix = 'storm-';

export function stormId(unique: string): string {
  return `${prefix}${unique}`;
}

/** What stands in place of an incident where a message tells of several. */
export function isStormId(id: string): boolean {
  return id.startsWith(prefix);
}

export async function save(tx: Tx, storm: Storm): Promise<void> {
  const values = {
    notifier: storm.notifier,
    person: storm.person ?? '',
    began_at: storm.beganAt,
    joined_at: storm.joinedAt,
    told_at: storm.toldAt,
    level: storm.level,
    incidents: JSON.stringify(storm.incidents),
    told: storm.told,
    over_at: storm.overAt,
  };
  await tx
    .insertInto('storms')
    .values({ id: storm.id, ...values })
    .onConflict((conflict) => conflict.column('id').doUpdateSet(values))
    .execute();
}

const mostKept = 20;

/** The newest first. */
export async function ofReceiver(tx: Tx, { notifier, person }: Receiver): Promise<Storm[]> {
  const rows = await tx
    .selectFrom('storms')
    .selectAll()
    .where('notifier', '=', notifier)
    .where('person', '=', person ?? '')
    .orderBy('began_at', 'desc')
    .orderBy('id', 'desc')
    .limit(mostKept)
    .execute();
  return rows.map(fromRow);
}

export async function byId(tx: Tx, id: string): Promise<Storm | undefined> {
  const row = await tx.selectFrom('storms').selectAll().where('id', '=', id).executeTakeFirst();
  return row && fromRow(row);
}

/** Forgets those that were told last before that time. */
export async function prune(tx: Tx, before: number): Promise<void> {
  await tx.deleteFrom('storms').where('told_at', '<', before).execute();
}

function fromRow(row: {
  readonly id: string;
  readonly notifier: string;
  readonly person: string;
  readonly began_at: number;
  readonly joined_at: number;
  readonly told_at: number;
  readonly level: string;
  readonly incidents: string;
  readonly told: number;
  readonly over_at: number | null;
}): Storm {
  return {
    id: row.id,
    notifier: row.notifier,
    person: row.person === '' ? null : row.person,
    beganAt: row.began_at,
    joinedAt: row.joined_at,
    toldAt: row.told_at,
    level: levels.find((level) => level === row.level) ?? 'critical',
    incidents: JSON.parse(row.incidents),
    told: row.told,
    overAt: row.over_at,
  };
}
