/** What the addresses carry, read from text that anybody can edit: what is not known is left out. */

import type { Health } from '../../src/core/view.ts';
import type { IncidentsSearch } from './api/incidents.ts';
import type { LogsSearch } from './api/question.ts';

type Raw = Readonly<Record<string, unknown>>;

function text(value: unknown): string | undefined {
  if (typeof value === 'number') return String(value);
  return typeof value === 'string' && value !== '' ? value : undefined;
}

function oneOf<T extends string>(value: unknown, allowed: readonly T[]): T | undefined {
  return allowed.find((each) => each === value);
}

function moment(value: unknown): number | undefined {
  const number = Number(value);
  return Number.isSafeInteger(number) && number > 0 ? number : undefined;
}

export interface OverviewSearch {
  readonly q?: string | undefined;
  readonly health?: Health | undefined;
  readonly system?: string | undefined;
}

export function overviewSearch(raw: Raw): OverviewSearch {
  return {
    q: text(raw.q),
    health: oneOf(raw.health, ['critical', 'warning', 'unknown', 'ok']),
    system: text(raw.system),
  };
}

export const ranges = {
  '5m': 300_000,
  '15m': 900_000,
  '1h': 3_600_000,
  '6h': 21_600_000,
  '24h': 86_400_000,
  '7d': 604_800_000,
  '30d': 2_592_000_000,
} as const;
export type Range = keyof typeof ranges;
export const rangeNames: readonly Range[] = ['5m', '15m', '1h', '6h', '24h', '7d', '30d'];

export interface TargetSearch {
  readonly range?: Range | undefined;
  readonly from?: number | undefined;
  readonly to?: number | undefined;
  /** Only metrics whose name has this in it. */
  readonly find?: string | undefined;
  /** `no` while the charts stand still. */
  readonly live?: 'no' | undefined;
}

export function targetSearch(raw: Raw): TargetSearch {
  const from = moment(raw.from);
  const to = moment(raw.to);
  const isFixed = from !== undefined && to !== undefined && to > from;
  return {
    range: oneOf(raw.range, rangeNames),
    from: isFixed ? from : undefined,
    to: isFixed ? to : undefined,
    find: text(raw.find),
    live: oneOf(raw.live, ['no']),
  };
}

export function incidentsSearch(raw: Raw): IncidentsSearch {
  return {
    status: oneOf(raw.status, ['open', 'unacknowledged', 'resolved', 'all']),
    level: oneOf(raw.level, ['critical', 'high', 'medium', 'low']),
    service: text(raw.service),
    target: text(raw.target),
    text: text(raw.text),
    from: oneOf(raw.from, ['1d', '7d', '30d', '90d']),
  };
}

export interface JournalSearch {
  readonly subject?: string | undefined;
  readonly kind?: string | undefined;
}

export function journalSearch(raw: Raw): JournalSearch {
  return { subject: text(raw.subject), kind: text(raw.kind) };
}

export interface SilencesSearch {
  readonly ended?: 'yes' | undefined;
  /** Conditions of a new one: `target=db,rule=postgres.*`. */
  readonly new?: string | undefined;
}

export function silencesSearch(raw: Raw): SilencesSearch {
  return { ended: oneOf(raw.ended, ['yes']), new: text(raw.new) };
}

export interface OnCallSearch {
  /** How many weeks of the schedule; two when left out. */
  readonly weeks?: 1 | 5 | undefined;
  /** A moment in the first week shown; now when left out. */
  readonly at?: number | undefined;
}

export function oncallSearch(raw: Raw): OnCallSearch {
  const weeks = Number(raw.weeks);
  return { weeks: weeks === 1 || weeks === 5 ? weeks : undefined, at: moment(raw.at) };
}

export function rulesSearch(raw: Raw): { q?: string | undefined } {
  return { q: text(raw.q) };
}

export interface PolicySearch {
  readonly target?: string | undefined;
  readonly action?: string | undefined;
}

export function policySearch(raw: Raw): PolicySearch {
  return { target: text(raw.target), action: text(raw.action) };
}

export function askSearch(raw: Raw): { q?: string | undefined } {
  return { q: text(raw.q)?.slice(0, 500) };
}

export function logsSearch(raw: Raw): LogsSearch {
  return {
    target: text(raw.target),
    text: text(raw.text),
    level: oneOf(raw.level, ['error', 'warning', 'info']),
    since: oneOf(raw.since, ['10m', '1h', '6h', '24h']),
  };
}

export interface BackupsSearch {
  /** Name under `backups:`. */
  readonly plan?: string | undefined;
}

export function backupsSearch(raw: Raw): BackupsSearch {
  return { plan: text(raw.plan) };
}
