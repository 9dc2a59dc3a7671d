/**
 * Samples a second and bytes a sample, against Prometheus and VictoriaMetrics on the same data.
 * Batches of 2,000 samples, by turns one at a time and four on the way. The time is that of sending and being
 * answered; for the peers, making the request (text, protobuf) is left out. Run: npx node bench/samples.ts
 */
import { open } from 'node:fs/promises';
import { cpus } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { systemClock } from '../src/clock.ts';
import type { Sample } from '../src/core/sample.ts';
import { missing } from '../test/servers/installed.ts';
import { removeFolder, temporaryFolder } from '../test/servers/process.ts';
import { median, significant, times } from './figures.ts';
import { printed, type Result, type Row } from './report.ts';
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
const blockTicks = 60;
/** Not counted: code is compiled, files and caches are made. */
const warmUpBlocks = 4;
const inFlight = 4;
/** No contender gets longer to take its samples in. */
const budgetMs = 60_000;
const lookMs = 100;
const mostWaitMs = 1_000;
const idleShare = 0.1;

interface Taken {
  samples: number;
  ms: number;
}

interface Measured {
  readonly contender: Contender;
  readonly one: Taken;
  readonly four: Taken;
  spentMs: number;
  /** Of its process, from the first request of each block until the machine is at rest again. */
  cpuMs: number;
  samples: number;
  asItLies: number;
  sealed: number;
  memory: number;
}

export async function run(): Promise<Result> {
  const absent: Row[] = [];
  const contenders = [await ours()];
  for (const [binary, start] of [
    [prometheus, prometheusServer],
    [victoria, victoriaMetrics],
  ] as const) {
    const reason = missing(binary);
    if (reason === false) contenders.push(await start());
    else absent.push({ store: binary.name, 'an answer means': `left out: ${reason}` });
  }
  try {
    const measured = await measure(contenders);
    const diskMs = await confirmationMs();
    const own = measured[0];
    return {
      title: `Samples: ${seriesCount} series every ${tickMs / 1_000} s, ${ticks} ticks, batches of ${seriesCount}`,
      rows: [...measured.map((one) => rowOf(one, own ?? one)), ...absent],
      notes: [
        'batches of 2,000 samples, by turns one at a time and four on the way; all samples by all time in blocks of 120,000; each block begins when the machine is at rest, so that nobody pays for what another put off',
        'CPU is that of the whole process until the machine is at rest again, with what was put off meanwhile: sealing, merging, flushing; ours holds that of the sender too',
        'the time is that of sending until the answer; making the text or protobuf for a peer is left out, turning objects into columns for ours is not',
        'ours answers after fdatasync; Prometheus after writing its log, VictoriaMetrics from memory: neither can be told to wait for the disk',
        `that fdatasync alone took ${significant(diskMs)} ms here (median, 32 KB appended), of the ${significant((seriesCount * 1_000) / rateOf(own?.one))} ms that a batch took one at a time`,
        `aim: at most 4 bytes a sample, ${own && own.sealed <= 4 ? 'met' : 'not met'}`,
      ],
    };
  } finally {
    for (const contender of contenders) await contender.stop();
  }
}

/** Block by block by turns: another's burst of work then hits all or none. */
async function measure(contenders: readonly Contender[]): Promise<Measured[]> {
  const all = contenders.map(
    (contender): Measured => ({
      contender,
      one: { samples: 0, ms: 0 },
      four: { samples: 0, ms: 0 },
      spentMs: 0,
      cpuMs: 0,
      samples: 0,
      asItLies: Number.NaN,
      sealed: Number.NaN,
      memory: Number.NaN,
    }),
  );
  const start = Math.floor((Date.now() - ticks * tickMs) / tickMs) * tickMs;
  let block: Sample[][] = [];
  let blocks = 0;
  for (const samples of workload(start, ticks)) {
    block.push(samples);
    if (block.length < blockTicks) continue;
    for (const one of all) await sendBlock(one, block, blocks);
    block = [];
    blocks++;
  }
  for (const one of all) {
    one.asItLies = (await one.contender.asItLies()) / one.samples;
    one.memory = one.contender.memory();
    one.sealed = (await one.contender.sealed()) / one.samples;
  }
  return all;
}

