/** What an application's error text betrays of the server that turned it away. Pure. */

export interface Refusal {
  readonly kind: 'credentials' | 'unreachable' | 'exhausted' | 'no-port';
  /** Kind of the system that refused: `postgres`; undefined where the text does not tell. */
  readonly system: string | undefined;
  /** What it said, as the driver words it; holds no password. */
  readonly said: string;
  /** Whose credentials they were. */
  readonly user: string | undefined;
}

interface Pattern {
  readonly kind: Refusal['kind'];
  readonly system?: string;
  readonly text: RegExp;
}

/** Messages of the servers themselves, which every driver passes on. */
const patterns: readonly Pattern[] = [
  {
    kind: 'credentials',
    system: 'postgres',
    text: /(?:password|Peer|Ident) authentication failed for user \\?"(?<user>[^"\\]{1,63})/,
  },
  {
    kind: 'credentials',
    system: 'postgres',
    text: /no pg_hba\.conf entry for host \\?"[^"]{1,60}", user \\?"(?<user>[^"\\]{1,63})/,
  },
  { kind: 'credentials', system: 'postgres', text: /role \\?"(?<user>[^"\\]{1,63})\\?" does not exist/ },
  { kind: 'credentials', system: 'postgres', text: /\b28(?:P01|000)\b/ },
  { kind: 'credentials', system: 'redis', text: /NOAUTH Authentication required|NOAUTH HELLO/ },
  { kind: 'credentials', system: 'redis', text: /WRONGPASS invalid username-password pair/ },
  {
    kind: 'credentials',
    system: 'mysql',
    text: /Access denied for user '(?<user>[^']{1,80})'@'[^']{0,255}'/,
  },
  { kind: 'exhausted', system: 'postgres', text: /sorry, too many clients already/ },
  { kind: 'exhausted', system: 'postgres', text: /remaining connection slots are reserved for [\w -]{1,80}/ },
  {
    kind: 'exhausted',
    system: 'postgres',
    text: /too many connections for (?:role|database) \\?"[^"\\]{1,63}/,
  },
  { kind: 'exhausted', system: 'postgres', text: /canceling statement due to (?:lock|statement) timeout/ },
  { kind: 'exhausted', system: 'redis', text: /OOM command not allowed when used memory > 'maxmemory'/ },
  { kind: 'exhausted', system: 'redis', text: /ERR max number of clients reached/ },
  { kind: 'exhausted', system: 'mysql', text: /Too many connections/ },
  {
    kind: 'unreachable',
    system: 'postgres',
    text: /the database system is (?:starting up|shutting down|in recovery mode)/,
  },
  { kind: 'unreachable', text: /connect ECONNREFUSED (?:\[?[0-9a-f.:]{2,45}\]?:\d{1,5}|\/\S{1,100})/ },
  {
    kind: 'no-port',
    // Of Node, of libc (as Go, Java, Python and libpq pass it on).
    text: /connect EADDRNOTAVAIL(?: \[?[0-9a-f.:]{2,45}\]?:\d{1,5})?|[Cc]an(?:not|'t) assign requested address/,
  },
  { kind: 'unreachable', text: /getaddrinfo (?:ENOTFOUND|EAI_AGAIN) [\w.-]{1,253}/ },
];

export function recogniseRefusal(body: string): Refusal | undefined {
  for (const { kind, system, text } of patterns) {
    const found = text.exec(body);
    if (found) return { kind, system, said: found[0].replaceAll('\\', ''), user: found.groups?.user };
  }
  return undefined;
}
