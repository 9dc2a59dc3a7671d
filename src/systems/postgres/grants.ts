/** What a superuser types so that our role may do something. */
import { commandLine } from '../../machine/run-program.ts';
import type { Query } from './session.ts';

/** Where a session is: rights on functions and views hold in one database alone. */
export interface GrantPlace {
  readonly database: string;
  /** As the server has it. */
  readonly port: number;
  /** Ours, as it is written in a statement. */
  readonly role: string;
}

const usualPort = 5_432;

export async function grantPlace(query: Query): Promise<GrantPlace> {
  const [row] = await query<GrantPlace>(
    `SELECT current_database()::text AS database, current_setting('port')::int AS port, quote_ident(current_user) AS role`,
  );
  if (row === undefined) throw new Error('the server does not say who we are');
  return row;
}

/** One command of a shell on the server's machine, for a superuser: each statement by itself. */
export function psqlCommand(
  { database, port = usualPort }: Pick<GrantPlace, 'database'> & Partial<Pick<GrantPlace, 'port'>>,
  statements: readonly string[],
): string {
  const at = port === usualPort ? [] : ['-p', String(port)];
  return commandLine(['psql', ...at, '-d', database, ...statements.flatMap((one) => ['-c', one])]);
}

/** The same as a reason. */
export function askedOfSuperuser(place: GrantPlace, statements: readonly string[]): string {
  return `as a superuser on the server: ${psqlCommand(place, statements)}`;
}