/** What nobody who waits for this disk can be faster than, right after the measurement. */
async function confirmationMs(): Promise<number> {
  const folder = temporaryFolder('bench-disk');
  const file = await open(join(folder, 'file'), 'w');
  const spent: number[] = [];
  try {
    for (let i = 0; i < 200; i++) {
      await file.write(Buffer.alloc(32_768, 1));
      const began = performance.now();
      await file.datasync();
      spent.push(performance.now() - began);
    }
  } finally {
    await file.close();
    removeFolder(folder);
  }
  return median(spent);
}

async function sendBlock(one: Measured, block: readonly Sample[][], blocks: number): Promise<void> {
  if (one.spentMs > budgetMs) return;
  const width = blocks % 2 === 0 ? 1 : inFlight;
  const lanes = lanesOf(block, width).map((lane) => lane.map((batch) => one.contender.prepare(batch)));
  await untilIdle();
  const cpuBefore = one.contender.cpuMs();
  const began = performance.now();
  await Promise.all(lanes.map((lane) => sendAll(one.contender, lane)));
  const spent = performance.now() - began;
  await untilIdle();
  const samples = block.length * seriesCount;
  one.spentMs += spent;
  one.samples += samples;
  if (blocks < warmUpBlocks) return;
  const taken = width === 1 ? one.one : one.four;
  taken.samples += samples;
  taken.ms += spent;
  one.cpuMs += one.contender.cpuMs() - cpuBefore;
}

/**
 * What one store puts off, merging or sealing, must not be paid by the next: each begins on a machine at rest, as far
 * as that comes within a second.
 */
async function untilIdle(): Promise<void> {
  for (let waitedMs = 0; waitedMs < mostWaitMs; waitedMs += lookMs) {
    const before = busyMs();
    await systemClock.sleep(lookMs);
    if (busyMs() - before < lookMs * idleShare) return;
  }
}

/** Of all processors together. */
function busyMs(): number {
  return cpus().reduce((sum, { times: { user, sys, nice, irq } }) => sum + user + sys + nice + irq, 0);
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

/** Samples a second. */
function rateOf(taken: Taken | undefined): number {
  return taken ? (taken.samples * 1_000) / taken.ms : Number.NaN;
}

/** Microseconds. */
function cpuPerSample({ one, four, cpuMs }: Measured): number {
  return (cpuMs * 1_000) / (one.samples + four.samples);
}

function rowOf(one: Measured, own: Measured): Row {
  const speed = (value: number, reference: number) =>
    `${significant(value / 1e6)} M/s${one === own ? '' : ` (ours ${times(reference, value)})`}`;
  const cpu = (value: number, reference: number) =>
    `${significant(value)} us${one === own ? '' : ` (ours ${times(reference, value)})`}`;
  const size = (value: number, reference: number) =>
    `${significant(value)} B${one === own ? '' : ` (ours ${times(reference, value)})`}`;
  return {
    store: one.contender.name,
    'an answer means': one.contender.promise,
    'one at a time': speed(rateOf(one.one), rateOf(own.one)),
    'four on the way': speed(rateOf(one.four), rateOf(own.four)),
    'CPU per sample': cpu(cpuPerSample(one), cpuPerSample(own)),
    'per sample as it lies': size(one.asItLies, own.asItLies),
    'per sample sealed': size(one.sealed, own.sealed),
    memory: `${Math.round(one.memory / 2 ** 20)} MiB${one === own ? ' with the sender' : ''}`,
  };
}

if (process.argv[1] && import.meta.url === pathToFileURL(process.argv[1]).href) {
  console.log(printed(await run()));
}
