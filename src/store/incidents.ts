/** Incidents: what people handle. */
import { type Selectable, sql } from 'kysely';
import type { Evidence, Finding } from '../core/evidence.ts';
import { type Conduct, heldAfter } from '../core/incident/conduct.ts';
import type { Ended } from '../core/incident/reopen.ts';
import { levels as allLevels, type Level } from '../core/severity.ts';
import { UpkeepError } from '../core/verb.ts';
import type { IncidentStatus } from '../core/view.ts';
import { onlyOne, prefixLimit, prefixPattern } from './by-prefix.ts';
import type { Tx } from './index.ts';
import type { Schema } from './schema.ts';

/** Times are epoch milliseconds. */
export interface Incident {
  /** UUIDv7 of the moment it opened. */
  readonly id: string;
  readonly title: string;
  readonly level: Level;
  readonly status: IncidentStatus;
  readonly lead: string;
  readonly services: readonly string[];
  readonly targets: readonly string[];
  readonly openedAt: number;
  readonly acknowledgedAt: number | null;
  readonly acknowledgedBy: string | null;
  readonly mitigatedAt: number | null;
  /** Since when no alert fires. */
  readonly wellSince: number | null;
  readonly resolvedAt: number | null;
  readonly findings: readonly Finding[];
  readonly evidence: readonly Evidence[];
  readonly diagnosedAt: number | null;
  /** What people decided about it; absent where nothing. */
  readonly conduct?: Conduct;
  /** Counts the updates; see `update`. */
  readonly version: number;
}

export async function insert(tx: Tx, incident: Incident): Promise<void> {
  await tx.insertInto('incidents').values(toRow(incident)).execute();
}

/**
 * Writes the incident if nobody has since it was read; gives it back with its new version.
 * @throws UpkeepError conflict
 */
export async function update(tx: Tx, incident: Incident): Promise<Incident> {
  const next = { ...incident, version: incident.version + 1 };
  const { id, ...columns } = toRow(next);
  const { numUpdatedRows } = await tx
    .updateTable('incidents')
    .set(columns)
    .where('id', '=', id)
    .where('version', '=', incident.version)
    .executeTakeFirst();
  if (numUpdatedRows !== 1n) {
    throw new UpkeepError('conflict', `incident ${id} was changed by somebody else meanwhile; read it again`);
  }
  return next;
}

/** The clock was set back by so much: what is well is well for as long as it was. */
export async function bringRecoveryForward(tx: Tx, byMs: number): Promise<void> {
  await tx
    .updateTable('incidents')
    .set((eb) => ({ well_since: eb('well_since', '-', byMs) }))
    .where('resolved_at', 'is', null)
    .where('well_since', 'is not', null)
    .execute();
}

export async function byId(tx: Tx, id: string): Promise<Incident | undefined> {
  const row = await tx.selectFrom('incidents').selectAll().where('id', '=', id).executeTakeFirst();
  return row && fromRow(row);
}

/** What a list says of each of them, in the order of the ids; without their evidence, and without those that are not there. */
export async function headlines(
  tx: Tx,
  ids: readonly string[],
): Promise<Pick<Incident, 'id' | 'title' | 'level' | 'status'>[]> {
  if (ids.length === 0) return [];
  const rows = await tx
    .selectFrom('incidents')
    .select(['id', 'title', 'level', 'status'])
    .where('id', 'in', ids)
    .execute();
  const known = new Map(rows.map((row) => [row.id, { ...row }]));
  return ids.flatMap((id) => known.get(id) ?? []);
}

/** @throws UpkeepError not-found */
export async function require(tx: Tx, id: string): Promise<Incident> {
  const incident = await byId(tx, id);
  if (!incident) throw new UpkeepError('not-found', `no incident has the id ${id}`);
  return incident;
}

/** By its id or the beginning of it. @throws UpkeepError not-found, or bad-input when several begin so */
export async function find(tx: Tx, id: string): Promise<Incident> {
  const rows = await tx
    .selectFrom('incidents')
    .selectAll()
    .where('id', 'like', prefixPattern('incident', id))
    .orderBy('id', 'desc')
    .limit(prefixLimit)
    .execute();
  return fromRow(onlyOne('incident', id, rows));
}

/** All that are not resolved, the gravest first (`gravity`). */
export async function open(tx: Tx): Promise<Incident[]> {
  const rows = await tx
    .selectFrom('incidents')
    .selectAll()
    .where('status', '<>', sql.lit('resolved'))
    .orderBy(gravity)
    .orderBy('id')
    .execute();
  return rows.map(fromRow);
}

