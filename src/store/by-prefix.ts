import { UpkeepError } from '../core/verb.ts';

const mostNamed = 5;

/** At least this many of the rows that an abbreviated id may mean are fetched to tell whether it is clear. */
export const prefixLimit = mostNamed + 1;

/** The pattern of `like` for an abbreviated id; only characters that ids are made of, so none is a wildcard. */
export function prefixPattern(noun: string, id: string): string {
  if (!/^[0-9a-f-]+$/i.test(id)) throw new UpkeepError('not-found', `no ${noun} has the id ${id}`);
  return `${id.toLowerCase()}%`;
}

/** The one that an id or its beginning means. @throws UpkeepError not-found, or bad-input when it means several */
export function onlyOne<T extends { readonly id: string }>(noun: string, id: string, found: readonly T[]): T {
  const exact = found.find((one) => one.id === id.toLowerCase());
  const [first, ...others] = exact ? [exact] : found;
  if (!first) throw new UpkeepError('not-found', `no ${noun} has the id ${id}`);
  if (others.length > 0) {
    const ids = found.slice(0, mostNamed).map((one) => one.id);
    const more = found.length > mostNamed ? ' and more' : '';
    throw new UpkeepError('bad-input', `${id} is the beginning of several: ${ids.join(', ')}${more}`);
  }
  return first;
}
