/** Reads the token from the one-time link, its part after `#` or the bare token. */
export function readToken(text: string): string {
  const from = text.includes('#') ? text.slice(text.indexOf('#') + 1) : text.trim();
  return new URLSearchParams(from).get('token') ?? from;
}

/** The name that an invitation was made for. */
export function readName(text: string): string {
  const from = text.includes('#') ? text.slice(text.indexOf('#') + 1) : '';
  return new URLSearchParams(from).get('name') ?? '';
}
