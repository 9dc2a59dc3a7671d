/** OTLP metrics as pushed points: what they were measured on, and what they mean. */
import type { PushedPoint } from '../../core/inbox.ts';
import type { Labels } from '../../core/sample.ts';
import type { Batch } from '../../pipeline/intake/pushed.ts';
import { exportRequest, type MetricsRequest, metricsRequest } from './otlp-messages.ts';
import { decode } from './protobuf.ts';

type Metric = MetricsRequest['resourceMetrics'][number]['scopeMetrics'][number]['metrics'][number];
type Attributes = MetricsRequest['resourceMetrics'][number]['resource']['attributes'];
type ExponentialPoint = NonNullable<Metric['exponentialHistogram']>['dataPoints'][number];

/** @throws UpkeepError bad-input, ZodError that names the place */
export function readOtlp(body: unknown, isProtobuf: boolean): Batch[] {
  const raw = isProtobuf && body instanceof Uint8Array ? decode(body, exportRequest) : body;
  return metricsRequest.parse(raw).resourceMetrics.map(({ resource, scopeMetrics }) => {
    const origin = labelsOf(resource.attributes);
    // Instances of one service send the same series; without this they would take turns being it.
    const instance = origin['service.instance.id'] ?? origin['host.name'];
    const shared: Labels = instance === undefined ? {} : { instance };
    const points = scopeMetrics.flatMap(({ metrics }) =>
      metrics.flatMap((metric) => pointsOf(metric, shared)),
    );
    return { origin, points };
  });
}

const deltaTemporality = 1;
/** Flag of a point that says only that there is no value. */
const noValue = 1;

function pointsOf(metric: Metric, shared: Labels): PushedPoint[] {
  const { name, gauge, sum, histogram, exponentialHistogram, summary } = metric;
  const found: PushedPoint[] = [];
  const add = (
    { attributes, timeUnixNano, flags }: { attributes: Attributes; timeUnixNano: number; flags: number },
    value: PushedPoint['value'],
  ) => {
    if ((flags & noValue) !== 0) return;
    const at = Math.round(timeUnixNano / 1e6);
    found.push({ name, labels: { ...shared, ...labelsOf(attributes) }, at, value });
  };
  for (const point of gauge?.dataPoints ?? []) add(point, { kind: 'gauge', value: numberOf(point) });
  for (const point of sum?.dataPoints ?? []) {
    const isDelta = sum?.aggregationTemporality === deltaTemporality;
    const kind = isDelta ? 'delta' : sum?.isMonotonic ? 'counter' : 'gauge';
    add(point, { kind, value: numberOf(point) });
  }
  for (const point of histogram?.dataPoints ?? []) {
    const { explicitBounds, bucketCounts } = point;
    let total = 0;
    const buckets = bucketCounts.map((count, index) => {
      total += count;
      return { bound: explicitBounds[index] ?? Number.POSITIVE_INFINITY, count: total };
    });
    const isDelta = histogram?.aggregationTemporality === deltaTemporality;
    add(point, { kind: 'histogram', isDelta, count: point.count, sum: point.sum ?? null, buckets });
  }
  for (const point of exponentialHistogram?.dataPoints ?? []) {
    const isDelta = exponentialHistogram?.aggregationTemporality === deltaTemporality;
    const buckets = exponentialBuckets(point);
    add(point, { kind: 'histogram', isDelta, count: point.count, sum: point.sum ?? null, buckets });
  }
  for (const point of summary?.dataPoints ?? []) {
    const { count, quantileValues: quantiles } = point;
    add(point, { kind: 'summary', count, sum: point.sum ?? 0, quantiles });
  }
  return found;
}

function numberOf({
  asDouble,
  asInt,
}: {
  asDouble?: number | undefined;
  asInt?: number | undefined;
}): number {
  return asDouble ?? asInt ?? Number.NaN;
}

/** Bucket i holds (base^(offset+i), base^(offset+i+1)] with base 2^(2^-scale) (OpenTelemetry metrics data model). */
function exponentialBuckets({ scale, zeroCount, positive, negative, count }: ExponentialPoint) {
  const below = (negative?.bucketCounts ?? []).reduce((total, one) => total + one, 0) + zeroCount;
  let total = below;
  const buckets = [{ bound: 0, count: below }];
  for (const [index, one] of (positive?.bucketCounts ?? []).entries()) {
    total += one;
    const bound = 2 ** (((positive?.offset ?? 0) + index + 1) / 2 ** scale);
    buckets.push({ bound, count: total });
  }
  buckets.push({ bound: Number.POSITIVE_INFINITY, count: Math.max(total, count) });
  return buckets;
}

function labelsOf(attributes: Attributes): Labels {
  const labels: Record<string, string> = {};
  for (const { key, value } of attributes) {
    const text = value?.stringValue ?? value?.boolValue ?? value?.intValue ?? value?.doubleValue;
    if (text !== undefined && key !== '' && key !== '__proto__') labels[key] = String(text);
  }
  return labels;
}
