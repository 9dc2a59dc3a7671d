/** Servers that we start run as an ordinary user: PostgreSQL refuses root, and others should not be it. */
import { chownSync, readFileSync } from 'node:fs';

export interface Account {
  readonly name: string;
  readonly uid: number;
  readonly gid: number;
}

/** As root, the account `postgres` or else `nobody`; undefined when we are an ordinary user already. */
export function serverAccount(): Account | undefined {
  if (process.getuid?.() !== 0) return undefined;
  const accounts = readFileSync('/etc/passwd', 'utf8')
    .split('\n')
    .map((line) => line.split(':'));
  for (const name of ['postgres', 'nobody']) {
    const found = accounts.find((fields) => fields[0] === name);
    if (found) return { name, uid: Number(found[2]), gid: Number(found[3]) };
  }
  throw new Error('PostgreSQL does not run as root and there is neither a user postgres nor nobody: add one');
}

/**
 * Who owns `path`, where programs that work on it must run as that account and we may become it.
 * @returns undefined where that is ourselves
 * @throws where it is somebody else and we are not root
 */
export function accountOf(uid: number, path: string): Account | undefined {
  const own = process.getuid?.();
  if (own === undefined || own === uid) return undefined;
  const fields = readFileSync('/etc/passwd', 'utf8')
    .split('\n')
    .map((line) => line.split(':'))
    .find(([, , id]) => Number(id) === uid);
  const name = fields?.[0] ?? `user ${uid}`;
  if (own !== 0)
    throw new Error(`${path} belongs to ${name}: run Upkeep as ${name} or as root on this machine`);
  return { name, uid, gid: Number(fields?.[3] ?? uid) };
}

export function give(path: string, account: Account | undefined): void {
  if (account) chownSync(path, account.uid, account.gid);
}
