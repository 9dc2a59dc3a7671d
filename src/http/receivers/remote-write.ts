/** Prometheus remote write 1.0: snappy over protobuf (prometheus/docs specs/prw/remote_write_spec.md). */
import { PbfReader } from 'pbf';
import type { PushedPoint } from '../../core/inbox.ts';
import { type Labels, labelKey } from '../../core/sample.ts';
import { UpkeepError } from '../../core/verb.ts';
import type { Batch } from '../../pipeline/intake/pushed.ts';
import { block, lengthEnd, malformed, readTag } from './protobuf.ts';
import { unpack } from './snappy.ts';

const largestPlain = 32 * 1024 * 1024;

/** @throws UpkeepError bad-input */
export function readRemoteWrite(body: Uint8Array): { batches: Batch[]; histograms: number } {
  const reader = new PbfReader(unpacked(body));
  const byOrigin = new Map<string, { origin: Labels; points: PushedPoint[] }>();
  let histograms = 0;
  try {
    eachField(reader, reader.length, (number, wireType) => {
      if (number !== 1 || wireType !== block) return false;
      const series = readSeries(reader, lengthEnd(reader, reader.length));
      histograms += series.histograms;
      const { job, instance } = series.labels;
      const origin: Labels = { ...(job ? { job } : {}), ...(instance ? { instance } : {}) };
      const key = labelKey(origin);
      const batch = byOrigin.get(key) ?? { origin, points: [] };
      byOrigin.set(key, batch);
      for (const point of series.points) batch.points.push(point);
      return true;
    });
  } catch (error) {
    if (error instanceof UpkeepError) throw error;
    throw malformed(reader, error instanceof Error ? error.message : 'unreadable');
  }
  return { batches: [...byOrigin.values()], histograms };
}

function unpacked(body: Uint8Array): Uint8Array {
  try {
    return unpack(body, largestPlain);
  } catch {
    throw new UpkeepError(
      'bad-input',
      `the body is no snappy block of at most ${largestPlain / 1024 / 1024} MiB; remote write 1.0 sends such`,
    );
  }
}

/** @param take reads a field and says so; one that it leaves is passed over, as the format asks */
function eachField(
  reader: PbfReader,
  end: number,
  take: (number: number, wireType: number) => boolean,
): void {
  while (reader.pos < end) {
    const { tag, number, wireType } = readTag(reader);
    if (!take(number, wireType)) reader.skip(tag);
    if (reader.pos > end) throw malformed(reader, 'it is cut off');
  }
}

function readSeries(reader: PbfReader, end: number) {
  const labels: Record<string, string> = {};
  const samples: { value: number; at: number }[] = [];
  let name = '';
  let histograms = 0;
  eachField(reader, end, (number, wireType) => {
    if (wireType !== block) return false;
    if (number === 4) histograms++;
    if (number !== 1 && number !== 2) return false;
    const until = lengthEnd(reader, end);
    if (number === 2) samples.push(readSample(reader, until));
    else {
      const [key, value] = readLabel(reader, until);
      if (key === '__name__') name = value;
      else if (key !== '__proto__') labels[key] = value;
    }
    return true;
  });
  if (name === '') throw malformed(reader, 'a series has no __name__');
  const { job: _, ...own } = labels;
  const kind = isCounter(name) ? 'counter' : 'gauge';
  // A stale marker is a NaN of its own: the series has ended, which silence says as well.
  const points = samples
    .filter(({ value }) => Number.isFinite(value))
    .map(({ value, at }): PushedPoint => ({ name, labels: own, at, value: { kind, value } }));
  return { labels, points, histograms };
}

/** Metadata comes apart from the samples, if at all; the names are the convention. */
function isCounter(name: string): boolean {
  return /_(total|count|sum|bucket)$/.test(name);
}

function readLabel(reader: PbfReader, end: number): [string, string] {
  let name = '';
  let value = '';
  eachField(reader, end, (number, wireType) => {
    if (wireType !== block || number > 2) return false;
    const start = reader.pos;
    lengthEnd(reader, end);
    reader.pos = start;
    const text = reader.readString();
    if (number === 1) name = text;
    else value = text;
    return true;
  });
  return [name, value];
}

function readSample(reader: PbfReader, end: number): { value: number; at: number } {
  const sample = { value: 0, at: 0 };
  eachField(reader, end, (number, wireType) => {
    if (number === 1 && wireType === 1) sample.value = reader.readDouble();
    else if (number === 2 && wireType === 0) sample.at = reader.readVarint(true);
    else return false;
    return true;
  });
  return sample;
}
