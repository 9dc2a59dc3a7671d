/** What a metric speaks of, and which way it gets worse: by what its system says of it, else by its name. Pure. */
import type { Symptom } from '../question/question.ts';
import type { Metric } from '../sample.ts';

export type MetricKind =
  | 'availability'
  | 'latency'
  | 'errors'
  | 'traffic'
  | 'disk'
  | 'memory'
  | 'cpu'
  | 'connections'
  | 'lag'
  | 'saturation'
  | 'other';

const byName: readonly (readonly [RegExp, MetricKind])[] = [
  [/\.up$/, 'availability'],
  [
    /error|fail|5xx|rejected|refused|aborted|rollback|deadlock|denied|timed_?out|redelivered|dropped|log\.errors/i,
    'errors',
  ],
  [/(?:^|[._])(?:lag|delay|behind|replay)/i, 'lag'],
  [/duration|latency|response_time|rtt|wait_time|mean_time|exec_time/i, 'latency'],
  [/disk|filesystem|\bfs\b|inode|wal\.size|database\.size|tmpdir|temp/i, 'disk'],
  [/memory|resident|swap|heap|evict/i, 'memory'],
  [/cpu|load|pressure/i, 'cpu'],
  [/connection|client|session|pool|waiting|blocked|queue|threads|files\.used/i, 'connections'],
  [
    /statements\.rate|requests|commands|queries|transactions|commits|calls|messages|received|sent/i,
    'traffic',
  ],
];

export function kindOfMetric(name: string, { latencyOf, isTraffic, unit }: Metric): MetricKind {
  if (latencyOf !== undefined) return 'latency';
  if (isTraffic) return 'traffic';
  const kind = byName.find(([pattern]) => pattern.test(name))?.[1];
  return kind ?? (unit === 'ratio' ? 'saturation' : 'other');
}

/** Numbers that only say which, since when or how long: they change without anything being wrong. */
export function isComparable(name: string, { unit }: Metric): boolean {
  if (/\.up$/.test(name)) return true;
  return (
    unit !== 'state' && !/uptime|version|expir|days_left|\.age$|since|oldest|\bxid|wraparound/i.test(name)
  );
}

/** Of what is good, less is worse. */
const good = /free|available|\bleft\b|hit_ratio|hits|idle|remaining/i;

/** 1 where more is worse, -1 where less is; 0 where neither says anything. */
export function worseWay(name: string, kind: MetricKind): 1 | -1 | 0 {
  if (kind === 'traffic' || kind === 'other') return 0;
  return kind === 'availability' || good.test(name) ? -1 : 1;
}

const kindsOf: Readonly<Record<Symptom, readonly MetricKind[]>> = {
  slow: ['latency'],
  errors: ['errors', 'availability'],
  down: ['availability', 'errors'],
  full: ['disk', 'saturation'],
  memory: ['memory'],
  cpu: ['cpu'],
  connections: ['connections'],
  lag: ['lag'],
  traffic: ['traffic'],
};

/** What users feel: all that counts where nobody named a symptom or a time. */
export const feltKinds: readonly MetricKind[] = ['availability', 'errors', 'latency'];

const usual: readonly MetricKind[] = [
  'availability',
  'errors',
  'latency',
  'connections',
  'disk',
  'memory',
  'cpu',
  'lag',
  'saturation',
];

/** Kinds that show these symptoms, the clearest first; those of any trouble where none is named. */
export function kindsFor(symptoms: readonly Symptom[]): readonly MetricKind[] {
  return symptoms.length === 0 ? usual : [...new Set(symptoms.flatMap((symptom) => kindsOf[symptom]))];
}
