import type { Answer } from 'dns-packet';
import type { Missing, Outcome, Reading } from '../../../core/sample.ts';
import type { Probe, ProbeContext } from '../../../core/system.ts';
import type { DnsClient } from '../client.ts';
import type { DnsConfig } from '../config.ts';
import { dkimFault, dmarcFault, type Fault, spfFault, spfQuestions } from '../mail.ts';
import { askResolver, bare } from '../wire.ts';

export const mailProbe: Probe<DnsClient> = {
  id: 'dns.mail',
  summary: 'What mail of the zone stands on: MX, SPF, DMARC and the declared DKIM keys',
  atMostEveryMs: 3_600_000,
  metrics: {
    'dns.mail.good': {
      summary: 'The record in the label (mx, spf, dmarc, dkim SELECTOR) is in order (1) or not (0)',
      unit: 'state',
      kind: 'gauge',
    },
    'dns.mail.spf-lookups': {
      summary: 'Further questions that the SPF record makes receivers ask',
      unit: 'count',
      kind: 'gauge',
    },
  },
  async run({ config }, ctx): Promise<Outcome> {
    const { zone, mail } = config;
    if (zone === undefined || mail === undefined) return { ok: true, readings: [] };
    const parts = await Promise.all([
      part('mx', ctx, () => mxFault(config, zone, ctx)),
      spf(config, zone, ctx),
      part('dmarc', ctx, async () => dmarcFault(await texts(config, `_dmarc.${zone}`, ctx))),
      ...mail.dkim.map((selector) =>
        part(`dkim ${selector}`, ctx, async () =>
          dkimFault(await texts(config, `${selector}._domainkey.${zone}`, ctx)),
        ),
      ),
    ]);
    const faults = parts.flatMap(({ fault }) => fault ?? []);
    return {
      ok: true,
      readings: parts.flatMap(({ readings }) => readings),
      missing: parts.flatMap(({ missing }) => missing),
      detail: faults.length === 0 ? 'all in order' : faults.join('; '),
    };
  },
};

interface Part {
  readonly readings: Reading[];
  readonly missing: Missing[];
  readonly fault?: string;
}

async function part(record: string, ctx: ProbeContext, judge: () => Promise<Fault>): Promise<Part> {
  const metric = 'dns.mail.good';
  try {
    const fault = await judge();
    const reading: Reading = {
      metric,
      value: fault === undefined ? 1 : 0,
      labels: { record },
      ...(fault === undefined ? {} : { about: { summary: `${record}: ${fault}` } }),
    };
    return {
      readings: [reading],
      missing: [],
      ...(fault === undefined ? {} : { fault: `${record}: ${fault}` }),
    };
  } catch (error) {
    const why = ctx.signal.aborted
      ? 'not asked in time'
      : error instanceof Error
        ? error.message
        : String(error);
    return {
      readings: [],
      missing: [
        {
          metrics: [metric],
          reason: `${record}: ${why}`,
          remedy: 'let Upkeep reach the resolver over UDP and TCP 53',
        },
      ],
    };
  }
}

async function ask(
  config: DnsConfig,
  name: string,
  type: 'TXT' | 'MX' | 'A' | 'AAAA',
  ctx: ProbeContext,
): Promise<readonly Answer[]> {
  const { code, answers } = await askResolver(config, { name, type }, ctx);
  if (code !== 'NOERROR' && code !== 'NXDOMAIN')
    throw new Error(`the resolver says ${code} for ${name} (${type})`);
  return answers;
}

/** A long text comes in pieces that belong together (RFC 7208, 3.3). */
async function texts(config: DnsConfig, name: string, ctx: ProbeContext): Promise<string[]> {
  const answers = await ask(config, name, 'TXT', ctx);
  return answers.flatMap((each) =>
    each.type === 'TXT'
      ? [
          [each.data]
            .flat()
            .map((piece) => String(piece))
            .join(''),
        ]
      : [],
  );
}

async function mxFault(config: DnsConfig, zone: string, ctx: ProbeContext): Promise<Fault> {
  const exchanges = (await ask(config, zone, 'MX', ctx)).flatMap((each) =>
    each.type === 'MX' ? [bare(each.data.exchange)] : [],
  );
  if (exchanges.length === 0)
    return 'there is no MX record: mail goes to the address of the name, if anywhere';
  // A single dot says that the zone takes no mail (RFC 7505).
  if (exchanges.length === 1 && exchanges[0] === '') return undefined;
  for (const exchange of exchanges) {
    const found = await Promise.all((['A', 'AAAA'] as const).map((type) => ask(config, exchange, type, ctx)));
    if (found.flat().some(({ type }) => type === 'CNAME'))
      return `${exchange} is an alias, which an MX may not name`;
    if (!found.flat().some(({ type }) => type === 'A' || type === 'AAAA'))
      return `${exchange} has no address`;
  }
  return undefined;
}

const mostFollowed = 20;

async function spf(config: DnsConfig, zone: string, ctx: ProbeContext): Promise<Part> {
  let lookups = 0;
  const judged = await part('spf', ctx, async () => {
    const all = await texts(config, zone, ctx);
    const waiting = all.filter((text) => /^v=spf1(\s|$)/i.test(text)).slice(0, 1);
    for (let followed = 0; followed < mostFollowed; followed++) {
      const record = waiting.pop();
      if (record === undefined) break;
      const { includes, lookups: own } = spfQuestions(record);
      lookups += own;
      for (const name of includes)
        waiting.push(
          ...(await texts(config, name, ctx)).filter((text) => /^v=spf1(\s|$)/i.test(text)).slice(0, 1),
        );
    }
    return spfFault(all, lookups);
  });
  if (judged.missing.length > 0) return judged;
  return { ...judged, readings: [...judged.readings, { metric: 'dns.mail.spf-lookups', value: lookups }] };
}
