/** Whether a change can bring about what got worse: a limit of memory refuses no connection, and `man-db` slows no broker. Pure. */
import type { Change } from '../change.ts';
import type { MovedMetric } from './moved.ts';

/** `can`, or what such a change would show instead and why this is not that. */
export type Means = { readonly can: true } | { readonly can: false; readonly why: string };

/** An action of Upkeep that was applied and verified. */
export interface Repair {
  /** When it was applied, epoch milliseconds. */
  readonly at: number;
  readonly action: string;
  readonly target: string;
  readonly result: string | null;
}

export interface Surroundings {
  /** `rabbitmq`; undefined where it is not known. */
  readonly systemOf?: (target: string) => string | undefined;
  readonly repairs?: readonly Repair[];
}

/**
 * What reaches every program of a machine, and the runtimes that programs are run by: the kernel and its firmware, the C
 * library, what nearly all servers have loaded. Names as Debian has them.
 */
const ofAll =
  /^(?:linux-(?:image|modules)|firmware-|(?:intel|amd64)-microcode|libc6|libgcc|libstdc\+\+|libssl|openssl|libgnutls|libcrypt|zlib1g|libzstd|liblz4|libpcre|libpq|libjemalloc|liblua|libicu|libnss|libpam|libsystemd|systemd|dbus|udev|ca-certificates|tzdata|netbase|iptables|nftables|erlang|openjdk|nodejs|python3|php|ruby|perl)/;
/** Whose server it is cannot be told from every name (`mariadb-server` is a MySQL to us). */
const ofSomeServer = /-server\b/;

/** @param worse what got worse and may have been made so, any of it; `target` of each */
export function meansOf(
  change: Pick<Change, 'kind' | 'source' | 'differences' | 'target' | 'after' | 'at'>,
  worse: readonly Pick<MovedMetric, 'target' | 'metric' | 'kind'>[],
  { systemOf, repairs = [] }: Surroundings,
): Means {
  const repair = repairs.find((one) => isOf(one, change));
  if (repair) return { can: false, why: `Upkeep did it itself, and it was verified: ${repair.action}` };
  if (change.source === 'host.packages') {
    const others = worse.filter(({ target }) => target !== change.target);
    const systems = [...new Set(others.flatMap(({ target }) => systemOf?.(target) ?? []))];
    const isAble = change.differences.some(
      ({ name }) =>
        ofAll.test(name) ||
        ofSomeServer.test(name) ||
        systems.some((system) => name.toLowerCase().includes(system)),
    );
    if (isAble || change.differences.length === 0) return { can: true };
    return {
      can: false,
      why: 'no package of it is the kernel, a library that servers load, or of what got worse',
    };
  }
  const settings = change.differences.map(({ name }) => purposeOf(name));
  if (settings.length === 0 || settings.includes(null)) return { can: true };
  const isAble = worse.some((one) => settings.some((purpose) => purpose?.makes(one) ?? true));
  if (isAble || worse.length === 0) return { can: true };
  return { can: false, why: `${settings[0]?.words ?? 'it'}, and none of that moved` };
}

/** The ledger saw it between two looks, the repair lies between them, and names all that differs. */
function isOf(
  { at, action, target, result }: Repair,
  change: Pick<Change, 'target' | 'after' | 'at' | 'differences'>,
): boolean {
  const said = `${action} ${result ?? ''}`.toLowerCase();
  return (
    change.target === target &&
    change.differences.length > 0 &&
    at >= change.after - slackMs &&
    at <= change.at &&
    change.differences.every(({ name }) => said.includes(name.toLowerCase()))
  );
}

/** A look and an action may be under way at the same time. */
const slackMs = 60_000;

interface Purpose {
  readonly words: string;
  makes(moved: Pick<MovedMetric, 'metric' | 'kind'>): boolean;
}

const isOfConnections = ({ metric, kind }: Pick<MovedMetric, 'metric' | 'kind'>) =>
  kind === 'connections' || /connection|client|reject|login/i.test(metric);

const ofConnections: Purpose = {
  words: 'a limit of connections turns some away or lets some wait',
  makes: (moved) => isOfConnections(moved) || ['errors', 'availability', 'latency'].includes(moved.kind),
};
const ofMemory: Purpose = {
  words: 'a setting of memory changes what fits there, what is written and how long it takes',
  makes: (moved) => !isOfConnections(moved),
};

/** Null where nothing is known of it: then it may do anything. */
function purposeOf(name: string): Purpose | null {
  if (
    /^(?:maxclients|max_?conn(?:ections)?|max_user_connections|superuser_reserved_connections)$/i.test(name)
  )
    return ofConnections;
  if (
    /^(?:maxmemory(?:-.+)?|.*_mem|shared_buffers|effective_cache_size|innodb_buffer_pool_size)$/i.test(name)
  )
    return ofMemory;
  return null;
}
