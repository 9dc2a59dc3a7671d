/** The account of somebody whom a provider vouches for. It is found by issuer and subject alone, never by a name. */
import type { ProviderSettings } from '../../core/access.ts';
import * as accounts from '../../store/accounts.ts';
import * as journal from '../../store/journal.ts';
import type { Access } from '../access.ts';
import { entryOf } from '../open-session.ts';
import type { Judgement } from './claims.ts';

type LetIn = Extract<Judgement, { kind: 'let-in' }>;

/** Makes it at the first sign-in and keeps its role as the provider says; a text is why nobody is let in. */
export function accountFor(
  access: Access,
  { name: provider }: ProviderSettings,
  { name, role, issuer, subject }: LetIn,
  address: string,
): Promise<Pick<accounts.Account, 'id' | 'name'> | string> {
  return access.store.transaction(async (tx) => {
    const method = `oidc:${provider}`;
    const known = await accounts.byProvider(tx, { issuer, subject });
    if (known) {
      if (known.disabledAt !== null) return `${known.name} is disabled`;
      // An owner stays one: the provider must not be able to leave Upkeep without any.
      if (known.role !== role && known.role !== 'owner') {
        await accounts.setRole(tx, known.id, role);
        const payload = { from: known.role, to: role, method };
        await journal.append(tx, entryOf(access, known.name, 'account.role-changed', payload));
      }
      return known;
    }
    if (!(await accounts.hasAny(tx))) return 'there is no owner yet';
    // To come in by somebody's name is not to be them.
    if (await accounts.byName(tx, name)) return `the name ${name} belongs to another account`;
    const account = {
      id: access.newId(),
      name,
      passwordHash: '',
      role,
      createdAt: access.clock.now(),
      provider: { issuer, subject },
    };
    await accounts.insert(tx, account);
    await journal.append(tx, entryOf(access, name, 'account.created', { role, method, address }));
    return account;
  });
}
