/** Metrics of OTLP 1.x (open-telemetry/opentelemetry-proto, metrics.proto): the tables of fields, and the shape in JSON. */
import { z } from 'zod';
import type { Field, Message } from './protobuf.ts';

const one = (name: string, type: Field['type']): Field => ({ name, type });
const many = (name: string, type: Field['type']): Field => ({ name, type, repeated: true });

const anyValue: Message = {
  1: one('stringValue', 'string'),
  2: one('boolValue', 'bool'),
  3: one('intValue', 'varint'),
  4: one('doubleValue', 'double'),
};
const keyValue: Message = { 1: one('key', 'string'), 2: one('value', anyValue) };
const numberPoint: Message = {
  3: one('timeUnixNano', 'fixed64'),
  4: one('asDouble', 'double'),
  6: one('asInt', 'sfixed64'),
  7: many('attributes', keyValue),
  8: one('flags', 'varint'),
};
const histogramPoint: Message = {
  3: one('timeUnixNano', 'fixed64'),
  4: one('count', 'fixed64'),
  5: one('sum', 'double'),
  6: many('bucketCounts', 'fixed64'),
  7: many('explicitBounds', 'double'),
  9: many('attributes', keyValue),
  10: one('flags', 'varint'),
};
const exponentialBuckets: Message = { 1: one('offset', 'svarint'), 2: many('bucketCounts', 'varint') };
const exponentialPoint: Message = {
  1: many('attributes', keyValue),
  3: one('timeUnixNano', 'fixed64'),
  4: one('count', 'fixed64'),
  5: one('sum', 'double'),
  6: one('scale', 'svarint'),
  7: one('zeroCount', 'fixed64'),
  8: one('positive', exponentialBuckets),
  9: one('negative', exponentialBuckets),
  10: one('flags', 'varint'),
};
const summaryPoint: Message = {
  3: one('timeUnixNano', 'fixed64'),
  4: one('count', 'fixed64'),
  5: one('sum', 'double'),
  6: many('quantileValues', { 1: one('quantile', 'double'), 2: one('value', 'double') }),
  7: many('attributes', keyValue),
  8: one('flags', 'varint'),
};
const points = (point: Message): Message => ({
  1: many('dataPoints', point),
  2: one('aggregationTemporality', 'varint'),
  3: one('isMonotonic', 'bool'),
});
const metric: Message = {
  1: one('name', 'string'),
  5: one('gauge', points(numberPoint)),
  7: one('sum', points(numberPoint)),
  9: one('histogram', points(histogramPoint)),
  10: one('exponentialHistogram', points(exponentialPoint)),
  11: one('summary', points(summaryPoint)),
};

export const exportRequest: Message = {
  1: many('resourceMetrics', {
    1: one('resource', { 1: many('attributes', keyValue) }),
    2: many('scopeMetrics', { 2: many('metrics', metric) }),
  }),
};

/** In JSON, 64-bit integers are texts and numbers that JSON lacks are words. */
const integer = z.union([
  z.number(),
  z
    .string()
    .regex(/^-?\d{1,20}$/)
    .transform(Number),
]);
const double = z.union([z.number(), z.enum(['NaN', 'Infinity', '-Infinity']).transform(Number)]);
const attributes = z
  .array(
    z.object({
      key: z.string(),
      value: z
        .object({
          stringValue: z.string().optional(),
          boolValue: z.boolean().optional(),
          intValue: integer.optional(),
          doubleValue: double.optional(),
        })
        .optional(),
    }),
  )
  .default([]);
const pointFields = { attributes, timeUnixNano: integer.default(0), flags: z.number().default(0) };
const numbers = z.object({ ...pointFields, asDouble: double.optional(), asInt: integer.optional() });
const buckets = z.object({ offset: z.int().default(0), bucketCounts: z.array(integer).default([]) });
const temporality = z
  .union([
    z.number(),
    z
      .enum(['AGGREGATION_TEMPORALITY_DELTA', 'AGGREGATION_TEMPORALITY_CUMULATIVE'])
      .transform((word) => (word.endsWith('DELTA') ? 1 : 2)),
  ])
  .default(2);
const counted = { count: integer.default(0), sum: double.optional() };

function histogramOf<Fields extends z.ZodRawShape>(fields: Fields) {
  const point = z.object({ ...pointFields, ...counted, ...fields });
  return z.object({ aggregationTemporality: temporality, dataPoints: z.array(point).default([]) }).optional();
}

export const metricsRequest = z.object({
  resourceMetrics: z
    .array(
      z.object({
        resource: z.object({ attributes }).default({ attributes: [] }),
        scopeMetrics: z
          .array(
            z.object({
              metrics: z
                .array(
                  z.object({
                    name: z.string().min(1).max(300),
                    gauge: z.object({ dataPoints: z.array(numbers).default([]) }).optional(),
                    sum: z
                      .object({
                        dataPoints: z.array(numbers).default([]),
                        aggregationTemporality: temporality,
                        isMonotonic: z.boolean().default(false),
                      })
                      .optional(),
                    histogram: histogramOf({
                      bucketCounts: z.array(integer).default([]),
                      explicitBounds: z.array(z.number()).default([]),
                    }),
                    exponentialHistogram: histogramOf({
                      scale: z.int().min(-10).max(20).default(0),
                      zeroCount: integer.default(0),
                      positive: buckets.optional(),
                      negative: buckets.optional(),
                    }),
                    summary: z
                      .object({
                        dataPoints: z
                          .array(
                            z.object({
                              ...pointFields,
                              ...counted,
                              quantileValues: z
                                .array(
                                  z.object({ quantile: z.number().default(0), value: double.default(0) }),
                                )
                                .default([]),
                            }),
                          )
                          .default([]),
                      })
                      .optional(),
                  }),
                )
                .default([]),
            }),
          )
          .default([]),
      }),
    )
    .default([]),
});

export type MetricsRequest = z.output<typeof metricsRequest>;
