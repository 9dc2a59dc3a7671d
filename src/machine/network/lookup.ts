/** Names as this machine resolves them: hosts file, search domains and all (getaddrinfo). */
import { promises as dns, type LookupAddress } from 'node:dns';
import { sharedWork } from '../shared-reading.ts';

/** Loopback by definition (RFC 6761), so a dead resolver never makes the machine's own services look down. */
const loopback: readonly LookupAddress[] = [
  { address: '127.0.0.1', family: 4 },
  { address: '::1', family: 6 },
];

/**
 * getaddrinfo cannot be cancelled and holds one of few threads while a resolver hangs; so no name ever has more
 * than one lookup under way, however many checks wait for it.
 */
const shared = sharedWork<string, readonly LookupAddress[]>();

/** Every address of a name. Rejects with code ENOTFOUND, EAI_AGAIN, … */
export function lookupName(name: string): Promise<readonly LookupAddress[]> {
  if (name === 'localhost') return Promise.resolve(loopback);
  return shared(name, () => dns.lookup(name, { all: true, order: 'verbatim' }));
}
