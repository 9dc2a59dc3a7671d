/**
 * Columns of numbers as bytes, bit-exact for every double (NaN is one value).
 * Measured values are mostly short decimals, so a column is kept as integers over a power of ten and their
 * differences; what is no short decimal is listed apart, and a column of full doubles is kept as byte planes.
 */
import { type ByteReader, type ByteWriter, exactLimit } from './bytes.ts';

const powers = [1, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9] as const;
const planes = 255;

/** Digits after the point that make every value but one in eight an integer; -1 where there are none. */
export function decimalsOf(values: Float64Array, count: number): number {
  let decimals = 0;
  let misses = 0;
  for (let i = 0; i < count; i++) {
    const value = values[i] ?? 0;
    if (fits(value, powers[decimals] ?? 1)) continue;
    const found = decimalsOfOne(value, decimals + 1);
    if (found >= 0) decimals = found;
    else if (++misses > 1 + count / 8) return -1;
  }
  return decimals;
}

function decimalsOfOne(value: number, least: number): number {
  if (value - value !== 0) return -1;
  for (let decimals = least; decimals < powers.length; decimals++) {
    if (fits(value, powers[decimals] ?? 1)) return decimals;
  }
  return -1;
}

/** Whether the value is exactly an integer over the power. */
export function fits(value: number, power: number): boolean {
  const whole = Math.round(value * power);
  if (whole === 0) return Object.is(value, 0);
  return whole / power === value && whole <= exactLimit && whole >= -exactLimit;
}

export function powerOf(decimals: number): number {
  return powers[decimals] ?? 1;
}

let wholes = new Float64Array(1024);

export function writeColumn(
  out: ByteWriter,
  values: Float64Array,
  count: number,
  decimals = decimalsOf(values, count),
): void {
  if (decimals < 0) {
    writePlanes(out, values, count);
    return;
  }
  out.reserve(count * 9 + 32);
  const power = powers[decimals] ?? 1;
  if (wholes.length < count) wholes = new Float64Array(count * 2);
  const exceptions = toWholes(values, count, power);
  const order = bestOrder(count);
  out.byte(decimals * 8 + order * 2 + (exceptions.length > 0 ? 1 : 0));
  if (exceptions.length > 0) {
    out.unsigned(exceptions.length);
    for (const index of exceptions) {
      out.unsigned(index);
      out.double(values[index] ?? 0);
    }
  }
  let previous = 0;
  let slope = 0;
  for (let i = 0; i < count; i++) {
    const whole = wholes[i] ?? 0;
    const step = whole - previous;
    if (order === 2) {
      out.signed(step - slope);
      slope = i === 0 ? 0 : step;
    } else {
      out.signed(step);
    }
    if (order !== 0 || i === 0) previous = whole;
  }
}

function toWholes(values: Float64Array, count: number, power: number): number[] {
  const exceptions: number[] = [];
  let previous = 0;
  for (let i = 0; i < count; i++) {
    const value = values[i] ?? 0;
    if (fits(value, power)) previous = Math.round(value * power);
    else exceptions.push(i);
    wholes[i] = previous;
  }
  return exceptions;
}

/** 0: distance to the first value · 1: differences · 2: differences of differences; the one with least to say. */
function bestOrder(count: number): 0 | 1 | 2 {
  const first = wholes[0] ?? 0;
  let previous = first;
  let slope = 0;
  const sums = [0, 0, 0];
  for (let i = 1; i < count; i++) {
    const whole = wholes[i] ?? 0;
    const step = whole - previous;
    sums[0] = (sums[0] ?? 0) + Math.abs(whole - first);
    sums[1] = (sums[1] ?? 0) + Math.abs(step);
    sums[2] = (sums[2] ?? 0) + Math.abs(step - slope);
    slope = step;
    previous = whole;
  }
  const [flat = 0, steps = 0, bends = 0] = sums;
  if (bends < steps && bends < flat && bends <= exactLimit) return 2;
  return flat < steps ? 0 : 1;
}

/** Bytes of equal weight stand together: signs and exponents of neighbours are alike, mantissas are noise. */
function writePlanes(out: ByteWriter, values: Float64Array, count: number): void {
  out.byte(planes);
  const source = new Uint8Array(values.buffer, values.byteOffset, count * 8);
  const turned = new Uint8Array(count * 8);
  for (let plane = 0; plane < 8; plane++) {
    for (let i = 0; i < count; i++) turned[plane * count + i] = source[i * 8 + plane] ?? 0;
  }
  out.append(turned);
}

export function readColumn(input: ByteReader, count: number): Float64Array<ArrayBuffer> {
  const mode = input.byte();
  const values = new Float64Array(count);
  if (mode === planes) {
    const turned = input.take(count * 8);
    const target = new Uint8Array(values.buffer);
    for (let plane = 0; plane < 8; plane++) {
      for (let i = 0; i < count; i++) target[i * 8 + plane] = turned[plane * count + i] ?? 0;
    }
    return values;
  }
  const power = powers[mode >> 3] ?? 1;
  const order = (mode >> 1) & 3;
  const exceptions: [number, number][] = [];
  if (mode & 1) {
    const listed = input.unsigned();
    for (let i = 0; i < listed; i++) exceptions.push([input.unsigned(), input.double()]);
  }
  let previous = 0;
  let slope = 0;
  for (let i = 0; i < count; i++) {
    const step = order === 2 ? input.signed() + slope : input.signed();
    if (order === 2 && i > 0) slope = step;
    const whole = previous + step;
    values[i] = whole / power;
    if (order !== 0 || i === 0) previous = whole;
  }
  for (const [index, value] of exceptions) values[index] = value;
  return values;
}

/** Ascending integer times, at most 2^51 from zero: the usual interval, then what differs from it. */
export function writeTimes(out: ByteWriter, at: Float64Array, count: number): void {
  out.reserve(count * 9 + 32);
  const unit = commonUnit(at, count);
  const first = (at[0] ?? 0) / unit;
  const usual = usualStep(at, count) / unit;
  out.byte(unit === 1000 ? 1 : 0);
  out.signed(first);
  out.unsigned(usual);
  let previous = first;
  for (let i = 1; i < count; i++) {
    const now = (at[i] ?? 0) / unit;
    out.signed(now - previous - usual);
    previous = now;
  }
}

function commonUnit(at: Float64Array, count: number): 1 | 1000 {
  for (let i = 0; i < count; i++) if ((at[i] ?? 0) % 1000 !== 0) return 1;
  return 1000;
}

/** The majority of the differences where there is one (Boyer-Moore vote), else one of them. */
function usualStep(at: Float64Array, count: number): number {
  let candidate = 0;
  let votes = 0;
  for (let i = 1; i < count; i++) {
    const step = (at[i] ?? 0) - (at[i - 1] ?? 0);
    if (votes === 0) candidate = step;
    votes += step === candidate ? 1 : -1;
  }
  return candidate;
}

export function readTimes(input: ByteReader, count: number): Float64Array<ArrayBuffer> {
  const at = new Float64Array(count);
  const unit = input.byte() === 1 ? 1000 : 1;
  let now = input.signed();
  const usual = input.unsigned();
  for (let i = 0; i < count; i++) {
    if (i > 0) now += input.signed() + usual;
    at[i] = now * unit;
  }
  return at;
}
