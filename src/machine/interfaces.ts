/** Network interfaces and TCP of this machine: /proc/net/dev and /proc/net/snmp. */
import { readFile } from 'node:fs/promises';

/** Counters since the interface came up. */
export interface InterfaceReading {
  readonly name: string;
  readonly receivedBytes: number;
  readonly receivedPackets: number;
  readonly receiveErrors: number;
  readonly receiveDrops: number;
  readonly sentBytes: number;
  readonly sentPackets: number;
  readonly sendErrors: number;
  readonly sendDrops: number;
}

export function parseInterfaces(text: string): InterfaceReading[] {
  return text.split('\n').flatMap((line) => {
    const [, name, rest] = /^\s*([^\s:]+):\s*(.*)$/.exec(line) ?? [];
    const values = rest?.trim().split(/\s+/).map(Number);
    if (name === undefined || values === undefined || values.length < 12) return [];
    const value = (index: number) => values[index] ?? 0;
    return {
      name,
      receivedBytes: value(0),
      receivedPackets: value(1),
      receiveErrors: value(2),
      receiveDrops: value(3),
      sentBytes: value(8),
      sentPackets: value(9),
      sendErrors: value(10),
      sendDrops: value(11),
    };
  });
}

/** Interfaces that ever carried something; the loopback is left out. */
export async function readInterfaces(): Promise<InterfaceReading[]> {
  const all = parseInterfaces(await readFile('/proc/net/dev', 'utf8'));
  return all.filter((each) => each.name !== 'lo' && each.receivedPackets + each.sentPackets > 0);
}

export interface TcpReading {
  readonly sentSegments: number;
  readonly retransmittedSegments: number;
}

export function parseTcp(text: string): TcpReading | undefined {
  const [names, values] = [...text.matchAll(/^Tcp: (.*)$/gm)].map(([, line]) => line?.split(' ') ?? []);
  const value = (name: string) => Number(values?.[names?.indexOf(name) ?? -1]);
  const [sent, retransmitted] = [value('OutSegs'), value('RetransSegs')];
  if (!Number.isFinite(sent) || !Number.isFinite(retransmitted)) return undefined;
  return { sentSegments: sent, retransmittedSegments: retransmitted };
}

export async function readTcp(): Promise<TcpReading | undefined> {
  return parseTcp(await readFile('/proc/net/snmp', 'utf8'));
}
