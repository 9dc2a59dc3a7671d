/** Who may log in on this machine: /etc/passwd, /etc/shadow (shadow(5)) and /etc/group. */
import { readFile } from 'node:fs/promises';

export interface Account {
  readonly name: string;
  readonly uid: number;
  readonly shell: string;
  readonly canLogIn: boolean;
  /** Members of sudo, wheel or admin, and whoever has user id 0. */
  readonly isAdministrator: boolean;
  /** Undefined where /etc/shadow may not be read. */
  readonly password: 'set' | 'empty' | 'none' | undefined;
  /** Days since 1970 from which on it takes no login; undefined for never. */
  readonly expiresOn: number | undefined;
  /** Days since 1970 on which its password runs out; undefined for never. */
  readonly passwordEndsOn: number | undefined;
}

const noLogin = /\/(nologin|false|sync|shutdown|halt)$/;
/** 99999 days is how useradd writes never. */
const forever = 99_999;

export function parseAccounts(passwd: string, shadow: string | undefined, group: string): Account[] {
  const secrets = new Map(
    (shadow ?? '').split('\n').map((line) => [line.split(':')[0] ?? '', line.split(':')]),
  );
  const administrators = new Set(
    group.split('\n').flatMap((line) => {
      const [name = '', , , members = ''] = line.split(':');
      return ['sudo', 'wheel', 'admin'].includes(name) ? members.split(',').filter(Boolean) : [];
    }),
  );
  return passwd.split('\n').flatMap((line) => {
    const [name = '', , uid, , , , shell = ''] = line.split(':');
    if (name === '' || name.startsWith('#') || uid === undefined) return [];
    const [, hash, changed, , most, , , expires] = secrets.get(name) ?? [];
    const days = (text: string | undefined) => (text === undefined || text === '' ? undefined : Number(text));
    const [changedOn, lasts] = [days(changed), days(most)];
    return {
      name,
      uid: Number(uid),
      shell,
      canLogIn: shell !== '' && !noLogin.test(shell),
      isAdministrator: Number(uid) === 0 || administrators.has(name),
      password: hash === undefined ? undefined : hash === '' ? 'empty' : /^[!*]/.test(hash) ? 'none' : 'set',
      expiresOn: days(expires),
      passwordEndsOn:
        changedOn === undefined || lasts === undefined || lasts >= forever ? undefined : changedOn + lasts,
    };
  });
}

export async function readAccounts(): Promise<{ readonly accounts: Account[]; readonly isWhole: boolean }> {
  const [passwd, shadow, group] = await Promise.all([
    readFile('/etc/passwd', 'utf8'),
    readFile('/etc/shadow', 'utf8').catch(() => undefined),
    readFile('/etc/group', 'utf8').catch(() => ''),
  ]);
  return { accounts: parseAccounts(passwd, shadow, group), isWhole: shadow !== undefined };
}

const dayMs = 86_400_000;

/** Takes no login any more, or asks for a new password at the next one, although it was made for logins. */
export function isExpired({ canLogIn, password, expiresOn, passwordEndsOn }: Account, now: number): boolean {
  if (!canLogIn) return false;
  const today = Math.floor(now / dayMs);
  if (expiresOn !== undefined && expiresOn <= today) return true;
  return password === 'set' && passwordEndsOn !== undefined && passwordEndsOn < today;
}
