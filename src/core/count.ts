/** `1 target`, `2 targets`; `many` where the plural is another word: `1 entry`, `2 entries`. */
export function count(amount: number, one: string, many = `${one}s`): string {
  return `${amount} ${amount === 1 ? one : many}`;
}

/** `once`, `2 times`. */
export function often(amount: number): string {
  return amount === 1 ? 'once' : `${amount} times`;
}
