/** From where a server can be reached, and by whom. Pure. */
import { BlockList, isIP } from 'node:net';

export type Reach = 'loopback' | 'private' | 'public';

const loopback = new BlockList();
loopback.addSubnet('127.0.0.0', 8, 'ipv4');
loopback.addAddress('::1', 'ipv6');
const own = new BlockList();
for (const [net, prefix] of [
  ['10.0.0.0', 8],
  ['172.16.0.0', 12],
  ['192.168.0.0', 16],
  ['100.64.0.0', 10],
  ['169.254.0.0', 16],
] as const)
  own.addSubnet(net, prefix, 'ipv4');
own.addSubnet('fc00::', 7, 'ipv6');
own.addSubnet('fe80::', 10, 'ipv6');

export function reachOfAddress(address: string): Reach {
  const kind = isIP(address) === 6 ? 'ipv6' : 'ipv4';
  if (loopback.check(address, kind)) return 'loopback';
  return own.check(address, kind) ? 'private' : 'public';
}

const widest = (all: readonly Reach[]): Reach =>
  all.includes('public') ? 'public' : all.includes('private') ? 'private' : 'loopback';

/**
 * @param bind CONFIG GET bind: `127.0.0.1 -::1`, `* -::*`; undefined where it cannot be read
 * @param addresses known to be its own: those of this machine where it runs here, and the one we ask
 */
export function reachOfServer(bind: string | undefined, addresses: readonly string[]): Reach {
  const known = widest(addresses.filter((one) => isIP(one) !== 0).map(reachOfAddress));
  if (bind === undefined) return known;
  const places = bind
    .split(' ')
    .filter(Boolean)
    .map((one) => one.replace(/^-/, ''));
  const isEverywhere = places.length === 0 || places.some((one) => /^(\*|::\*|0\.0\.0\.0|::)$/.test(one));
  // Bound to all of them, it is as reachable as the widest address the machine is known to have.
  if (isEverywhere) return known === 'public' ? 'public' : 'private';
  return widest(places.filter((one) => isIP(one) !== 0).map(reachOfAddress));
}

export interface Access {
  readonly reach: Reach;
  /** What a client without a login is answered to PING; undefined where that could not be tried. */
  readonly stranger: string | undefined;
  /** Whether we ask from the machine itself, which protected mode lets in. */
  readonly isAskedFromLoopback: boolean;
  readonly isProtected: boolean;
}

/** 0: not open. 1: to everybody on a private network. 2: to everybody. Undefined where it cannot be told. */
export function opennessOf({
  reach,
  stranger,
  isAskedFromLoopback,
  isProtected,
}: Access): 0 | 1 | 2 | undefined {
  if (stranger === undefined) return undefined;
  if (stranger !== 'PONG' || reach === 'loopback') return 0;
  if (isProtected && isAskedFromLoopback) return 0;
  return reach === 'public' ? 2 : 1;
}

/** Protected mode turns other machines away while there is no password; before 7.0 only without `bind`. */
export function isProtectedMode(
  setting: string | undefined,
  bind: string | undefined,
  version: string,
): boolean {
  return setting === 'yes' && (Number.parseInt(version, 10) >= 7 || bind === '');
}

/** Who mends the program: the distribution that packages it, or whoever built it; undefined where that cannot be told. */
export type Keeper = 'distribution' | 'builder' | undefined;

/**
 * @param running the program that runs, as the kernel has it; undefined where the server is not on this machine, or of
 *   another user
 * @param said what INFO calls its executable: its folder and the name it was called by, which for one that was found by
 *   PATH is no path of a program at all
 */
export function keeperOf(running: string | undefined, said: string): Keeper {
  const path = (running ?? said).replace(/ \(deleted\)$/, '');
  if (/^\/(usr\/)?s?bin\//.test(path)) return 'distribution';
  return running !== undefined || /^\/usr\/local\/s?bin\//.test(path) ? 'builder' : undefined;
}

/**
 * Whether nobody mends this release any more: of Redis, those before 6.2 and 7.0 got no fix when 6.2, 7.2, 7.4, 8.0 and
 * 8.2 did (CVE-2025-49844, October 2025). What a distribution packages it patches itself. Undefined where it is such a
 * release and nobody can tell who built it.
 */
export function isUnsupported(server: {
  readonly version: string;
  readonly isValkey: boolean;
  readonly keeper: Keeper;
}): boolean | undefined {
  const [major = 0, minor = 0] = server.version.split('.').map(Number);
  if (server.isValkey || major === 0 || server.keeper === 'distribution') return false;
  const isOld = major < 6 || (major === 6 && minor < 2) || (major === 7 && minor === 0);
  return isOld && server.keeper === undefined ? undefined : isOld;
}
