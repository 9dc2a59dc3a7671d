/** What kind of command it was: its name and the pattern of its key. Never a value, nor the part of a key that names somebody. */
import { plain } from '../../core/plain.ts';

/** Where the first key stands, counted from the command; 1 where not named. */
const keyAt: Readonly<Record<string, number>> = {
  eval: 3,
  eval_ro: 3,
  evalsha: 3,
  evalsha_ro: 3,
  fcall: 3,
  fcall_ro: 3,
  object: 2,
  memory: 2,
  xinfo: 2,
  xgroup: 2,
  bitop: 3,
  lmpop: 2,
  zmpop: 2,
  zinter: 2,
  zunion: 2,
  zdiff: 2,
  sintercard: 2,
  zintercard: 2,
};
const withoutKey = new Set([
  ...[
    'ping',
    'info',
    'scan',
    'flushall',
    'flushdb',
    'client',
    'config',
    'command',
    'debug',
    'script',
    'function',
  ],
  ...[
    'save',
    'bgsave',
    'bgrewriteaof',
    'auth',
    'hello',
    'select',
    'subscribe',
    'psubscribe',
    'publish',
    'cluster',
  ],
  ...[
    'dbsize',
    'randomkey',
    'replicaof',
    'psync',
    'multi',
    'exec',
    'slowlog',
    'latency',
    'acl',
    'wait',
    'shutdown',
  ],
]);
const withSubcommand = new Set([
  'client',
  'config',
  'debug',
  'script',
  'function',
  'cluster',
  'object',
  'memory',
  'xinfo',
]);
/** Those whose numbers say how much was asked for: LRANGE key 0 -1. */
const withRange = new Set(['lrange', 'zrange', 'zrevrange', 'getrange', 'ltrim']);

export interface CommandShape {
  /** `lrange` */
  readonly command: string;
  /** `LRANGE feed:* 0 -1` */
  readonly shape: string;
  /** As it was sent: to look at it, never to be kept. */
  readonly key: string | undefined;
}

/** @param words as SLOWLOG has them: at most 32, the last one saying how many more there were */
export function shapeOf(words: readonly string[]): CommandShape {
  const command = (words[0] ?? '').toLowerCase();
  const more = /^\.\.\. \((\d+) more arguments\)$/.exec(words.at(-1) ?? '')?.[1];
  const total = more === undefined ? words.length : words.length - 1 + Number(more);
  const name = plain(command.toUpperCase(), 30);
  if (command === 'keys') return { command, shape: `${name} ${patternOf(words[1] ?? '')}`, key: undefined };
  const sub = withSubcommand.has(command) ? ` ${plain((words[1] ?? '').toUpperCase(), 20)}` : '';
  if (withoutKey.has(command)) return { command, shape: `${name}${sub}`, key: undefined };
  const at = keyAt[command] ?? (/^xread/.test(command) ? streamAt(words) : 1);
  const hasKeys = !/^(eval|fcall)/.test(command) || Number(words[2] ?? 0) > 0;
  const key = hasKeys ? words[at] : undefined;
  if (key === undefined) return { command, shape: `${name}${sub}`, key: undefined };
  const range = withRange.has(command) ? words.slice(2, 4).filter((word) => /^-?\d+$/.test(word)) : [];
  const left = total - at - 1 - range.length;
  const rest = range.length === 0 && left > 1 ? [`(${left} more)`] : range;
  return { command, shape: [`${name}${sub}`, keyPattern(key), ...rest].join(' '), key };
}

function streamAt(words: readonly string[]): number {
  const streams = words.findIndex((word) => word.toLowerCase() === 'streams');
  return streams < 0 ? words.length : streams + 1;
}

/** `user:*:*` of user:42:cart. What stands before the first separator is what applications call a kind of key. */
export function keyPattern(key: string): string {
  const [first = '', ...others] = key.split(/[:/|]/);
  const separator = /[:/|]/.exec(key)?.[0] ?? '';
  const name = plain(first.replace(/\d+/g, '#'), 40);
  if (others.length > 0) return `${name}${`${separator}*`.repeat(Math.min(others.length, 4))}`;
  // One that could be a person's, an address or a token is not shown.
  return /^[a-z][a-z_.#-]{0,39}$/i.test(name) && !name.includes('@') && key.length <= 40 ? name : '(a key)';
}

/** The glob of KEYS and SCAN: its stars stand, names after the first part go. */
function patternOf(glob: string): string {
  if (/^[*?]*$/.test(glob)) return glob;
  return keyPattern(glob).replace(/(:\*)+$/, ':*');
}
