/** Makes the session of who has proved who they are. Always a new cookie: one from before gets nobody in. */
import type { HttpBindings } from '@hono/node-server';
import type { Context } from 'hono';
import { getCookie, setCookie } from 'hono/cookie';
import type { Account } from '../store/accounts.ts';
import type { Tx } from '../store/index.ts';
import * as journal from '../store/journal.ts';
import * as sessions from '../store/sessions.ts';
import { type Access, sessionCookie } from './access.ts';
import { addressOf, isOverHttps } from './address.ts';

export type App = { Bindings: HttpBindings };

/** Who knocks without being anybody yet. */
export const stranger = 'stranger';

/** The event that the journal has of it, beside the method and the address. */
export interface Opening {
  readonly kind: 'login.accepted' | 'second-factor.on';
  /** `password`, `second-factor`, or `oidc:` and the provider's name. */
  readonly method: string;
}

export async function openSession(
  c: Context<App>,
  access: Access,
  account: Pick<Account, 'id' | 'name'>,
  { kind, method }: Opening,
): Promise<void> {
  const secret = access.newSecret();
  const now = access.clock.now();
  const lifeMs = access.settings().session.absoluteMs;
  const address = addressOf(c, access.publicUrl() !== null);
  await access.store.transaction(async (tx) => {
    await forgetCookie(c, tx, access);
    await sessions.insert(tx, {
      idHash: access.digest(secret),
      accountId: account.id,
      createdAt: now,
      lastSeenAt: now,
      expiresAt: now + lifeMs,
      agent: (c.req.header('user-agent') ?? '').slice(0, 200),
      method,
      address,
    });
    await journal.append(tx, entryOf(access, account.name, kind, { method, address }));
  });
  access.changed();
  setCookie(c, sessionCookie, secret, {
    httpOnly: true,
    sameSite: 'Strict',
    path: '/',
    maxAge: Math.floor(lifeMs / 1_000),
    secure: isOverHttps(c, access.publicUrl()),
  });
}

export async function forgetCookie(c: Context<App>, tx: Tx, access: Access): Promise<void> {
  const secret = getCookie(c, sessionCookie);
  if (secret) await sessions.remove(tx, access.digest(secret));
}

export function entryOf(
  access: Access,
  name: string,
  kind: string,
  payload: Readonly<Record<string, unknown>>,
): journal.NewEntry {
  return { at: access.clock.now(), actor: name, kind, subject: `account:${name}`, payload };
}
