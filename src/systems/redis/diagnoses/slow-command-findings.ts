import { often } from '../../../core/count.ts';
import type { Evidence, Finding } from '../../../core/evidence.ts';
import { find, numberOf, type Row, rowsOf, textOf, unseenOf } from '../../../core/evidence-rows.ts';
import { formatDuration } from '../../../core/time.ts';
import { bytesInWords } from '../in-words.ts';
import { clientInWords } from '../slowlog.ts';

/** Others notice when they wait so long: R14 of the rule redis.slow-command. */
const slowSeconds = 0.1;
/** A stretch of so much of ten minutes, or one so long, is trouble by itself (J). */
const grave = { seconds: 1, share: 0.05 };
const windowSeconds = 600;
/** A single thread with so little left answers late (J). */
const saturated = 0.85;
const hotShare = 0.5;
const lookBackMs = windowSeconds * 1_000;

const id = 'redis.slow-command';

export function conclude(evidence: readonly Evidence[], target: string): Finding[] {
  const slow = find(evidence, target, 'slow-commands');
  const answers = [textOf(slow?.facts?.answer), textOf(find(evidence, target, 'last-answer')?.text)];
  const busy = answers[0]?.startsWith('BUSY') ? answers[0] : undefined;
  if (busy !== undefined) return [script(evidence, target, busy)];
  const groups = rowsOf(slow).filter((row) => numberOf(row.worstSeconds) >= slowSeconds);
  const found = groups.slice(0, 2).map((row, index) => ofCommand(evidence, target, row, index === 0));
  return found.length > 0 ? found : [...ofStalls(evidence, target), ...ofHotCommand(evidence, target)];
}

function base(evidence: readonly Evidence[], target: string) {
  return {
    id,
    target,
    evidence: evidence.filter((piece) => piece.target === target).map((piece) => piece.id),
    unseen: unseenOf(evidence),
    recommendations: [],
  };
}

function script(evidence: readonly Evidence[], target: string, answer: string): Finding {
  return {
    ...base(evidence, target),
    summary: `A script keeps Redis busy, so that nobody else is answered: ${answer}`,
    explanation:
      'Scripts and functions run alone: until it ends every other command gets BUSY. SCRIPT KILL ends one that has written nothing; one that has written can only be waited for, or ended by SHUTDOWN NOSAVE with the loss of what is not saved, which Upkeep never does. Restarting the applications would change nothing.',
    confidence: 0.95,
    unseen: ['which script it is: nothing but SCRIPT KILL is answered'],
    recommendations: [
      {
        action: 'redis.script-kill',
        target,
        input: {},
        why: 'it is ended only as long as it has written nothing; others are answered again',
      },
    ],
  };
}

function ofCommand(evidence: readonly Evidence[], target: string, row: Row, isWorst: boolean): Finding {
  const slow = find(evidence, target, 'slow-commands');
  const worst = numberOf(row.worstSeconds);
  const spent = numberOf(row.totalSeconds);
  const isGrave = worst >= grave.seconds || spent >= grave.share * windowSeconds;
  const bytes = isWorst ? numberOf(slow?.facts?.keyBytes) : 0;
  const who = clientInWords({ client: textOf(row.client), host: textOf(row.host) });
  return {
    ...base(evidence, target),
    summary: `${textOf(row.shape)} took up to ${formatDuration(worst * 1_000)}, ${often(numberOf(row.times))} within ten minutes, asked by ${who}; all others wait meanwhile`,
    explanation: [
      `Redis carries out one command at a time: in all ${formatDuration(spent * 1_000)} of the last ten minutes went into this one.`,
      bytes > 0 ? `The key of the longest holds ${bytesInWords(bytes)}.` : '',
      adviceFor(textOf(row.command)),
    ]
      .filter(Boolean)
      .join(' '),
    confidence: isGrave ? 0.9 : 0.75,
    onset: numberOf(row.lastAt) - Math.round(worst * 1_000),
    lastAt: numberOf(row.lastAt),
  };
}

