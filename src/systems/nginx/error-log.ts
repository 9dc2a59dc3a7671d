/** What lines of nginx's error log mean. The words are those of its source, the same since 1.0. */
import { redact } from '../../core/redact.ts';

export const errorKinds = [
  'upstream-refused',
  'upstream-timeout',
  'upstream-broken',
  'upstream-none',
  'upstream-unresolved',
  'worker-connections',
  'open-files',
  'no-space',
  'permission',
  'tls',
  'emergency',
] as const;
export type ErrorKind = (typeof errorKinds)[number];

const patterns: readonly (readonly [RegExp, ErrorKind])[] = [
  [/worker_connections are not enough|worker_connections are more than/, 'worker-connections'],
  [/\(24: Too many open files\)/, 'open-files'],
  [/\(28: No space left on device\)/, 'no-space'],
  [/no live upstreams while connecting to upstream/, 'upstream-none'],
  [/\(111: (?:Connection refused|Unknown error)\) while connecting to upstream/, 'upstream-refused'],
  [/upstream timed out \(110:/, 'upstream-timeout'],
  [/could not be resolved|host not found in upstream/, 'upstream-unresolved'],
  [
    /upstream prematurely closed|upstream sent (?:invalid|no valid|too big|unsupported)|\(104: Connection reset by peer\) while reading|recv\(\) failed .* upstream|\(113: .*while connecting to upstream|\(101: .*while connecting to upstream/,
    'upstream-broken',
  ],
  [/\(13: Permission denied\)/, 'permission'],
  [/SSL_do_handshake\(\) failed .*upstream|cannot load certificate/, 'tls'],
];

export interface ErrorLine {
  readonly level: string;
  readonly kind: ErrorKind | undefined;
  /** `127.0.0.1:3000`, as it stands in `upstream: "http://…"`. */
  readonly upstream: string | undefined;
  /** Without secrets, cut short. */
  readonly text: string;
}

/** Undefined for a line that is not of nginx, or of a level below warn. */
export function readErrorLine(line: string): ErrorLine | undefined {
  const found = /^(\d{4}\/\d\d\/\d\d [\d:]{8}) \[(warn|error|crit|alert|emerg)\] (.*)$/.exec(line);
  if (found === null) return undefined;
  const [, , level = '', said = ''] = found;
  const kind = patterns.find(([pattern]) => pattern.test(said))?.[1];
  const upstream = /upstream: "(?:\w+:\/\/)?(?:unix:([^:"]+)|([^/"]+))/.exec(said);
  return {
    level,
    kind: kind ?? (level === 'emerg' || level === 'alert' ? 'emergency' : undefined),
    upstream: upstream?.[2] ?? (upstream?.[1] === undefined ? undefined : `unix:${upstream[1]}`),
    text: redact(line).slice(0, 500),
  };
}
