/**
 * Redis commands by what they do, by the flags that `COMMAND` of Redis 7.0 tells and by the manual of 8; a test asks a
 * real server. A command that is not in the table is risky.
 */
import { because, type Classification, type CommandClass, classified, type Reason } from '../classes.ts';

const words = (text: string) => text.trim().split(/\s+/);

const byClass: Readonly<Record<CommandClass, readonly string[]>> = {
  read: words(`GET MGET GETRANGE SUBSTR STRLEN EXISTS TYPE TTL PTTL EXPIRETIME PEXPIRETIME HGET HMGET HGETALL HKEYS HVALS
    HLEN HEXISTS HSTRLEN HSCAN HRANDFIELD LRANGE LLEN LINDEX LPOS SMEMBERS SISMEMBER SMISMEMBER SCARD SRANDMEMBER
    SSCAN SINTER SUNION SDIFF SINTERCARD ZRANGE ZREVRANGE ZRANGEBYSCORE ZREVRANGEBYSCORE ZRANGEBYLEX ZREVRANGEBYLEX
    ZSCORE ZMSCORE ZCARD ZCOUNT ZLEXCOUNT ZRANK ZREVRANK ZSCAN ZRANDMEMBER ZINTER ZUNION ZDIFF ZINTERCARD BITCOUNT
    BITPOS GETBIT PFCOUNT GEODIST GEOHASH GEOPOS GEOSEARCH XRANGE XREVRANGE XLEN XREAD XPENDING
    SCAN DBSIZE RANDOMKEY PING ECHO TIME INFO LASTSAVE ROLE COMMAND LOLWUT DUMP BITFIELD_RO GEORADIUS_RO
    GEORADIUSBYMEMBER_RO LCS SORT_RO HTTL HPTTL HEXPIRETIME HPEXPIRETIME DIGEST VSIM VCARD VDIM VEMB VGETATTR VINFO
    VISMEMBER VLINKS VRANDMEMBER VRANGE`),
  safe: words(`TOUCH ASKING READONLY READWRITE WAIT WAITAOF BGSAVE BGREWRITEAOF QUIT UNWATCH UNSUBSCRIBE PUNSUBSCRIBE
    SUNSUBSCRIBE`),
  risky:
    words(`SET SETEX SETNX MSET APPEND INCR DECR EXPIRE PERSIST HSET LPUSH RPUSH SADD ZADD XADD PUBLISH DEL UNLINK
    GETDEL GETEX GETSET RENAME RENAMENX MOVE COPY RESTORE SORT BITFIELD BITOP BLMOVE BLMPOP BLPOP BRPOP
    BRPOPLPUSH BZMPOP BZPOPMAX BZPOPMIN DECRBY INCRBY INCRBYFLOAT DISCARD EXPIREAT PEXPIRE PEXPIREAT GEOADD GEORADIUS
    GEORADIUSBYMEMBER GEOSEARCHSTORE HDEL HINCRBY HINCRBYFLOAT HMSET HSETNX HEXPIRE HPEXPIRE HEXPIREAT HPEXPIREAT
    HPERSIST HGETEX HSETEX HGETDEL LINSERT LMOVE LMPOP LPOP LPUSHX LREM LSET LTRIM MSETNX MSETEX DELEX PFADD PFMERGE
    PSETEX PSUBSCRIBE SSUBSCRIBE SPUBLISH RPOP RPOPLPUSH RPUSHX SDIFFSTORE SETBIT SETRANGE SINTERSTORE SMOVE SPOP SREM
    SUNIONSTORE XACK XACKDEL XAUTOCLAIM XCLAIM XDEL XDELEX XGROUP XREADGROUP XSETID XTRIM ZDIFFSTORE ZINCRBY
    ZINTERSTORE ZMPOP ZPOPMAX ZPOPMIN ZRANGESTORE ZREM ZREMRANGEBYLEX ZREMRANGEBYRANK ZREMRANGEBYSCORE ZUNIONSTORE
    VADD VREM VSETATTR OBJECT MULTI EXEC WATCH SUBSCRIBE MONITOR SAVE SELECT HELLO AUTH RESET`),
  destructive: words('SWAPDB FAILOVER CLUSTER MIGRATE'),
  forbidden:
    words(`DEBUG MODULE EVAL EVALSHA EVAL_RO EVALSHA_RO FCALL FCALL_RO SHUTDOWN KEYS SYNC PSYNC REPLCONF
    PFDEBUG PFSELFTEST RESTORE-ASKING FLUSHDB FLUSHALL REPLICAOF SLAVEOF`),
};

