/** Who is wrong about a name: the resolver, the zone, or what was declared. */
import { promises as dns } from 'node:dns';
import type { Evidence, Finding } from '../../../core/evidence.ts';
import type { Diagnosis, DiagnosisContext } from '../../../core/system.ts';
import { formatDuration } from '../../../core/time.ts';
import { withDeadline } from '../../../machine/network/deadline.ts';
import { type DialContext, Interrupted } from '../../../machine/network/dial.ts';
import { comparable, type DnsClient, resolveRecords } from '../client.ts';

const id = 'dns.wrong-answer';
const askWithinMs = 2_500;
const mostServers = 3;

export const wrongAnswer: Diagnosis<DnsClient> = {
  id,
  title: 'the name has another answer than declared',
  summary: 'Whether the resolver, the zone or the declaration is wrong about the name',
  explains: ['dns.wrong-answer', 'dns.down'],
  async gather(client, target, ctx) {
    const { config } = client;
    const servers = await authorities(client, ctx);
    return [
      {
        ...base(target, 'declared', 'What is declared', ctx, 'expect of the target in upkeep.yaml'),
        facts: {
          name: config.name,
          type: config.type,
          expect: config.expect === undefined ? null : listed(wanted(client)),
        },
      },
      await askedEvidence(client, target, ctx),
      ...(await Promise.all(servers.map((server, at) => askedEvidence(client, target, ctx, { server, at })))),
      ...(servers.length === 0
        ? [
            {
              ...base(target, 'authority-0', 'The name server of the zone', ctx, `dig NS ${config.name}`),
              unseen: 'no name server of the zone was found: set `authoritative`, or let Upkeep reach it',
            },
          ]
        : []),
    ];
  },
  conclude(evidence, target) {
    const declared = evidence.find((each) => each.id === `${target}.declared`)?.facts;
    const resolver = evidence.find((each) => each.id === `${target}.resolver`);
    const authorities = evidence.filter((each) => each.id.startsWith(`${target}.authority-`));
    if (declared === undefined || resolver?.facts === undefined) return [];
    const told = authorities.filter((each) => each.facts !== undefined);
    const expect = declared.expect ?? null;
    const name = `${declared.name} (${declared.type})`;
    const got = resolver.facts;
    if (got.answer === expect && got.failure === null) return [];
    // Nothing declared, and an answer: nothing to compare with but the zone.
    const zone = agreed(told);
    if (expect === null && got.failure === null && (zone === undefined || zone.answer === got.answer))
      return [];
    const seenIds = [`${target}.declared`, resolver.id, ...told.map((each) => each.id)];
    const unseen = authorities.flatMap((each) => (each.unseen === undefined ? [] : [each.unseen]));
    return [
      { id, target, evidence: seenIds, unseen, recommendations: [], ...judge(name, expect, got, told, zone) },
    ];
  },
};

type Facts = NonNullable<Evidence['facts']>;
type Told = Pick<Finding, 'summary' | 'explanation' | 'confidence'> & { decides?: string[] };

function judge(
  name: string,
  expect: Facts[string],
  got: Facts,
  told: readonly Evidence[],
  zone: Facts | undefined,
): Told {
  const said = inWords(got);
  if (told.length > 1 && zone === undefined)
    return {
      summary: `the name servers of the zone disagree about ${name}: ${told.map((each) => `${each.facts?.server} says ${inWords(each.facts ?? {})}`).join(', ')}`,
      explanation:
        'One of them has not taken over the last change of the zone (compare their SOA serials), so that the answer depends on whom a resolver asks.',
      confidence: 0.9,
    };
  if (zone === undefined)
    return {
      summary: `the resolver says ${said} for ${name}${expect === null ? '' : `, declared is ${expect}`}`,
      explanation:
        'The name servers of the zone could not be asked, so whether the resolver or the zone is wrong is open.',
      confidence: 0.5,
      decides: ['dig +trace: what the zone itself says'],
    };
  const isZoneRight = zone.failure === null && (expect === null || zone.answer === expect);
  if (isZoneRight) return resolverWrong(name, got, zone);
  const isSame = zone.answer === got.answer && zone.failure === got.failure;
  return {
    summary: `the zone itself says ${inWords(zone)} for ${name}${expect === null ? '' : `, declared is ${expect}`}`,
    explanation: `${isSame ? 'The resolver only passes on what the name servers of the zone say.' : `The resolver says ${said} besides, perhaps from its cache.`} The zone was changed, or \`expect\` is out of date; the log of the DNS provider tells who and when. Before it is put right mind its TTL${ttlOf(zone)}: caches keep the wrong answer that long.`,
    confidence: 0.92,
  };
}

