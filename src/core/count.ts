/** `1 target`, `2 targets`; `many` where the plural is another word: `1 entry`, `2 entries`. */
export function count(amount: number, one: string, many = `${one}s`): string {
  return `${amount} ${amount === 1 ? one : many}`;
}

/** `once`, `2 times`. */
export function often(amount: number): string {
  return amount === 1 ? 'once' : `${amount} times`;
}

/** `db`, `db and web`, `db, cache and web`. */
export function listed(names: readonly string[]): string {
  const last = names.at(-1) ?? '';
  return names.length < 2 ? last : `${names.slice(0, -1).join(', ')} and ${last}`;
}

/** With a capital letter, as a sentence begins. */
export function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