/** The order of what is open: by level, and of one level what is wrong now before what recovers; then the oldest. */
const gravity = sql<number>`(case level ${sql.join(
  allLevels.map((level, rank) => sql`when ${sql.lit(level)} then ${sql.lit(2 * rank)}`),
  sql` `,
)} end + case when status = 'mitigated' or well_since is not null then 1 else 0 end)`;

/** What the placing of an alert asks of all that are not resolved: their evidence stays unread. */
export async function openPlaces(tx: Tx): Promise<
  (Pick<Incident, 'id' | 'status' | 'openedAt' | 'targets' | 'services'> & {
    isHygiene: boolean;
    isHeld: boolean;
    isDeclared: boolean;
    /** Of its alerts. */
    rules: readonly string[];
  })[]
> {
  const rows = await tx
    .selectFrom('incidents')
    .select([
      'id',
      'status',
      'opened_at',
      'well_since',
      'conduct',
      'targets',
      'services',
      allHygiene.as('hygiene'),
    ])
    .where('status', '<>', sql.lit('resolved'))
    .orderBy('id', 'desc')
    .execute();
  const rules = await rulesOf(
    tx,
    rows.map(({ id }) => id),
  );
  return rows.map((row) => {
    const isDeclared = JSON.parse(row.conduct).declaredBy !== undefined;
    return {
      id: row.id,
      status: row.status,
      openedAt: row.opened_at,
      targets: JSON.parse(row.targets),
      services: JSON.parse(row.services),
      isHygiene: row.hygiene === 1,
      // What people declared may have no alert at all: it takes what its services have.
      isHeld: row.well_since !== null && !isDeclared,
      isDeclared,
      rules: rules.get(row.id) ?? [],
    };
  });
}

async function rulesOf(tx: Tx, ids: readonly string[]): Promise<ReadonlyMap<string, readonly string[]>> {
  if (ids.length === 0) return new Map();
  const found = await tx
    .selectFrom('alerts')
    .select(['incident_id', 'rule'])
    .distinct()
    .where('incident_id', 'in', ids)
    .execute();
  return new Map(
    Map.groupBy(found, (one) => one.incident_id ?? '')
      .entries()
      .map(([id, some]) => [id, some.map(({ rule }) => rule)]),
  );
}

/** 1 where all of its alerts tell how something is set up; 0, or null where it has none. */
const allHygiene = sql<number | null>`coalesce(
  (select min(is_hygiene) from alerts where incident_id = incidents.id),
  (select min(is_hygiene) from alerts where held_by = ${heldAfter('')} || incidents.id))`;

/** What ended since that time, as the reopening of incidents asks for it. */
export async function endedSince(tx: Tx, since: number): Promise<Ended[]> {
  const rows = await tx
    .selectFrom('incidents')
    .select(['id', 'lead', 'resolved_at', 'conduct', allHygiene.as('hygiene')])
    .where('resolved_at', '>=', since)
    .where('status', '=', 'resolved')
    .execute();
  const ids = rows.map(({ id }) => id);
  const alerts =
    ids.length === 0
      ? []
      : await tx
          .selectFrom('alerts')
          .select(['incident_id', 'held_by', 'rule', 'target'])
          .where((where) =>
            where.or([where('incident_id', 'in', ids), where('held_by', 'in', ids.map(heldAfter))]),
          )
          .execute();
  return rows.map((row) => ({
    id: row.id,
    lead: row.lead,
    symptoms: alerts
      .filter((one) => one.incident_id === row.id || one.held_by === heldAfter(row.id))
      .map(({ rule, target }) => ({ rule, target })),
    resolvedAt: row.resolved_at ?? 0,
    isHygiene: row.hygiene === 1,
    isMerged: (JSON.parse(row.conduct) as Conduct).mergedInto !== undefined,
  }));
}

export interface IncidentFilter {
  /** `open` is everything not resolved; `all` where undefined. */
  readonly status?: 'open' | 'unacknowledged' | 'acknowledged' | 'mitigated' | 'resolved' | 'all' | undefined;
  readonly levels?: readonly Level[] | undefined;
  readonly service?: string | undefined;
  readonly target?: string | undefined;
  /** Found in the title, the lead, or a finding's summary; case does not matter. */
  readonly text?: string | undefined;
  /** Open at some moment of the span, epoch milliseconds. */
  readonly from?: number | undefined;
  readonly to?: number | undefined;
  readonly limit: number;
  /** Id of the last incident of the page before. */
  readonly before?: string | undefined;
}

