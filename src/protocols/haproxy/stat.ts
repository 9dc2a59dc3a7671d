/** `show stat` and `show info` as HAProxy prints them (management guide, 9.1). */

export interface StatRow {
  readonly proxy: string;
  readonly name: string;
  readonly kind: 'frontend' | 'backend' | 'server' | 'listener';
  /** Empty where HAProxy says nothing. */
  text(field: string): string;
  number(field: string): number | undefined;
}

const kinds: readonly StatRow['kind'][] = ['frontend', 'backend', 'server', 'listener'];

/** The columns are found by their names: each version adds some. Throws where it is no such table. */
export function parseStat(csv: string): StatRow[] {
  const [head = '', ...lines] = csv.split('\n');
  if (!head.startsWith('# pxname,'))
    throw new Error(`the answer is no table of statistics: ${head.slice(0, 80)}`);
  const columns = new Map(cellsOf(head.slice(2)).map((name, index): [string, number] => [name, index]));
  return lines.flatMap((line) => {
    if (line.trim() === '') return [];
    const cells = cellsOf(line);
    const text = (field: string) => cells[columns.get(field) ?? -1] ?? '';
    const number = (field: string) => (text(field) === '' ? undefined : finite(Number(text(field))));
    const kind = kinds[number('type') ?? -1];
    return kind === undefined ? [] : [{ proxy: text('pxname'), name: text('svname'), kind, text, number }];
  });
}

function finite(value: number): number | undefined {
  return Number.isFinite(value) ? value : undefined;
}

/** Fields with commas or quotes stand in quotes (RFC 4180). */
function cellsOf(line: string): string[] {
  if (!line.includes('"')) return line.split(',');
  return [...line.matchAll(/(?:^|,)(?:"((?:[^"]|"")*)"|([^,]*))/g)].map(
    ([, quoted, bare]) => quoted?.replaceAll('""', '"') ?? bare ?? '',
  );
}

/** The `Name: value` lines of `show info`. */
export function parseInfo(text: string): ReadonlyMap<string, string> {
  return new Map(
    text.split('\n').flatMap((line): [string, string][] => {
      const colon = line.indexOf(': ');
      return colon > 0 ? [[line.slice(0, colon), line.slice(colon + 2).trim()]] : [];
    }),
  );
}

/**
 * - `up`: takes requests
 * - `down`: its check fails, or its name does not resolve
 * - `drain`, `maint`: somebody took it out
 * - `unchecked`: takes requests whatever state it is in
 */
export type ServerState = 'up' | 'down' | 'drain' | 'maint' | 'unchecked';

/** @param status the column of that name: `UP 1/3`, `DOWN (agent)`, `MAINT (resolution)` */
export function serverState(status: string): ServerState {
  if (status === 'no check') return 'unchecked';
  // The address of its name cannot be found: nobody took it out.
  if (status === 'MAINT (resolution)') return 'down';
  if (status.startsWith('MAINT')) return 'maint';
  if (status.startsWith('DRAIN') || status === 'NOLB') return 'drain';
  return status.startsWith('UP') ? 'up' : 'down';
}

export function isServing(row: StatRow): boolean {
  const state = serverState(row.text('status'));
  return state === 'up' || state === 'unchecked';
}

/** Requests that were answered or failed, and those that failed: 5xx, refused connections, broken answers. */
export function countsOf(row: StatRow): { requests: number; failed: number } {
  const of = (field: string) => row.number(field) ?? 0;
  const answered = ['1xx', '2xx', '3xx', '4xx', '5xx', 'other'].reduce(
    (sum, kind) => sum + of(`hrsp_${kind}`),
    0,
  );
  if (row.kind !== 'server') {
    return row.text('mode') === 'tcp'
      ? { requests: of('stot'), failed: of('econ') + of('eresp') }
      : { requests: answered, failed: of('hrsp_5xx') };
  }
  const broken = of('econ') + of('eresp');
  // Where nothing is spoken but TCP, a session is all that can be counted.
  if (row.text('mode') === 'tcp') return { requests: of('stot') + of('econ'), failed: broken };
  return { requests: answered + broken, failed: of('hrsp_5xx') + broken };
}
