/** Response and resolution clocks: warned of, missed, both in the journal, and each takes the escalation on. */
import { dueAt, warnAt } from '../core/oncall/clocks.ts';
import { type Level, levels, severityWord } from '../core/severity.ts';
import { formatDuration } from '../core/time.ts';
import type { Incident } from '../store/incidents.ts';
import * as incidentRows from '../store/incidents.ts';
import type { Tx } from '../store/index.ts';
import * as jobs from '../store/jobs.ts';
import { tellTold } from './call.ts';
import type { Desk } from './desk.ts';
import { hasten } from './escalate.ts';
import { holdOfAll } from './pause-calls.ts';

const kinds = ['respond', 'resolve'] as const;
type Kind = (typeof kinds)[number];

interface Watch {
  readonly incidentId: string;
  readonly level: Level;
  readonly kind: Kind;
  /** When the level was called, epoch milliseconds. */
  readonly startedAt: number;
  readonly isWarned: boolean;
}

/** At the opening of an incident, and at each call of another level. */
export async function startClocks(desk: Desk, tx: Tx, incident: Incident): Promise<void> {
  const startedAt = desk.clock.now();
  for (const kind of kinds) {
    const watch = { incidentId: incident.id, level: incident.level, kind, startedAt, isWarned: false };
    const due = dueOf(desk, watch);
    await jobs.withdraw(tx, keyOf(watch));
    if (due !== null) await lookAgain(tx, watch, warnAt(startedAt, due));
  }
}

function dueOf(desk: Desk, { level, kind, startedAt }: Watch): number | null {
  const { oncall, timezone } = desk.configuration();
  const limit = oncall.clocks[level]?.[kind] ?? null;
  return limit === null ? null : dueAt(limit, startedAt, timezone);
}

function keyOf({ incidentId, level, kind }: Watch): string {
  return `clock:${incidentId}:${level}:${kind}`;
}

async function lookAgain(tx: Tx, watch: Watch, runAt: number): Promise<void> {
  await jobs.enqueue(tx, { kind: 'clock', key: keyOf(watch), payload: { ...watch }, runAt });
}

/** Job: looks at a clock when it is about to be missed, and again when it is. */
export async function checkClock(desk: Desk, payload: Readonly<Record<string, unknown>>): Promise<void> {
  await desk.store.transaction(async (tx) => {
    const incident = await incidentRows.byId(tx, String(payload.incidentId));
    if (!incident) return;
    const watch = watchFrom(payload, incident);
    // Another level has clocks of its own.
    if (incident.level !== watch.level || isKept(incident, watch.kind)) return;
    const due = dueOf(desk, watch);
    if (due === null) return;
    const now = desk.clock.now();
    const isMissed = now >= due;
    const warning = warnAt(watch.startedAt, due);
    if (!isMissed && now < warning) return lookAgain(tx, watch, warning);
    if (!isMissed && watch.isWarned) return lookAgain(tx, watch, due);
    await note(desk, tx, incident, watch, due, isMissed);
    if (!isMissed) await lookAgain(tx, { ...watch, isWarned: true }, due);
  });
  desk.changed();
}

function isKept(incident: Incident, kind: Kind): boolean {
  if (incident.status === 'resolved' || incident.status === 'mitigated') return true;
  return kind === 'respond' && incident.acknowledgedAt !== null;
}

async function note(
  desk: Desk,
  tx: Tx,
  incident: Incident,
  watch: Watch,
  due: number,
  isMissed: boolean,
): Promise<void> {
  const { kind, level, startedAt } = watch;
  const payload = { clock: kind, level, limitMs: due - startedAt, dueAt: due };
  await desk.journalIncident(tx, incident, isMissed ? 'clock.missed' : 'clock.warning', payload);
  // One clock takes one step: what the warning began is not overtaken by the miss a minute later.
  if (!watch.isWarned) await hasten(desk, tx, incident, level);
  if (!isMissed || (await holdOfAll(desk, tx, incident))) return;
  const word = severityWord(desk.configuration().severities, level);
  const what = kind === 'respond' ? 'acknowledged' : 'resolved';
  await tellTold(desk, tx, incident, `${incident.id}:clock:${level}:${kind}:${startedAt}`, {
    title: `${word} was to be ${what} within ${formatDuration(due - startedAt)} and is not`,
    markdown: `Acknowledged by: ${incident.acknowledgedBy ?? 'nobody'}.`,
  });
}

function watchFrom(payload: Readonly<Record<string, unknown>>, incident: Incident): Watch {
  return {
    incidentId: incident.id,
    level: levels.find((level) => level === payload.level) ?? incident.level,
    kind: kinds.find((kind) => kind === payload.kind) ?? 'respond',
    startedAt: Number(payload.startedAt ?? incident.openedAt),
    isWarned: payload.isWarned === true,
  };
}
