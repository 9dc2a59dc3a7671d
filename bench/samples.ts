/**
 * Samples a second and bytes a sample, against Prometheus and VictoriaMetrics on the same data.
 * Batches of 2,000 samples, by turns one at a time and four on the way. The time is that of sending and being
 * answered; for the peers, making the request (text, protobuf) is left out. Run: npx node bench/samples.ts
 */
import { pathToFileURL } from 'node:url';
import type { Sample } from '../src/core/sample.ts';
import { missing } from '../test/servers/installed.ts';
import {
  type Contender,
  ours,
  prometheus,
  prometheusServer,
  victoria,
  victoriaMetrics,
} from './sample-stores.ts';
import { seriesCount, tickMs, workload } from './sample-workload.ts';

/** 4 hours. */
const ticks = 1_440;
const warmUpTicks = 60;
const blockTicks = 60;
const inFlight = 4;
/** No contender gets longer to take its samples in. */
const budgetMs = 90_000;

interface Measured {
  name: string;
  promise: string;
  oneAtATime: number;
  fourOnTheWay: number;
  asItLies: number;
  sealed: number;
  memory: number;
}

export async function run(): Promise<{ title: string; rows: Record<string, string>[] }> {
  const measured = [await measure(await ours())];
  const absent: Record<string, string>[] = [];
  for (const [binary, start] of [
    [prometheus, prometheusServer],
    [victoria, victoriaMetrics],
  ] as const) {
    const reason = missing(binary);
    if (reason === false) measured.push(await measure(await start()));
    else absent.push({ store: binary.name, 'one at a time': `left out: ${reason}` });
  }
  const own = measured[0];
  return {
    title: `Samples: ${seriesCount} series every ${tickMs / 1_000} s, batches of ${seriesCount}`,
    rows: [...measured.map((one) => rowOf(one, own ?? one)), ...absent],
  };
}

async function measure(contender: Contender): Promise<Measured> {
  try {
    const start = Math.floor((Date.now() - ticks * tickMs) / tickMs) * tickMs;
    const deadline = performance.now() + budgetMs;
    const spent = { one: { ms: 0, samples: 0 }, four: { ms: 0, samples: 0 } };
    let block: Sample[][] = [];
    let total = 0;
    let blocks = 0;
    for (const samples of workload(start, ticks)) {
      block.push(samples);
      total += samples.length;
      if (block.length < blockTicks) continue;
      const width = blocks % 2 === 0 ? 1 : inFlight;
      const lanes = lanesOf(block, width).map((lane) => lane.map((batch) => contender.prepare(batch)));
      const began = performance.now();
      await Promise.all(lanes.map((lane) => sendAll(contender, lane)));
      const lane = width === 1 ? spent.one : spent.four;
      if (blocks * blockTicks >= warmUpTicks) {
        lane.ms += performance.now() - began;
        lane.samples += block.length * seriesCount;
      }
      block = [];
      blocks++;
      if (performance.now() > deadline) break;
    }
    const asItLies = (await contender.asItLies()) / total;
    const memory = contender.memory();
    const { name, promise } = contender;
    const rate = ({ ms, samples }: { ms: number; samples: number }) => (samples / ms) * 1_000;
    const sealed = (await contender.sealed()) / total;
    return {
      name,
      promise,
      oneAtATime: rate(spent.one),
      fourOnTheWay: rate(spent.four),
      asItLies,
      sealed,
      memory,
    };
  } finally {
    await contender.stop();
  }
}

/**
 * Ticks as they are, or dealt out so that each lane has a part of the series and as many ticks in one batch:
 * a series then runs forward in time, as Prometheus asks for.
 */
function lanesOf(block: readonly Sample[][], width: number): Sample[][][] {
  return Array.from({ length: width }, (_, lane) => {
    const batches: Sample[][] = [];
    for (let i = 0; i < block.length; i += width) {
      const part = block.slice(i, i + width);
      batches.push(part.flatMap((samples) => samples.filter((_, index) => index % width === lane)));
    }
    return batches;
  });
}

async function sendAll(contender: Contender, requests: readonly unknown[]): Promise<void> {
  for (const request of requests) await contender.send(request);
}

function rowOf(one: Measured, own: Measured): Record<string, string> {
  const speed = (value: number, reference: number) =>
    `${(value / 1e6).toFixed(2)} M/s${one === own ? '' : ` (ours ${(reference / value).toFixed(1)}x)`}`;
  const size = (value: number, reference: number) =>
    `${value.toFixed(2)} B${one === own ? '' : ` (ours ${(reference / value).toFixed(2)}x)`}`;
  return {
    store: one.name,
    'an answer means': one.promise,
    'one at a time': speed(one.oneAtATime, own.oneAtATime),
    'four on the way': speed(one.fourOnTheWay, own.fourOnTheWay),
    'per sample as it lies': size(one.asItLies, own.asItLies),
    'per sample sealed': size(one.sealed, own.sealed),
    memory: `${Math.round(one.memory / 2 ** 20)} MiB`,
  };
}

if (process.argv[1] && import.meta.url === pathToFileURL(process.argv[1]).href) {
  const { title, rows } = await run();
  console.log(title);
  console.table(rows);
}
