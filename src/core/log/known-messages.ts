/** Messages of common programs whose meaning is known: what a person of experience reads out of a line. Pure. */

export interface KnownMessage {
  readonly matches: RegExp;
  /** What it means, as the head of a finding. */
  readonly means: string;
  /** What would decide whether it is the cause. */
  readonly decides: string;
  /** What its target is asked for anyway: measured to be this after the line, it is not so any more. */
  readonly disproof?: { readonly metric: string; readonly is: number };
}

/** The first that matches counts. Kept to messages that mean one thing; what a system's own diagnosis proves is its own. */
const known: readonly KnownMessage[] = [
  {
    matches: /No space left on device|disk is full|\(28: No space|errno:? 28\b/i,
    means: 'a file system is full, in bytes or in inodes',
    decides: '`df -h` and `df -i` of the folder that the line names',
  },
  {
    matches: /Read-only file system|\bEROFS\b/i,
    means: 'a file system has become read-only',
    decides: '`findmnt -o TARGET,OPTIONS` and `dmesg` for errors of its disk',
  },
  {
    matches: /cannot execute [\w ]+ in a read-only transaction|READONLY You can't write against a read only/i,
    means: 'the server takes no writes: it is a replica, or was set read-only',
    decides:
      '`SELECT pg_is_in_recovery()` and `SHOW default_transaction_read_only` in a session of the application (Redis: `INFO replication`)',
  },
  {
    matches: /\bEMFILE\b|Too many open files/i,
    means: 'it has used up its file descriptors',
    decides: '`ls /proc/PID/fd | wc -l` against `Max open files` in /proc/PID/limits',
  },
  {
    matches: /\bEADDRINUSE\b|Address already in use/i,
    means: 'another process holds the port that it wants to listen on',
    decides: '`ss -ltnp` for the port that the line names',
  },
  {
    matches: /\bEADDRNOTAVAIL\b|Cannot assign requested address/i,
    means: 'it finds no free local port for a new connection, or the address is not of this machine',
    decides: '`sysctl net.ipv4.ip_local_port_range` and `ss -s` for sockets in TIME_WAIT',
  },
  {
    matches:
      /sorry, too many clients already|remaining connection slots are reserved|Too many connections|max number of clients reached/i,
    means: 'a server has no connection left to give',
    decides: 'who holds the connections, and since when they idle',
  },
  {
    matches: /deadlock detected|Deadlock found when trying to get lock/i,
    means: 'transactions lock the same rows in different orders',
    decides: 'the two statements that the detail of the message names',
  },
  {
    matches: /checkpoints are occurring too frequently/i,
    means: 'checkpoints come too often: max_wal_size is small for what is written',
    decides: 'pg_stat_bgwriter: requested against timed checkpoints',
  },
  {
    matches: /was terminated by signal (?:9|6|11)\b|database system was interrupted; last known up/i,
    means: 'a process of the server was killed or crashed, and the server recovers',
    decides: '`dmesg` for the kernel’s out-of-memory killer at that moment',
  },
  {
    matches: /archive command failed with exit code/i,
    means: 'WAL cannot be archived: backups grow stale and WAL piles up',
    decides: 'the archive command run by hand as the server’s user',
    disproof: { metric: 'postgres.archiver.failing', is: 0 },
  },
  {
    matches: /\bOut of memory\b|oom-kill|JavaScript heap out of memory|Cannot allocate memory|\bENOMEM\b/i,
    means: 'it has no memory left',
    decides: 'its resident memory over the last hours against the limit of its cgroup or machine',
  },
  {
    matches: /OOM command not allowed when used memory > 'maxmemory'/i,
    means: 'Redis is at maxmemory and may evict nothing',
    decides: 'INFO memory: used_memory, maxmemory and maxmemory_policy',
  },
  {
    matches:
      /\bMISCONF\b|Can't save in background|Background saving error|Failed opening the (?:temp )?RDB file/i,
    means: 'Redis cannot save its data set, and refuses writes where it was told to',
    decides: 'INFO persistence: rdb_last_bgsave_status, and room and rights of its folder',
    disproof: { metric: 'redis.persistence.save_failed', is: 0 },
  },
  {
    matches: /\bNOAUTH\b|\bWRONGPASS\b|password authentication failed|Access denied for user/i,
    means: 'credentials are refused',
    decides: 'which side changed its secret last, by the change ledger',
  },
  {
    matches: /permission denied for (?:table|relation|schema|sequence|function|view)|command denied to user/i,
    means: 'a right in the database is missing',
    decides: 'the difference of grants in the change ledger',
  },
  {
    matches:
      /certificate has expired|CERT_HAS_EXPIRED|certificate verify failed|unable to (?:verify the first|get local issuer) certificate/i,
    means: 'a certificate on the way is not accepted',
    decides: 'dates, names and chain of the certificate that the other side shows',
  },
  {
    matches: /\bENOTFOUND\b|\bEAI_AGAIN\b|Name or service not known|Temporary failure in name resolution/i,
    means: 'a name does not resolve',
    decides: 'the same name asked of each resolver and of the authoritative server',
  },
  {
    matches: /not yet valid|token used before issued|jwt not active/i,
    means: 'clocks disagree: what is signed now is not valid yet elsewhere',
    decides: 'the offset of both clocks against NTP',
  },
  {
    matches:
      /no live upstreams|upstream timed out|has no server available|Connection refused\) while connecting to upstream/i,
    means: 'a proxy gets no answer from what stands behind it',
    decides: 'a connection to each upstream by hand',
  },
  {
    matches: /\bECONNREFUSED\b|Connection refused/i,
    means: 'something that it needs refuses connections',
    decides: 'who listens on the address that the line names',
  },
  {
    matches: /unknown directive|unexpected "?[;}]|configuration file .* test failed|\[emerg\]/i,
    means: 'a configuration file is broken',
    decides: 'the program’s own test of its configuration (`nginx -t`, `haproxy -c -f`)',
  },
];

export function meaningOf(line: string): KnownMessage | undefined {
  return known.find(({ matches }) => matches.test(line));
}
