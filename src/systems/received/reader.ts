/** Pushed points as readings: chosen, with the labels wanted, histograms as percentiles, within the limit. */
import { type Distribution, ranking, readDistribution, reduceLabels } from '../../core/app-series.ts';
import type { Inbox, PushedPoint, Receiving } from '../../core/inbox.ts';
import { type Labels, labelKey, type Reading } from '../../core/sample.ts';
import type { ReceivedConfig } from './config.ts';

export interface Received {
  readonly config: ReceivedConfig;
  readonly inbox: Inbox;
  readonly read: NonNullable<Receiving['read']>;
}

type Dated = Reading & { readonly at: number };

/** A series that is one of several added up and no longer comes is left out of the sum after this time. */
const partEndsAfterMs = 300_000;
/** A series that no longer comes leaves its room to others after this time. */
const roomLostAfterMs = 3_600_000;
const mostDistributions = 5_000;

interface Reader {
  readonly config: ReceivedConfig;
  /** When each series with room came last; the limit is of all that come, not of one batch. */
  readonly room: Map<string, number>;
  /** Newest value of each part of a series that is added up. */
  readonly parts: Map<string, Map<string, { value: number; at: number }>>;
  readonly totals: Map<string, number>;
  readonly spread: Map<string, { at: number; seen: Distribution }>;
  /** Buckets of a classic histogram that is sent as single series; complete once a newer moment comes. */
  readonly gathering: Map<string, { at: number; seen: Distribution }>;
}

export function createReader(config: ReceivedConfig): NonNullable<Receiving['read']> {
  const reader: Reader = {
    config,
    room: new Map(),
    parts: new Map(),
    totals: new Map(),
    spread: new Map(),
    gathering: new Map(),
  };
  const rankOf = ranking(config.metrics);
  return (points) => {
    const readings = points
      .filter(({ name }) => rankOf(name, name.replace(/_(bucket|sum|count|total)$/, '')) >= 0)
      .flatMap((point) => readingsOf(point, reader));
    const { kept, dropped } = withinRoom(readings, reader);
    return { readings: kept, series: reader.room.size, dropped };
  };
}

function withinRoom(readings: readonly Dated[], { room, config }: Reader) {
  const dropped = new Set<string>();
  const newest = Math.max(0, ...readings.map(({ at }) => at));
  if (room.size >= config.maxSeries)
    for (const [key, at] of room) if (at < newest - roomLostAfterMs) room.delete(key);
  const kept = readings.filter((reading) => {
    const key = keyOf(reading);
    if (room.size >= config.maxSeries && !room.has(key)) {
      dropped.add(key);
      return false;
    }
    room.set(key, Math.max(reading.at, room.get(key) ?? 0));
    return true;
  });
  return { kept, dropped: dropped.size };
}

function keyOf({ metric, labels }: Reading): string {
  return `${metric}\u0000${labelKey(labels)}`;
}

function readingsOf(point: PushedPoint, reader: Reader): Dated[] {
  const { name, at, value } = point;
  const labels = reduceLabels(Object.entries(point.labels), reader.config.keepLabels);
  const metric = `app.${name}`;
  if (value.kind === 'histogram') return histogram(point, value, metric, labels, reader);
  if (value.kind === 'summary') {
    return value.quantiles.map(({ quantile, value: own }) => ({
      metric: `${metric}.p${Number((quantile * 100).toFixed(4))}`,
      value: own,
      labels,
      at,
    }));
  }
  if (/_bucket$/.test(name) && point.labels.le !== undefined) return bucket(point, value.value, reader);
  if (/_(count|sum)$/.test(name) && addToGathering(point, value.value, reader)) return [];
  if (value.kind === 'gauge')
    return [{ metric, value: added(point, metric, labels, value.value, reader), labels, at }];
  const counter = name.endsWith('_total') ? metric : `${metric}_total`;
  const total = value.kind === 'delta' ? grown(point, value.value, reader) : value.value;
  return [{ metric: counter, value: added(point, counter, labels, total, reader), labels, at }];
}

