/** Ports that the kernel gives to outgoing connections, and who uses most of them: /proc/net/tcp. */
import { readFile } from 'node:fs/promises';

export interface PortUse {
  /** First and last of the range, both included (ip_local_port_range). */
  readonly from: number;
  readonly to: number;
  /**
   * The destination with the most connections; each local port can be used once towards it. Undefined where nothing is
   * connected.
   */
  readonly busiest:
    | { readonly address: string; readonly port: number; readonly used: number; readonly waiting: number }
    | undefined;
}

const timeWait = '06';

export function parsePortRange(text: string): { from: number; to: number } | undefined {
  const [from, to] = text.trim().split(/\s+/).map(Number);
  return from !== undefined && to !== undefined && from > 0 && to >= from ? { from, to } : undefined;
}

export function busiestDestination(
  tables: readonly string[],
  { from, to }: { from: number; to: number },
): PortUse['busiest'] {
  const found = new Map<string, { used: number; waiting: number }>();
  for (const line of tables.flatMap((table) => table.split('\n').slice(1))) {
    const [, local = '', remote = '', state] = line.trim().split(/\s+/);
    const localPort = Number.parseInt(local.split(':')[1] ?? '', 16);
    if (!(localPort >= from && localPort <= to) || /:0000$/.test(remote) || remote === '') continue;
    const entry = found.get(remote) ?? { used: 0, waiting: 0 };
    found.set(remote, { used: entry.used + 1, waiting: entry.waiting + (state === timeWait ? 1 : 0) });
  }
  const [top] = [...found].sort(([, a], [, b]) => b.used - a.used);
  if (top === undefined) return undefined;
  const [address = '', port = ''] = top[0].split(':');
  return { address: addressOf(address), port: Number.parseInt(port, 16), ...top[1] };
}

/** As the kernel of a little-endian machine prints it. */
function addressOf(hex: string): string {
  if (hex.length === 8)
    return (hex.match(/../g) ?? [])
      .reverse()
      .map((byte) => Number.parseInt(byte, 16))
      .join('.');
  const words = (hex.match(/.{8}/g) ?? []).map((word) => (word.match(/../g) ?? []).reverse().join(''));
  const all = words.join('');
  if (/^0{20}ffff/i.test(all))
    return (all.slice(24).match(/../g) ?? []).map((byte) => Number.parseInt(byte, 16)).join('.');
  return (all.match(/.{4}/g) ?? []).map((group) => Number.parseInt(group, 16).toString(16)).join(':');
}

/** Undefined where this kernel does not tell. */
export async function readPortUse(): Promise<PortUse | undefined> {
  const range = parsePortRange(
    await readFile('/proc/sys/net/ipv4/ip_local_port_range', 'utf8').catch(() => ''),
  );
  if (range === undefined) return undefined;
  const tables = await Promise.all(
    ['/proc/net/tcp', '/proc/net/tcp6'].map((file) => readFile(file, 'utf8').catch(() => '')),
  );
  return { ...range, busiest: busiestDestination(tables, range) };
}

/** `8080,9148-9150` of ip_local_reserved_ports: those are somebody's on purpose. */
export function parsePorts(text: string): readonly { from: number; to: number }[] {
  return text
    .trim()
    .split(',')
    .filter((part) => part !== '')
    .map((part) => {
      const [from = 0, to = from] = part.split('-').map(Number);
      return { from, to };
    });
}

/** Whether the kernel gives this port to whoever asks for any; never where it does not say which it gives. */
export async function lentPorts(): Promise<(port: number) => boolean> {
  const folder = '/proc/sys/net/ipv4';
  const read = (name: string) => readFile(`${folder}/${name}`, 'utf8').catch(() => '');
  const range = parsePortRange(await read('ip_local_port_range'));
  const reserved = parsePorts(await read('ip_local_reserved_ports'));
  const isWithin = (port: number, { from, to }: { from: number; to: number }) => port >= from && port <= to;
  return (port) =>
    range !== undefined && isWithin(port, range) && !reserved.some((part) => isWithin(port, part));
}