/** Commands whose second word decides. */
const bySubcommand: Readonly<Record<string, Readonly<Record<string, CommandClass>>>> = {
  CONFIG: { GET: 'read', RESETSTAT: 'risky', REWRITE: 'risky', SET: 'risky' },
  CLIENT: {
    ...{ LIST: 'read', INFO: 'read', ID: 'read', GETNAME: 'read', TRACKINGINFO: 'read', SETNAME: 'safe' },
    ...{
      KILL: 'risky',
      PAUSE: 'risky',
      UNPAUSE: 'risky',
      UNBLOCK: 'risky',
      REPLY: 'risky',
      TRACKING: 'risky',
    },
    ...{ CACHING: 'safe', SETINFO: 'safe', GETREDIR: 'read', 'NO-EVICT': 'risky', 'NO-TOUCH': 'safe' },
  },
  SLOWLOG: { GET: 'read', LEN: 'read', RESET: 'risky' },
  LATENCY: {
    LATEST: 'read',
    HISTORY: 'read',
    DOCTOR: 'read',
    GRAPH: 'read',
    HISTOGRAM: 'read',
    RESET: 'risky',
  },
  MEMORY: { USAGE: 'read', STATS: 'read', DOCTOR: 'read', 'MALLOC-STATS': 'read', PURGE: 'safe' },
  SCRIPT: { EXISTS: 'read', KILL: 'risky', LOAD: 'forbidden', FLUSH: 'forbidden', DEBUG: 'forbidden' },
  FUNCTION: {
    ...{
      LIST: 'read',
      STATS: 'read',
      DUMP: 'read',
      KILL: 'risky',
      DELETE: 'destructive',
      FLUSH: 'forbidden',
    },
    ...{ LOAD: 'forbidden', RESTORE: 'forbidden' },
  },
  ACL: {
    ...{
      WHOAMI: 'read',
      GENPASS: 'read',
      DRYRUN: 'read',
      CAT: 'read',
      USERS: 'read',
      LOG: 'read',
      SETUSER: 'destructive',
      DELUSER: 'destructive',
    },
    ...{ LOAD: 'destructive', SAVE: 'risky', LIST: 'forbidden', GETUSER: 'forbidden' },
  },
  OBJECT: { ENCODING: 'read', FREQ: 'read', IDLETIME: 'read', REFCOUNT: 'read' },
  CLUSTER: {
    ...{
      INFO: 'read',
      NODES: 'read',
      SLOTS: 'read',
      SHARDS: 'read',
      KEYSLOT: 'read',
      MYID: 'read',
      LINKS: 'read',
    },
    ...{
      COUNTKEYSINSLOT: 'read',
      GETKEYSINSLOT: 'read',
      REPLICAS: 'read',
      SLAVES: 'read',
      MYSHARDID: 'read',
    },
    ...{ 'COUNT-FAILURE-REPORTS': 'read' },
  },
  PUBSUB: {
    ...{ CHANNELS: 'read', NUMSUB: 'read', NUMPAT: 'read', SHARDCHANNELS: 'read', SHARDNUMSUB: 'read' },
  },
  MODULE: { LIST: 'read' },
  XGROUP: {
    ...{ CREATE: 'risky', CREATECONSUMER: 'risky', DELCONSUMER: 'risky', SETID: 'risky' },
    DESTROY: 'destructive',
  },
  XINFO: { STREAM: 'read', GROUPS: 'read', CONSUMERS: 'read' },
};

const why: Readonly<Record<string, string>> = {
  KEYS: 'stops the server while it walks every key; SCAN does not',
  FLUSHALL: 'removes every key of every database',
  FLUSHDB: 'removes every key of the database',
  DEBUG: 'can stop or crash the server',
  SHUTDOWN: 'stops the server',
  MODULE: 'loads code into the server',
  MONITOR: 'shows everybody every command, at half the speed',
  REPLICAOF: 'a replica forgets its own data',
  SLAVEOF: 'a replica forgets its own data',
};

/** Where the server writes, what it loads, who gets in. */
const forbiddenSettings =
  /^(dir|dbfilename|appenddirname|appendfilename|aclfile|logfile|unixsocket.*|loadmodule|enable-.*)$/;
