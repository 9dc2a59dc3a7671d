/** `slo:` of a service. */
import type { BudgetPolicyStep } from '../core/burn-rate/error-budget.ts';
import type { EventsOf, SeriesOf, ServiceSettings } from '../core/configuration.ts';
import { type Field, list, report, reportKey, scalar, section, text } from './field.ts';
import { optional, optionalKey } from './rule-values.ts';
import { duration, oneOf, reference, share, words } from './values.ts';

const quantiles = { p50: 0.5, p95: 0.95, p99: 0.99 } as const;

export function readSlo(field: Field, targetNames: readonly string[]): ServiceSettings['slo'] {
  const part = section(field, ['availability', 'latency', 'period', 'events', 'policy']);
  const [availabilityField, latencyField] = [part?.get('availability'), part?.get('latency')];
  const availability = availabilityField && share(availabilityField);
  const latency = latencyField && readLatency(latencyField);
  if (availability === 1 && availabilityField)
    report(availabilityField, 'leaves no error budget', 'even 99.99% allows four minutes a month');
  const periodMs = optional(part?.get('period'), (value) => duration(value, { min: 86_400_000 }));
  const events = optional(part?.get('events'), (value) => readEvents(value, targetNames));
  const policy = optional(part?.get('policy'), readBudgetPolicy);
  return {
    ...optionalKey('availability', availability),
    ...optionalKey('latency', latency),
    ...optionalKey('periodMs', periodMs),
    ...optionalKey('events', events),
    ...optionalKey('policy', policy),
  };
}

/** Nobody promises answers within nine milliseconds; within nine seconds some do. */
function meansSeconds(given: Field): boolean {
  return Number(scalar(given)) < 10;
}

function readLatency(field: Field): NonNullable<ServiceSettings['slo']>['latency'] {
  const part = section(field, Object.keys(quantiles));
  if (part === undefined) return undefined;
  const [given, second] = part.all;
  if (given === undefined) return reportKey(field, 'names no quantile', 'write { p95: 500ms }');
  if (second !== undefined) return reportKey(second, 'is a second objective', 'keep one of p50, p95 and p99');
  const quantile = Object.entries(quantiles).find(([name]) => name === given.name)?.[1];
  if (quantile === undefined) return undefined;
  const belowMs = duration(given, { usual: meansSeconds(given) ? 's' : 'ms' });
  if (belowMs === 0) return report(given, 'must be longer than nothing');
  return belowMs === undefined ? undefined : { quantile, belowMs };
}

/** `{ total: { target, metric, where }, bad: … }` or `good:` in place of `bad:`. Counters. */
function readEvents(field: Field, targetNames: readonly string[]): EventsOf | undefined {
  const part = section(field, ['total', 'bad', 'good']);
  const [totalField, badField, goodField] = [part?.get('total'), part?.get('bad'), part?.get('good')];
  if (!part) return undefined;
  const counted = badField ?? goodField;
  if (!totalField || !counted || (badField && goodField))
    return reportKey(field, 'needs total, and one of bad and good', 'total: { target: …, metric: … }');
  const total = readSeries(totalField, targetNames);
  const other = readSeries(counted, targetNames);
  if (!total || !other) return undefined;
  return badField ? { total, bad: other } : { total, good: other };
}

function readSeries(field: Field, targetNames: readonly string[]): SeriesOf | undefined {
  const part = section(field, ['target', 'metric', 'where']);
  const [targetField, metricField] = [part?.get('target'), part?.get('metric')];
  if (!part) return undefined;
  if (!targetField || !metricField) return reportKey(field, 'needs target and metric');
  const target = reference(targetField, 'target', targetNames);
  const metric = text(metricField);
  const where = optional(part.get('where'), (value) => {
    const labels = section(value);
    return labels && words(labels.all);
  });
  return target === undefined || metric === undefined
    ? undefined
    : { target, metric, ...optionalKey('where', where) };
}

function readBudgetPolicy(field: Field): readonly BudgetPolicyStep[] {
  return list(field).flatMap((item): BudgetPolicyStep[] => {
    const part = section(item, ['below', 'do']);
    const [belowField, doField] = [part?.get('below'), part?.get('do')];
    if (!part) return [];
    if (!belowField || !doField) {
      reportKey(item, 'needs below and do', '{ below: 25%, do: notify }');
      return [];
    }
    const below = share(belowField);
    const what = oneOf(doField, ['notify', 'freeze']);
    return below === undefined || what === undefined ? [] : [{ below, do: what }];
  });
}
