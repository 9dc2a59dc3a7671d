/** Other targets as witnesses of the way out: what answered once by a plain connection is asked whether it still does. */
import { BlockList, isIP } from 'node:net';
import { networkInterfaces } from 'node:os';
import { afterAwake } from '../../core/awake.ts';
import type { Clock } from '../../core/time.ts';
import { type Destination, dial, hostAndPort } from './dial.ts';
import { networkFailure } from './failure.ts';

export interface Peer extends Destination {
  readonly name: string;
}

export interface Witness {
  readonly name: string;
  readonly answers: boolean;
  /** On a network of this machine: no gateway lies between. */
  readonly isNear: boolean;
  readonly detail: string;
}

export interface Peers {
  /** Asks all, so that they count from now on: what is reached by a proxy alone never answers a plain connection. */
  meet(peers: readonly Peer[], timeoutMs: number): Promise<void>;
  isKnown(peer: Peer): boolean;
  /** Ends with `enough` answers from beyond the own networks, at the latest after `timeoutMs`. */
  ask(peers: readonly Peer[], timeoutMs: number, enough: number): Promise<readonly Witness[]>;
  /** Whether the address, not a name, is on a network of this machine. */
  isNear(host: string): boolean;
}

const keyOf = ({ host, port }: Destination) => hostAndPort(host, port);

export function createPeers(clock: Clock): Peers {
  const known = new Set<string>();

  async function ask(peers: readonly Peer[], timeoutMs: number, enough: number) {
    const stop = new AbortController();
    const limit = afterAwake(clock, timeoutMs, () => stop.abort(new Error('too late')));
    const witnesses: Witness[] = [];
    let isOver = false;
    let answers = 0;
    const finished = Promise.withResolvers<void>();
    const all = peers.map(async (peer) => {
      const witness = await askOne(peer, stop.signal, timeoutMs);
      if (isOver) return;
      if (witness.answers) known.add(keyOf(peer));
      witnesses.push(witness);
      if (witness.answers && !witness.isNear && ++answers >= enough) finished.resolve();
    });
    await Promise.race([Promise.all(all), finished.promise]);
    isOver = true;
    limit.cancel();
    stop.abort(new Error('over'));
    return witnesses;
  }

  async function askOne(peer: Peer, signal: AbortSignal, timeoutMs: number): Promise<Witness> {
    const began = clock.monotonic();
    try {
      const { socket } = await dial(peer, { signal, clock, timeoutMs });
      const isNear = isNearAddress(socket.remoteAddress ?? peer.host);
      socket.destroy();
      return { name: peer.name, answers: true, isNear, detail: 'takes connections' };
    } catch (error) {
      const { why, detail } = networkFailure(error, peer, clock.monotonic() - began);
      return { name: peer.name, answers: why === 'refused', isNear: isNearAddress(peer.host), detail };
    }
  }

  return {
    ask,
    isNear: isNearAddress,
    isKnown: (peer) => known.has(keyOf(peer)),
    async meet(peers, timeoutMs) {
      await ask(peers, timeoutMs, Number.POSITIVE_INFINITY);
    },
  };
}

function isNearAddress(host: string): boolean {
  const family = isIP(host);
  if (family === 0) return false;
  const near = new BlockList();
  for (const { cidr } of Object.values(networkInterfaces()).flatMap((each) => each ?? [])) {
    const [address, prefix] = cidr?.split('/') ?? [];
    if (address && prefix) near.addSubnet(address, Number(prefix), isIP(address) === 6 ? 'ipv6' : 'ipv4');
  }
  return near.check(host, family === 6 ? 'ipv6' : 'ipv4');
}
