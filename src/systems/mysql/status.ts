import type { Db } from './session.ts';

/** Numbers by name, as SHOW GLOBAL STATUS and SHOW GLOBAL VARIABLES have them; names are fixed here, never from outside. */
export interface Values {
  number(name: string): number | undefined;
  text(name: string): string | undefined;
  isOn(name: string): boolean;
}

export function readStatus(db: Db, ...names: readonly string[]): Promise<Values> {
  return read(db, 'STATUS', names);
}

export function readVariables(db: Db, ...names: readonly string[]): Promise<Values> {
  return read(db, 'VARIABLES', names);
}

async function read(db: Db, what: 'STATUS' | 'VARIABLES', names: readonly string[]): Promise<Values> {
  const rows = await db.query<{ Variable_name: string; Value: string }>(
    `SHOW GLOBAL ${what} WHERE Variable_name IN (${names.map(() => '?').join(', ')})`,
    names,
  );
  const values = new Map(rows.map((row) => [row.Variable_name.toLowerCase(), String(row.Value)]));
  const text = (name: string) => values.get(name.toLowerCase());
  return {
    text,
    number(name) {
      const value = text(name);
      return value === undefined || value === '' || Number.isNaN(Number(value)) ? undefined : Number(value);
    },
    isOn: (name) => /^(ON|1|YES)$/i.test(text(name) ?? ''),
  };
}
