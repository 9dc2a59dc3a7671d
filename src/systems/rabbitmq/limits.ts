/** Limits of memory and disk: what its own configuration says, and what is in force. Only rabbitmqctl tells both. */
import { z } from 'zod';
import { commandLine, runProgram } from '../../machine/run-program.ts';
import type { RabbitmqConnection } from './client.ts';

export type Resource = 'memory' | 'disk';

export interface Limit {
  /** Arguments of rabbitmqctl that put the configured value in force. */
  readonly reset: readonly string[];
  /** As people write it: `0.4 of memory`, `50MB`. */
  readonly configured: string;
  /** In force now, in bytes. */
  readonly now: number;
  /** What the configured value amounts to, in bytes. */
  readonly configuredBytes: number;
}

/** Terms of Erlang as text: `0.4`, `"50MB"`, `{absolute,"2GB"}`. */
const answer = z.object({
  memoryConfigured: z.string(),
  diskConfigured: z.string(),
  total: z.number(),
  memory: z.number(),
  disk: z.number(),
});

/** One fixed question, for every start of rabbitmqctl costs a second; it changes nothing. */
const question =
  `P = fun(N) -> {ok, V} = application:get_env(rabbit, N), list_to_binary(io_lib:format("~p", [V])) end,
rabbit_json:encode(#{memoryConfigured => P(vm_memory_high_watermark), diskConfigured => P(disk_free_limit),
total => vm_memory_monitor:get_total_memory(), memory => vm_memory_monitor:get_memory_limit(),
disk => rabbit_disk_monitor:get_disk_free_limit()}).`.replaceAll('\n', ' ');

/** @throws when rabbitmqctl cannot be run or says no */
export async function readLimits(
  conn: RabbitmqConnection,
  node: string,
  signal: AbortSignal,
): Promise<Record<Resource, Limit>> {
  const { code, text } = await control(conn, node, ['eval', question], signal);
  const said = /<<"(\{.*\})">>/.exec(text)?.[1];
  if (code !== 0 || said === undefined)
    throw new Error(`rabbitmqctl ended with ${code}: ${text.slice(-300)}`);
  const seen = answer.parse(JSON.parse(z.string().parse(JSON.parse(`"${said}"`))));
  return {
    memory: { ...memoryLimit(seen.memoryConfigured, seen.total), now: seen.memory },
    disk: { ...diskLimit(seen.diskConfigured, seen.total), now: seen.disk },
  };
}

type Configured = Omit<Limit, 'now'>;

export function memoryLimit(term: string, memory: number): Configured {
  const absolute = /^\{absolute,"?([\w.]+)"?\}$/.exec(term)?.[1];
  if (absolute !== undefined) {
    const reset = ['set_vm_memory_high_watermark', 'absolute', absolute];
    return { reset, configured: absolute, configuredBytes: bytesOf(absolute) };
  }
  const share = Number(/^(?:\{relative,)?([\d.e-]+)\}?$/.exec(term)?.[1]);
  const reset = ['set_vm_memory_high_watermark', `${share}`];
  return { reset, configured: `${share} of memory`, configuredBytes: share * memory };
}

export function diskLimit(term: string, memory: number): Configured {
  const relative = /^\{mem_relative,([\d.e-]+)\}$/.exec(term)?.[1];
  if (relative !== undefined) {
    const reset = ['set_disk_free_limit', 'mem_relative', relative];
    return { reset, configured: `${relative} times the memory`, configuredBytes: Number(relative) * memory };
  }
  const value = term.replaceAll('"', '');
  return { reset: ['set_disk_free_limit', value], configured: value, configuredBytes: bytesOf(value) };
}

const powers: Readonly<Record<string, number>> = { '': 0, k: 1, M: 2, G: 3, T: 4, P: 5 };

/** `50MB` is decimal, `50MiB` and `50M` are binary, as RabbitMQ reads them. */
export function bytesOf(text: string): number {
  const [, number, prefix, unit] = /^([\d.]+)\s*([kMGTP]?)(i?B)?$/.exec(text.trim()) ?? [];
  const power = powers[prefix ?? ''];
  if (number === undefined || power === undefined) return Number.NaN;
  return Number(number) * (unit === 'B' ? 1_000 : 1_024) ** power;
}

/** A stricter limit than its own configuration asks for; some percent may be lost in rounding. */
export function isStricter(limit: Limit, resource: Resource): boolean {
  return resource === 'memory'
    ? limit.now < limit.configuredBytes * 0.95
    : limit.now > limit.configuredBytes * 1.05;
}

function control(conn: RabbitmqConnection, node: string, words: readonly string[], signal: AbortSignal) {
  return runProgram([...conn.config.command, '-q', '-n', node, ...words], { signal });
}

export function resetStep(conn: RabbitmqConnection, node: string, limit: Limit): string {
  return commandLine([...conn.config.command, '-n', node, ...limit.reset]);
}

/** @throws with the remedy when rabbitmqctl did not do it */
export async function putInForce(
  conn: RabbitmqConnection,
  node: string,
  words: readonly string[],
  signal: AbortSignal,
): Promise<void> {
  const { code, text } = await control(conn, node, words, signal);
  if (code !== 0) throw new Error(`rabbitmqctl ${words[0]} ended with ${code}: ${text.slice(-300)}`);
}
