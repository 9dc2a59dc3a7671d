/** Who may be named: the people of `oncall.people`, and accounts. */
import { hintFor } from '../core/suggest.ts';
import { UpkeepError } from '../core/verb.ts';
import * as accounts from '../store/accounts.ts';
import type { VerbContext } from './context.ts';

/**
 * The id or account that a name stands for; capitals and a person's full name are understood. Any name goes while there
 * is nobody to be named.
 * @throws UpkeepError bad-input for a stranger
 */
export async function knownPerson(ctx: VerbContext, input: string, name: string): Promise<string> {
  const { people } = ctx.configuration().oncall;
  const wanted = name.toLowerCase();
  const meant = people.find(({ id, name: full }) => [id, full].some((one) => one.toLowerCase() === wanted));
  if (meant) return meant.id;
  const all = [...people.map(({ id }) => id), ...(await accounts.list(ctx.store.db)).map((one) => one.name)];
  const known = all.find((one) => one.toLowerCase() === wanted);
  if (known !== undefined) return known;
  if (all.length === 0) return name;
  const hint = hintFor(name, [...new Set(all)]);
  throw new UpkeepError(
    'bad-input',
    `${input}: nobody in oncall.people and no account is called ${JSON.stringify(name)}${hint === undefined ? '' : `; ${hint}`}`,
  );
}
