/** Why a store could not be opened: one line for people, naming the remedy; exit code 2 of a command. */
export abstract class StoreRefusal extends Error {}

/** The folder, file or server cannot be used. */
export class StoreUnavailable extends StoreRefusal {
  override readonly name = 'StoreUnavailable';
}

/** Another Upkeep holds this store. */
export class StoreInUse extends StoreRefusal {
  override readonly name = 'StoreInUse';
}

/** A newer Upkeep wrote this store. */
export class StoreTooNew extends StoreRefusal {
  override readonly name = 'StoreTooNew';
}

/** The code of an error from the machine, SQLite or PostgreSQL: `EACCES`, `ERR_SQLITE_ERROR`, `28P01`. */
export function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : '';
}

export function messageOf(error: unknown): string {
  if (error instanceof AggregateError && error.message === '') return error.errors.map(messageOf).join('; ');
  return error instanceof Error ? error.message : String(error);
}