const protectiveSettings =
  /^(save|appendonly|appendfsync|requirepass|masterauth|masteruser|protected-mode|bind|port|tls-.*|replicaof|slaveof|min-replicas-.*|rename-command|user|stop-writes-on-bgsave-error|notify-keyspace-events)$/;

/** @param words a command with its arguments, unquoted: `['CONFIG', 'SET', 'maxmemory', '1gb']` */
export function classifyRedis(words: readonly string[]): Classification {
  const reasons = judge(words);
  return classified(reasons, because('read', 'redis.read', 'only reads'));
}

function judge(words: readonly string[]): Reason[] {
  const [command = '', ...rest] = words.map((word) => word.toUpperCase());
  if (command === '') return [because('forbidden', 'redis.syntax', 'no command')];
  const id = `redis.${command.toLowerCase().replace(/[^a-z]+/g, '-')}`;
  if (/[\r\n\0]/.test(words.slice(0, 2).join('')))
    return [because('forbidden', 'redis.syntax', 'a command with a line break is two commands')];
  const subcommands = Object.hasOwn(bySubcommand, command) ? bySubcommand[command] : undefined;
  const sub = rest[0] ?? '';
  const isHelp = subcommands !== undefined && sub === 'HELP' && rest.length === 1;
  const ofSub =
    subcommands && Object.hasOwn(subcommands, sub) ? subcommands[sub] : isHelp ? 'read' : undefined;
  const said = ofSub === undefined ? command : `${command} ${sub}`;
  if (command === 'CONFIG' && sub === 'SET') return judgeSettings(words.slice(2));
  if (command === 'CONFIG' && sub === 'GET' && words.slice(2).some(asksForPassword))
    return [because('forbidden', id, 'CONFIG GET of a password shows it')];
  if (command === 'ACL' && sub === 'LOG' && rest[1] === 'RESET')
    return [because('risky', id, 'ACL LOG RESET forgets who was turned away')];
  if (/^(SORT|GEORADIUS|GEORADIUSBYMEMBER)$/.test(command) && rest.includes('STORE'))
    return [because('risky', id, `${command} … STORE writes a key`)];
  if (/^XREAD$/.test(command) && rest.includes('BLOCK'))
    return [because('risky', id, `${command} BLOCK holds a connection`)];
  const own = (Object.keys(byClass) as CommandClass[]).find((level) => byClass[level].includes(command));
  const level = ofSub ?? own ?? 'risky';
  const known = ofSub !== undefined || own !== undefined;
  return [
    because(
      level,
      known ? id : 'redis.unknown-command',
      known
        ? `${said} ${(ofSub === undefined ? why[command] : undefined) ?? saidOf[level]}`
        : `${subcommands && sub !== '' ? `${command} ${sub}` : command} is no command that is known`,
    ),
  ];
}

const passwords = words('requirepass masterauth primaryauth tls-key-file-pass tls-client-key-file-pass');

/** `CONFIG GET` takes patterns; `*` shows the passwords too. */
function asksForPassword(pattern: string): boolean {
  const isPlain = /^[\w*?-]*$/.test(pattern);
  if (!isPlain) return true;
  const form = pattern.toLowerCase().replace(/\*+/g, '.*').replaceAll('?', '.');
  return passwords.some((name) => new RegExp(`^${form}$`).test(name));
}

const saidOf: Readonly<Record<CommandClass, string>> = {
  read: 'only reads',
  safe: 'changes nothing that others notice',
  risky: 'changes keys, or disturbs others',
  destructive: 'loses data, or changes who may do what',
  forbidden: 'is never run by Upkeep',
};

function judgeSettings(pairs: readonly string[]): Reason[] {
  const names = pairs.filter((_, at) => at % 2 === 0).map((name) => name.toLowerCase());
  if (names.length === 0) return [because('forbidden', 'redis.syntax', 'CONFIG SET without a setting')];
  return names.map((name) => {
    if (forbiddenSettings.test(name))
      return because(
        'forbidden',
        'redis.config-set',
        `CONFIG SET ${name} decides what the server writes or loads`,
      );
    if (protectiveSettings.test(name))
      return because(
        'destructive',
        'redis.config-set',
        `CONFIG SET ${name} protects data or decides who gets in`,
      );
    return because('risky', 'redis.config-set', `CONFIG SET ${name} changes how the server behaves`);
  });
}