/** What is open the gravest first, as `open`; all others, and all together, newest first. */
export async function list(tx: Tx, filter: IncidentFilter): Promise<Incident[]> {
  const { status = 'all', levels, service, target, text, from, to, limit, before } = filter;
  const isByTime = status === 'all' || status === 'resolved';
  const rows = await tx
    .selectFrom('incidents')
    .selectAll()
    .$if(status === 'open', (query) => query.where('status', '<>', sql.lit('resolved')))
    .$if(status === 'unacknowledged', (query) => query.where('status', '=', 'open'))
    .$if(status === 'acknowledged', (query) => query.where('status', '=', 'acknowledged'))
    .$if(status === 'mitigated', (query) => query.where('status', '=', 'mitigated'))
    .$if(status === 'resolved', (query) => query.where('status', '=', 'resolved'))
    .$if(levels !== undefined, (query) => query.where('level', 'in', levels ?? []))
    .$if(service !== undefined, (query) => query.where(holds('services', service ?? '')))
    .$if(target !== undefined, (query) => query.where(holds('targets', target ?? '')))
    .$if(text !== undefined, (query) => query.where(speaksOf(text ?? '')))
    .$if(to !== undefined, (query) => query.where('opened_at', '<=', to ?? 0))
    .$if(from !== undefined, (query) =>
      query.where((eb) => eb.or([eb('resolved_at', 'is', null), eb('resolved_at', '>=', from ?? 0)])),
    )
    .$if(before !== undefined, (query) =>
      isByTime ? query.where('id', '<', before ?? '') : query.where(comesAfter(before ?? '')),
    )
    .$if(!isByTime, (query) => query.orderBy(gravity))
    .orderBy('id', isByTime ? 'desc' : 'asc')
    .limit(limit)
    .execute();
  return rows.map(fromRow);
}

function comesAfter(id: string) {
  return sql<boolean>`(${gravity}, id) > (select ${gravity}, id from incidents where id = ${id})`;
}

/** The lists stand as JSON, so a name is found with its quotes. */
function holds(column: 'services' | 'targets', name: string) {
  return sql<boolean>`${sql.ref(column)} like ${`%${asPattern(JSON.stringify(name))}%`} escape '!'`;
}

function speaksOf(text: string) {
  const pattern = `%${asPattern(text.toLowerCase())}%`;
  return sql<boolean>`(lower(title) like ${pattern} escape '!' or lower(lead) like ${pattern} escape '!' or lower(findings) like ${pattern} escape '!')`;
}

function asPattern(text: string): string {
  return text.replace(/[!%_]/g, '!$&');
}

function fromRow(row: Selectable<Schema['incidents']>): Incident {
  return {
    id: row.id,
    title: row.title,
    level: row.level,
    status: row.status,
    lead: row.lead,
    services: JSON.parse(row.services),
    targets: JSON.parse(row.targets),
    openedAt: row.opened_at,
    acknowledgedAt: row.acknowledged_at,
    acknowledgedBy: row.acknowledged_by,
    mitigatedAt: row.mitigated_at,
    wellSince: row.well_since,
    resolvedAt: row.resolved_at,
    findings: JSON.parse(row.findings),
    evidence: JSON.parse(row.evidence),
    diagnosedAt: row.diagnosed_at,
    ...(row.conduct === '{}' ? {} : { conduct: JSON.parse(row.conduct) }),
    version: row.version,
  };
}

function toRow(incident: Incident): Schema['incidents'] {
  return {
    id: incident.id,
    title: incident.title,
    level: incident.level,
    status: incident.status,
    lead: incident.lead,
    services: JSON.stringify(incident.services),
    targets: JSON.stringify(incident.targets),
    opened_at: incident.openedAt,
    acknowledged_at: incident.acknowledgedAt,
    acknowledged_by: incident.acknowledgedBy,
    mitigated_at: incident.mitigatedAt,
    well_since: incident.wellSince,
    resolved_at: incident.resolvedAt,
    findings: JSON.stringify(incident.findings),
    evidence: JSON.stringify(incident.evidence),
    diagnosed_at: incident.diagnosedAt,
    conduct: JSON.stringify(incident.conduct ?? {}),
    version: incident.version,
  };
}