const advice: readonly (readonly [RegExp, string])[] = [
  [
    /^keys$/,
    'KEYS looks at every key there is: SCAN does the same in small pieces. ACL SETUSER app -keys keeps it out.',
  ],
  [
    /^(lrange|zrange|zrevrange|zrangebyscore|smembers|hgetall|hvals|hkeys|xrange)$/,
    'It takes a whole collection: ask for a page of it (LRANGE 0 99, HSCAN, SSCAN), or split the key.',
  ],
  [
    /^(eval|evalsha|fcall|eval_ro|evalsha_ro|fcall_ro)$/,
    'The script runs alone: bound what it loops over, or do the work in pieces from the client.',
  ],
  [/^(del|flushall|flushdb)$/, 'UNLINK and FLUSHALL ASYNC free the memory beside the work.'],
  [
    /^(sort|sinter|sunion|sdiff|zunionstore|zinterstore|sinterstore|sunionstore)$/,
    'Its cost grows with the collections: keep the result, or ask a replica.',
  ],
  [/^(mget|mset|hmget|hmset)$/, 'So many keys at once take as long as all of them: split the call.'],
];

function adviceFor(command: string): string {
  return (
    advice.find(([matches]) => matches.test(command))?.[1] ??
    'Look at how large its key is (MEMORY USAGE) and how many elements it touches.'
  );
}

const stallAdvice: readonly (readonly [RegExp, string])[] = [
  [
    /^fork/,
    'Forking for a snapshot or rewrite copies its page tables: transparent huge pages off, snapshots on a replica.',
  ],
  [
    /^aof/,
    'The disk is too slow for fsync: appendfsync everysec, a faster disk, or no-appendfsync-on-rewrite yes.',
  ],
  [/^expire/, 'Many keys expire at the same moment: spread their times to live.'],
  [/^evict/, 'Memory is full and keys have to be given up for each write: more memory, or fewer keys.'],
];

function ofStalls(evidence: readonly Evidence[], target: string): Finding[] {
  const stalls = find(evidence, target, 'stalls');
  const recent = rowsOf(stalls)
    .filter(
      (row) =>
        !/command/.test(textOf(row.event)) &&
        numberOf(row.seconds) >= slowSeconds &&
        numberOf(row.at) >= (stalls?.at ?? 0) - lookBackMs,
    )
    .toSorted((a, b) => numberOf(b.seconds) - numberOf(a.seconds));
  const [worst] = recent;
  if (worst === undefined) return [];
  const event = textOf(worst.event);
  return [
    {
      ...base(evidence, target),
      summary: `Redis stood still for ${formatDuration(numberOf(worst.seconds) * 1_000)} by ${event}`,
      explanation: `No command is answered meanwhile. ${stallAdvice.find(([matches]) => matches.test(event))?.[1] ?? 'LATENCY DOCTOR says more of it.'}`,
      confidence: 0.75,
      onset: numberOf(worst.at),
      lastAt: numberOf(worst.at),
    },
  ];
}

function ofHotCommand(evidence: readonly Evidence[], target: string): Finding[] {
  const hot = find(evidence, target, 'hot-commands');
  const cpu = numberOf(hot?.facts?.cpuShare);
  const [first] = rowsOf(hot);
  if (first === undefined || cpu < saturated) return [];
  const share = numberOf(first.share);
  const name = textOf(first.command).toUpperCase().replace('|', ' ');
  const who =
    hot?.facts?.hotHost === null
      ? ''
      : `, most from ${clientInWords({ client: textOf(hot?.facts?.hotClient), host: textOf(hot?.facts?.hotHost) })}`;
  return [
    {
      ...base(evidence, target),
      summary: `Redis works at its limit (${Math.round(cpu * 100)} % of its thread)${share >= hotShare ? `: ${name} takes ${Math.round(share * 100)} %${who}` : ''}`,
      explanation:
        'No single command is slow; there is more to do than one thread can. Reads can go to replicas or be kept in the application for a moment; many small commands cost less in a pipeline.',
      nature: 'capacity',
      confidence: 0.7,
      decides: ['whether the calls a second rose (page of the target, redis.commands), or each takes longer'],
    },
  ];
}