function resolverWrong(name: string, got: Facts, zone: Facts): Told {
  const said = inWords(got);
  if (got.failure !== null)
    return {
      summary: `the resolver says ${said} for ${name}, while the zone says ${inWords(zone)}`,
      explanation: `The name servers of the zone answer ${zone.answer}: the zone is in order, and the resolver ${got.server} is not. Look at its log and at /etc/resolv.conf; another resolver would help at once. A negative answer may come from its cache.`,
      confidence: 0.93,
    };
  const ttl = Number(got.ttlSeconds);
  const until =
    Number.isFinite(ttl) && got.ttlSeconds !== null
      ? ` Its answer may be of its cache, which runs out within ${formatDuration(ttl * 1_000)}; if it still stands then, the resolver makes it up.`
      : '';
  return {
    summary: `the resolver says ${said} for ${name}, while the zone says ${inWords(zone)}`,
    explanation: `The name servers of the zone are right and the resolver ${got.server} is not: an old answer, or one of its own.${until} Flush its cache, or take it out of /etc/resolv.conf.`,
    confidence: 0.93,
    decides: ['the same question again once the TTL has run out'],
  };
}

/** What all name servers say; undefined where none was asked or they differ. */
function agreed(told: readonly Evidence[]): Facts | undefined {
  const [first, ...others] = told.flatMap((each) => (each.facts ? [each.facts] : []));
  if (first === undefined) return undefined;
  return others.every(({ answer, failure }) => answer === first.answer && failure === first.failure)
    ? first
    : undefined;
}

function inWords({ answer, failure }: Facts): string {
  return String(failure ?? answer);
}

function ttlOf({ ttlSeconds }: Facts): string {
  return typeof ttlSeconds === 'number' ? ` (${formatDuration(ttlSeconds * 1_000)})` : '';
}

function base(target: string, topic: string, title: string, ctx: DiagnosisContext, how: string) {
  return { id: `${target}.${topic}`, target, title, at: ctx.clock.now(), how };
}

async function askedEvidence(
  client: DnsClient,
  target: string,
  ctx: DiagnosisContext,
  authority?: { readonly server: string; readonly at: number },
): Promise<Evidence> {
  const { config } = client;
  const own = config.resolver === undefined ? 'of this machine' : [config.resolver].flat().join(', ');
  const server = authority?.server ?? own;
  const at = authority !== undefined || config.resolver !== undefined ? ` @${server}` : '';
  const piece = base(
    target,
    authority === undefined ? 'resolver' : `authority-${authority.at}`,
    authority === undefined ? 'What the resolver says' : 'What the name server of the zone says',
    ctx,
    `dig ${config.type} ${config.name}${at}${authority === undefined ? '' : ' +norecurse'}`,
  );
  const asked = authority === undefined ? client : { config: { ...config, resolver: authority.server } };
  try {
    const { answers, ttlSeconds } = await withDeadline(ctx, askWithinMs, (dial) =>
      resolveRecords(asked, dial),
    );
    return {
      ...piece,
      facts: { server, answer: listed(answers), ttlSeconds: ttlSeconds ?? null, failure: null },
    };
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : '';
    const failure =
      failures[code] ?? (error instanceof Interrupted ? 'nothing in time' : `nothing (${code || error})`);
    // A silent name server tells nothing of the zone; a silent resolver is the trouble itself.
    if (authority !== undefined && failures[code] === undefined)
      return { ...piece, unseen: `${server} says ${failure}` };
    return { ...piece, facts: { server, answer: null, ttlSeconds: null, failure } };
  }
}

const failures: Readonly<Record<string, string>> = {
  ENOTFOUND: 'that there is no such name',
  ENODATA: 'that there is no such record',
  ESERVFAIL: 'SERVFAIL',
};

/** Configured, else those that the machine's resolvers name for the zone; addresses. */
async function authorities({ config }: DnsClient, ctx: DiagnosisContext): Promise<string[]> {
  if (config.authoritative !== undefined) return [config.authoritative].flat().slice(0, mostServers);
  return withDeadline(ctx, askWithinMs, (dial) => found(config, dial)).catch(() => []);
}

async function found(config: DnsClient['config'], { signal }: DialContext): Promise<string[]> {
  const resolver = new dns.Resolver({ timeout: 800, tries: 1 });
  if (config.resolver !== undefined) resolver.setServers([config.resolver].flat());
  signal.addEventListener('abort', () => resolver.cancel(), { once: true });
  const labels = config.name.replace(/\.$/, '').split('.');
  for (let at = 0; at < labels.length - 1 && !signal.aborted; at++) {
    const names = await resolver.resolveNs(labels.slice(at).join('.')).catch(() => []);
    if (names.length === 0) continue;
    const addresses = await Promise.all(
      names.slice(0, mostServers).map((name) => resolver.resolve4(name).catch(() => [])),
    );
    return addresses.flatMap(([first]) => (first === undefined ? [] : [first]));
  }
  return [];
}

function wanted({ config }: DnsClient): string[] {
  const expect = config.expect ?? [];
  return config.type === 'TXT' ? [...expect] : expect.map(comparable);
}

/** Strangers write records: cut, without control characters, in one order. */
function listed(answers: readonly string[]): string {
  return [...answers]
    .sort()
    .slice(0, 10)
    .map((each) => each.replace(/[^\x20-\x7e]/g, '?').slice(0, 100))
    .join(', ');
}
