import type { Outcome, Reading } from '../../../core/sample.ts';
import type { Probe } from '../../../core/system.ts';
import { formatDuration } from '../../../core/time.ts';
import { Interrupted } from '../../../machine/network/dial.ts';
import { comparable, type DnsClient, type Resolution, resolveRecords } from '../client.ts';

export const answersProbe: Probe<DnsClient> = {
  id: 'dns.answers',
  summary: 'Asks for the records and compares them with what was declared',
  liveness: true,
  metrics: {
    'dns.up': { summary: '1 when the name resolves, else 0', unit: 'state', kind: 'gauge' },
    'dns.as-declared': {
      summary: '1 when the answers are those declared, else 0',
      unit: 'state',
      kind: 'gauge',
    },
    'dns.answers': { summary: 'Number of answers', unit: 'count', kind: 'gauge' },
    'dns.ttl': { summary: 'Smallest time to live of the answers', unit: 'seconds', kind: 'gauge' },
    'dns.duration.total': {
      summary: 'From the question to the answer',
      unit: 'seconds',
      kind: 'gauge',
      latencyOf: 'check',
    },
  },
  async run(client, ctx) {
    const began = ctx.clock.monotonic();
    const elapsedMs = () => ctx.clock.monotonic() - began;
    try {
      const resolution = await resolveRecords(client, ctx);
      return judge(client, resolution, elapsedMs() / 1_000);
    } catch (error) {
      return failure(client, error, elapsedMs());
    }
  },
};

function judge({ config }: DnsClient, { answers, ttlSeconds }: Resolution, seconds: number): Outcome {
  const readings: Reading[] = [
    { metric: 'dns.up', value: 1 },
    { metric: 'dns.answers', value: answers.length },
    { metric: 'dns.duration.total', value: seconds },
  ];
  if (ttlSeconds !== undefined) readings.push({ metric: 'dns.ttl', value: ttlSeconds });
  const shown = listed(answers);
  if (config.expect === undefined) return { ok: true, readings, detail: shown };
  const wanted = config.type === 'TXT' ? config.expect : config.expect.map(comparable);
  const lacking = wanted.filter((each) => !answers.includes(each));
  const extra = answers.filter((each) => !wanted.includes(each));
  const isAsDeclared = lacking.length === 0 && extra.length === 0;
  readings.push({ metric: 'dns.as-declared', value: isAsDeclared ? 1 : 0 });
  const differences = [
    ...(lacking.length > 0 ? [`lacks ${listed(lacking)}`] : []),
    ...(extra.length > 0 ? [`has ${listed(extra)} that is not declared`] : []),
  ];
  return { ok: true, readings, detail: isAsDeclared ? shown : `the answer ${differences.join(' and ')}` };
}

/** Strangers write TXT records: cut, and without control characters. */
function listed(answers: readonly string[]): string {
  const text = answers
    .slice(0, 10)
    .map((each) => each.replace(/[^\x20-\x7e]/g, '?').slice(0, 100))
    .join(', ');
  return answers.length > 10 ? `${text} and ${answers.length - 10} more` : text;
}

/** Answers that say that there is no such thing: the resolver works, the name does not. */
const negative: Readonly<Record<string, string>> = {
  ENOTFOUND: 'NXDOMAIN: the name does not exist',
  ENODATA: 'the name has no record of this type',
  ESERVFAIL: 'SERVFAIL: the resolver could not find out',
};

function failure({ config }: DnsClient, error: unknown, elapsedMs: number): Outcome {
  const after = formatDuration(elapsedMs);
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  const who =
    config.resolver === undefined ? 'the resolver of this machine' : [config.resolver].flat().join(', ');
  if (error instanceof Interrupted || code === 'ETIMEOUT') {
    return { ok: false, why: 'timeout', detail: `timeout after ${after}: no answer from ${who}` };
  }
  const meaning = negative[code];
  if (meaning !== undefined) {
    const readings = [
      { metric: 'dns.up', value: 0 },
      { metric: 'dns.answers', value: 0 },
      { metric: 'dns.duration.total', value: elapsedMs / 1_000 },
    ];
    return { ok: true, readings, detail: `${config.name} ${config.type}: ${meaning}` };
  }
  if (code === 'ECONNREFUSED')
    return { ok: false, why: 'refused', detail: `${who} does not listen (${code})` };
  if (code === 'EREFUSED')
    return { ok: false, why: 'refused', detail: `${who} refuses to answer us (REFUSED)` };
  return { ok: false, why: 'unreachable', detail: `no answer from ${who} (${code || 'unknown error'})` };
}
