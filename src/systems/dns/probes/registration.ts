import { z } from 'zod';
import type { Outcome } from '../../../core/sample.ts';
import type { Probe, ProbeContext } from '../../../core/system.ts';
import { formatDuration } from '../../../core/time.ts';
import { networkFailure } from '../../../machine/network/failure.ts';
import { fetchText } from '../../../machine/network/fetch-text.ts';
import type { DnsClient } from '../client.ts';
import { bare } from '../wire.ts';
import { unseen } from './unseen.ts';

const maxBytes = 4_000_000;
const mostRedirects = 3;
const bootstrapKeptMs = 7 * 86_400_000;
const keptMs = 12 * 3_600_000;
const failureKeptMs = 3_600_000;

/** RFC 9224: which registry answers for which ends of names. */
const bootstrapSchema = z.object({ services: z.array(z.tuple([z.array(z.string()), z.array(z.string())])) });
/** RFC 9083: of a domain, what tells of its life. */
const domainSchema = z.object({
  events: z.array(z.object({ eventAction: z.string(), eventDate: z.string() })).default([]),
  status: z.array(z.string()).default([]),
});

export const registrationProbe: Probe<DnsClient> = {
  id: 'dns.registration',
  summary: 'Asks the registry when the domain runs out and how it stands (RDAP)',
  atMostEveryMs: 600_000,
  metrics: {
    'dns.registration.expires-in': {
      summary: 'Until the registration of the domain runs out',
      unit: 'seconds',
      kind: 'gauge',
    },
    'dns.registration.held': {
      summary: 'The registry or registrar has taken the domain out of service or is about to (1)',
      unit: 'state',
      kind: 'gauge',
    },
  },
  async run(client, ctx): Promise<Outcome> {
    const { zone, registration } = client.config;
    if (zone === undefined || registration === undefined) return { ok: true, readings: [] };
    const now = ctx.clock.now();
    const kept = client.registration;
    if (kept !== undefined && now < kept.until) return kept.judge(now);
    const judged = await askRegistry(client, registration.bootstrap, zone, ctx);
    // Registries send away who asks often; a failure is tried again sooner.
    if (!ctx.signal.aborted)
      client.registration = { judge: judged.judge, until: now + (judged.isGood ? keptMs : failureKeptMs) };
    return judged.judge(now);
  },
};

interface Judged {
  readonly isGood: boolean;
  readonly judge: (now: number) => Outcome;
}

const failed = (reason: string, remedy: string): Judged => ({
  isGood: false,
  judge: () => unseen(reason, remedy),
});

async function askRegistry(
  client: DnsClient,
  bootstrap: string,
  zone: string,
  ctx: ProbeContext,
): Promise<Judged> {
  try {
    const registry = await registryOf(client, bootstrap, zone, ctx);
    if (registry === undefined) {
      const end = bare(zone).split('.').at(-1);
      return failed(`no registry tells of .${end} by RDAP`, 'watch its date at your registrar');
    }
    const { status, text } = await fetchJson(new URL(`domain/${bare(zone)}`, registry), ctx);
    if (status === 404)
      return failed(`the registry knows no domain ${zone}`, 'let `zone` be the domain as it was registered');
    if (status !== 200)
      return failed(
        `the registry answers with status ${status}`,
        'it may limit who asks often; Upkeep asks again in an hour',
      );
    const domain = domainSchema.parse(JSON.parse(text));
    return { isGood: true, judge: (now) => judge(domain, now) };
  } catch (error) {
    const isNetwork = error instanceof Error && 'code' in error;
    const to = new URL(bootstrap);
    const why = isNetwork
      ? networkFailure(error, { host: to.hostname, port: Number(to.port || 443) }, 0).detail
      : 'the registry gave an answer that cannot be read';
    const remedy = 'let Upkeep reach data.iana.org and the registry over HTTPS, or name another `bootstrap`';
    return failed(ctx.signal.aborted ? 'the registry did not answer in time' : why, remedy);
  }
}

/** Status values that take a domain out of the DNS or lead there (EPP, RFC 5731 and 3915). */
const heldStatus = /^(client hold|server hold|redemption period|pending delete|inactive)$/;

function judge({ events, status }: z.output<typeof domainSchema>, now: number): Outcome {
  const held = status.filter((each) => heldStatus.test(each.toLowerCase()));
  const date = events.find(({ eventAction }) => eventAction === 'expiration')?.eventDate;
  const until = date === undefined ? Number.NaN : Date.parse(date);
  const readings = [{ metric: 'dns.registration.held', value: held.length > 0 ? 1 : 0 }];
  const standing = held.length > 0 ? `, ${held.join(', ')}` : '';
  if (!Number.isFinite(until)) {
    const reason = 'the registry does not tell when the domain runs out';
    const missing = [
      { metrics: ['dns.registration.expires-in'], reason, remedy: 'watch its date at your registrar' },
    ];
    return { ok: true, readings, missing, detail: `${reason}${standing}` };
  }
  readings.push({ metric: 'dns.registration.expires-in', value: (until - now) / 1_000 });
  const left = until - now;
  const ends = left < 0 ? `ran out ${formatDuration(-left)} ago` : `runs out in ${formatDuration(left)}`;
  return { ok: true, readings, detail: `${ends}${standing}` };
}

/** The longest end of the name that the list knows; its first HTTPS address, else its first. */
async function registryOf(
  client: DnsClient,
  bootstrap: string,
  zone: string,
  ctx: ProbeContext,
): Promise<URL | undefined> {
  const kept = client.bootstrap;
  const isFresh = kept !== undefined && ctx.clock.now() - kept.at < bootstrapKeptMs;
  const text = isFresh ? kept.text : (await fetchJson(new URL(bootstrap), ctx)).text;
  const { services } = bootstrapSchema.parse(JSON.parse(text));
  if (!isFresh) client.bootstrap = { at: ctx.clock.now(), text };
  const name = bare(zone);
  const matching = services
    .flatMap(([ends, urls]) => ends.map((end) => ({ end: bare(end), urls })))
    .filter(({ end }) => name === end || name.endsWith(`.${end}`))
    .sort((a, b) => b.end.length - a.end.length)[0];
  const url = matching?.urls.find((each) => each.startsWith('https:')) ?? matching?.urls[0];
  return url === undefined ? undefined : new URL(url.endsWith('/') ? url : `${url}/`);
}

async function fetchJson(
  url: URL,
  ctx: ProbeContext,
): Promise<{ readonly status: number; readonly text: string }> {
  let at = url;
  for (let redirects = 0; ; redirects++) {
    const { status, text, location } = await fetchText({
      url: at,
      headers: { accept: 'application/rdap+json, application/json' },
      signal: ctx.signal,
      maxBytes,
    });
    if (location === undefined || redirects >= mostRedirects) return { status, text };
    at = new URL(location, at);
  }
}
