/** Who stands behind a name of the journal: whoever made the token, followed the link, pressed the button. */
import type { OnCall } from '../core/oncall/model.ts';
import type { Tx } from '../store/index.ts';
import * as tokens from '../store/tokens.ts';

/** Null for Upkeep itself, and for who cannot be told: a link of a whole channel, a chat user that no person reaches by. */
export async function personBehind(
  tx: Tx,
  name: string,
  { oncall, notifiers }: { oncall: OnCall; notifiers: readonly { readonly name: string }[] },
): Promise<string | null> {
  const all = await tokens.list(tx);
  // Who lets a model come with a token or a command stands behind it.
  const [, credential] = /^mcp:(.+)$/.exec(name) ?? [];
  const isToken = all.some((token) => token.name === credential);
  let person = credential === undefined ? name : isToken ? `token:${credential}` : credential;
  // A token may have been made by a token.
  for (let step = 0; step <= all.length; step++) {
    const made = all.find((token) => `token:${token.name}` === person);
    if (!made) break;
    person = made.createdBy;
  }
  if (person === 'upkeep') return null;
  const [first = '', ...rest] = person.split(':');
  if (first === 'link') return rest.length > 1 ? rest.slice(1).join(':') : null;
  const isChannel = notifiers.some((one) => one.name === first);
  // A channel that said nothing of who it was stands alone.
  if (rest.length === 0 && isChannel) return oncall.people.some(({ id }) => id === first) ? first : null;
  if (rest.length === 0 || !isChannel) return person;
  const address = rest.join(':');
  return oncall.people.find(({ reach }) => reach[first] === address)?.id ?? null;
}
