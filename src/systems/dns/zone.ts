/** The name servers of a zone, and what each says of it. */
import type { DnsConfig } from './config.ts';
import { askResolver, askServer, bare, type WireContext } from './wire.ts';

export interface ZoneServer {
  /** `ns1.example.test`; the address where only that is known. */
  readonly name: string;
  /** Undefined where its name does not resolve. */
  readonly address: string | undefined;
}

export interface ServerAnswer extends ZoneServer {
  /** Serial of the zone; undefined where it does not hold the zone. */
  readonly serial: number | undefined;
  /** Names of the NS records it gives for the zone, sorted. */
  readonly nameServers: readonly string[];
  /** `lame`: it answers, and does not hold the zone. `silent`: it does not answer. */
  readonly standing: 'well' | 'lame' | 'silent';
  readonly why: string;
  readonly seconds: number | undefined;
}

const mostServers = 8;

/** @throws NoAnswer when the resolver does not tell them */
export async function serversOf(config: DnsConfig, zone: string, ctx: WireContext): Promise<ZoneServer[]> {
  if (config.authoritative !== undefined)
    return [config.authoritative].flat().map((address) => ({ name: address, address }));
  const { answers } = await askResolver(config, { name: zone, type: 'NS' }, ctx);
  const names = answers.flatMap((each) => (each.type === 'NS' ? [bare(each.data)] : []));
  return Promise.all(
    names.slice(0, mostServers).map(async (name) => ({ name, address: await addressOf(config, name, ctx) })),
  );
}

async function addressOf(config: DnsConfig, name: string, ctx: WireContext): Promise<string | undefined> {
  for (const type of ['A', 'AAAA'] as const) {
    const found = await askResolver(config, { name, type }, ctx).catch(() => undefined);
    for (const each of found?.answers ?? []) if (each.type === type) return each.data;
  }
  return undefined;
}

export async function askForZone(server: ZoneServer, zone: string, ctx: WireContext): Promise<ServerAnswer> {
  const nothing = { ...server, serial: undefined, nameServers: [], seconds: undefined };
  if (server.address === undefined) return { ...nothing, standing: 'silent', why: 'its name has no address' };
  try {
    const soa = await askServer({ server: server.address, name: zone, type: 'SOA' }, ctx);
    const serial = soa.answers.flatMap((each) => (each.type === 'SOA' ? [each.data.serial ?? 0] : []))[0];
    if (soa.code !== 'NOERROR' || !soa.isAuthoritative || serial === undefined) {
      const why = soa.code === 'NOERROR' ? 'it does not hold the zone' : `it says ${soa.code}`;
      return { ...nothing, standing: 'lame', why, seconds: soa.seconds };
    }
    const ns = await askServer({ server: server.address, name: zone, type: 'NS' }, ctx);
    const nameServers = ns.answers.flatMap((each) => (each.type === 'NS' ? [bare(each.data)] : [])).sort();
    return { ...server, serial, nameServers, standing: 'well', why: '', seconds: soa.seconds };
  } catch (error) {
    return { ...nothing, standing: 'silent', why: error instanceof Error ? error.message : String(error) };
  }
}
