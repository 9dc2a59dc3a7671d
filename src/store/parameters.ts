/**
 * What may be bound to a statement, alike on both engines. node:sqlite would take a leading object as named
 * parameters and silently shift the row; `pg` would write a Date in local time and an object as JSON.
 */
export type Bindable = string | number | bigint | Uint8Array | null;

/**
 * Booleans become 1 and 0. Text loses what only one engine can hold: NUL (PostgreSQL refuses it) and lone surrogates
 * (not UTF-8) become U+FFFD; both come from watched systems.
 * @throws TypeError for anything else, naming the place of the parameter, counted from 1
 */
export function bindable(value: unknown, place: number): Bindable {
  switch (typeof value) {
    case 'string':
      return value.isWellFormed() && !value.includes('\0')
        ? value
        : value.toWellFormed().replaceAll('\0', '\uFFFD');
    case 'boolean':
      return value ? 1 : 0;
    case 'number':
      if (!Number.isFinite(value))
        throw unbindable(place, String(value), 'store null where a value is unknown');
      return value;
    case 'bigint':
      return value;
    default:
      if (value === null || value instanceof Uint8Array) return value;
      if (value instanceof Date) throw unbindable(place, 'a Date', 'store times as integer milliseconds');
      if (value === undefined) throw unbindable(place, 'undefined', 'store null');
      throw unbindable(place, Array.isArray(value) ? 'an array' : `an ${typeof value}`, 'store JSON as text');
  }
}

export function bindables(values: readonly unknown[]): Bindable[] {
  return values.map((value, index) => bindable(value, index + 1));
}

function unbindable(place: number, what: string, remedy: string): TypeError {
  return new TypeError(`parameter ${place} is ${what}; ${remedy}`);
}
