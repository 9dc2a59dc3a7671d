/** SLOWLOG GET: commands that took longer than slowlog-log-slower-than (10 ms unless set). */
import { plain } from '../../core/plain.ts';
import { type CommandShape, shapeOf } from './command-shape.ts';
import type { Ask } from './session.ts';

export interface SlowCommand extends CommandShape {
  readonly id: number;
  /** Epoch milliseconds, of the server's clock. */
  readonly at: number;
  readonly seconds: number;
  readonly host: string;
  /** What the client calls itself, digits as #. */
  readonly client: string;
}

/** The newest `most`, newest first; what Upkeep itself asked is left out. */
export async function readSlowlog(ask: Ask, most: number): Promise<SlowCommand[]> {
  const reply = await ask('SLOWLOG', 'GET', most);
  return (Array.isArray(reply) ? reply : []).flatMap((entry: unknown) => {
    if (!Array.isArray(entry)) return [];
    const [id, at, micros, words, address, name]: unknown[] = entry;
    if (name === 'upkeep') return [];
    return [
      {
        ...shapeOf(Array.isArray(words) ? words.map(String) : []),
        id: Number(id),
        at: Number(at) * 1_000,
        seconds: Number(micros) / 1_000_000,
        host: plain(String(address ?? '').replace(/:\d+$/, ''), 60),
        client: plain(String(name ?? '').replace(/\d+/g, '#'), 60),
      },
    ];
  });
}

export interface Stall {
  /** `fork`, `aof-fsync-always`, `expire-cycle`, `eviction-cycle`, `command`. */
  readonly event: string;
  /** Epoch milliseconds. */
  readonly at: number;
  readonly seconds: number;
}

/** The newest stall of each kind; empty where latency-monitor-threshold is 0, as it is by default. */
export async function readStalls(ask: Ask): Promise<Stall[]> {
  const reply = await ask('LATENCY', 'LATEST');
  return (Array.isArray(reply) ? reply : []).flatMap((entry: unknown) => {
    if (!Array.isArray(entry)) return [];
    const [event, at, milliseconds]: unknown[] = entry;
    return [
      { event: plain(String(event), 40), at: Number(at) * 1_000, seconds: Number(milliseconds) / 1_000 },
    ];
  });
}

export function clientInWords({ client, host }: Pick<SlowCommand, 'client' | 'host'>): string {
  return `${client === '' ? 'a client without a name' : client}${host === '' ? '' : ` at ${host}`}`;
}
