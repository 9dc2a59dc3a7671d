/** One append as one row: what was accepted, in order of arrival, so that a restart finds the unsealed heads. */
import { ByteReader, ByteWriter } from './bytes.ts';
import { fits, powerOf } from './column.ts';
import { unwrap, wrap } from './envelope.ts';

/** Stands for a full double; otherwise the byte is the number of digits after the point. */
const full = 255;

export class JournalWriter {
  private readonly out = new ByteWriter(65_536);
  private series = 0;
  private at = 0;
  count = 0;

  add(series: number, at: number, value: number): void {
    const { out } = this;
    out.signed(series - this.series);
    out.signed(at - this.at);
    this.series = series;
    this.at = at;
    this.count++;
    // Most values are small integers, and this line spares them the search.
    const small = value | 0;
    if (small === value && (small !== 0 || Object.is(value, 0))) {
      out.byte(0);
      out.signed(small);
      return;
    }
    const decimals = shortDecimals(value);
    out.byte(decimals);
    if (decimals === full) out.double(value);
    else out.signed(Math.round(value * powerOf(decimals)));
  }

  finish(): Uint8Array<ArrayBuffer> {
    const row = wrap('journal', this.out.written(), false);
    this.reset();
    return row;
  }

  reset(): void {
    this.out.clear();
    this.series = 0;
    this.at = 0;
    this.count = 0;
  }
}

/** Only the usual digits are tried: this runs once for every sample. */
function shortDecimals(value: number): number {
  for (const decimals of usualDecimals) {
    if (fits(value, powerOf(decimals))) return decimals;
  }
  return full;
}
const usualDecimals = [0, 2, 3, 6];

export function readJournal(
  row: Uint8Array,
  visit: (series: number, at: number, value: number) => void,
): void {
  const input = new ByteReader(unwrap('journal', row));
  let series = 0;
  let at = 0;
  while (!input.done) {
    series += input.signed();
    at += input.signed();
    const decimals = input.byte();
    visit(series, at, decimals === full ? input.double() : input.signed() / powerOf(decimals));
  }
}