/** The sum over the series that became one because their labels are not wanted; the value itself where it is alone. */
function added(
  { labels: all, at }: PushedPoint,
  metric: string,
  labels: Labels,
  value: number,
  reader: Reader,
) {
  if (reader.config.keepLabels === undefined) return value;
  const key = `${metric}\u0000${labelKey(labels)}`;
  const parts = reader.parts.get(key) ?? new Map<string, { value: number; at: number }>();
  reader.parts.set(key, parts);
  parts.set(labelKey(all), { value, at });
  let sum = 0;
  for (const [part, kept] of parts) {
    if (kept.at < at - partEndsAfterMs) parts.delete(part);
    else sum += kept.value;
  }
  return sum;
}

/** A counter made of increases. */
function grown({ name, labels }: PushedPoint, increase: number, { totals }: Reader): number {
  const key = `${name}\u0000${labelKey(labels)}`;
  const total = (totals.get(key) ?? 0) + increase;
  totals.set(key, total);
  return total;
}

function histogram(
  { at, labels: all }: PushedPoint,
  value: Extract<PushedPoint['value'], { kind: 'histogram' }>,
  metric: string,
  labels: Labels,
  reader: Reader,
): Dated[] {
  const buckets = new Map(value.buckets.map(({ bound, count }) => [bound, count]));
  const seen: Distribution = { metric, labels, buckets, count: value.count, sum: value.sum ?? Number.NaN };
  const key = `${metric}\u0000${labelKey(all)}`;
  const before = reader.spread.get(key);
  remember(reader.spread, key, { at, seen });
  if (value.isDelta) {
    const nothing: Distribution = { metric, labels, buckets: new Map(), count: 0, sum: 0 };
    return dated(readDistribution(seen, nothing, before ? (at - before.at) / 1_000 : 60), at);
  }
  return dated(readDistribution(seen, before?.seen, before ? (at - before.at) / 1_000 : 0), at);
}

/** Senders split a histogram over several requests, so one is read when its next moment has begun. */
function bucket(point: PushedPoint, value: number, reader: Reader): Dated[] {
  const { le, ...labels } = point.labels;
  const bound = le === '+Inf' ? Number.POSITIVE_INFINITY : Number(le);
  if (Number.isNaN(bound)) return [];
  const family = point.name.replace(/_bucket$/, '');
  const { gathered, done } = gather(family, labels, point.at, reader);
  gathered.seen.buckets.set(bound, value);
  // The last bucket holds everything; a count that comes in another request adds nothing to it.
  if (bound === Number.POSITIVE_INFINITY) gathered.seen.count = value;
  return done;
}

function addToGathering(point: PushedPoint, value: number, reader: Reader): boolean {
  const [, family = '', part] = /^(.*)_(count|sum)$/.exec(point.name) ?? [];
  const known = reader.gathering.get(`${family}\u0000${labelKey(point.labels)}`);
  if (!known) return false;
  if (part === 'sum' && point.at === known.at) known.seen.sum = value;
  return true;
}

function gather(family: string, labels: Labels, at: number, reader: Reader) {
  const key = `${family}\u0000${labelKey(labels)}`;
  const known = reader.gathering.get(key);
  if (known && known.at >= at) return { gathered: known, done: [] };
  const metric = `app.${family}`;
  const own = reduceLabels(Object.entries(labels), reader.config.keepLabels);
  const gathered = {
    at,
    seen: { metric, labels: own, buckets: new Map<number, number>(), count: 0, sum: Number.NaN },
  };
  remember(reader.gathering, key, gathered);
  if (!known) return { gathered, done: [] };
  const before = reader.spread.get(key);
  remember(reader.spread, key, known);
  const span = before ? (known.at - before.at) / 1_000 : 0;
  return { gathered, done: dated(readDistribution(known.seen, before?.seen, span), known.at) };
}

function remember<T>(map: Map<string, T>, key: string, value: T): void {
  map.delete(key);
  const [oldest] = map.keys();
  if (map.size >= mostDistributions && oldest !== undefined) map.delete(oldest);
  map.set(key, value);
}

function dated(readings: readonly Reading[], at: number): Dated[] {
  return readings.filter(({ value }) => Number.isFinite(value)).map((reading) => ({ ...reading, at }));
}
