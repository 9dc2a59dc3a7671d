import { count } from '../../../core/count.ts';
import type { Evidence, Finding } from '../../../core/evidence.ts';
import { find, numberOf, type Row, textOf, unseenOf } from '../../../core/evidence-rows.ts';
import { formatDuration } from '../../../core/time.ts';
import { bytesInWords } from '../in-words.ts';
import { changeBehind } from './evidence.ts';

export type SavedBy = 'snapshot' | 'append';

interface Cause {
  readonly is: string;
  /** What puts it right, by people: Upkeep changes no folder. */
  readonly remedy: string;
  /** True where what is seen of the folder now no longer shows it. */
  readonly isMended: boolean;
  readonly confidence: number;
}

/** Words of the kernel in the log, and what they mean. */
const causes: readonly {
  readonly matches: RegExp;
  readonly kind: 'full' | 'rights' | 'read-only' | 'gone' | 'in-the-way' | 'fork' | 'killed' | 'disk';
}[] = [
  { matches: /fork: |Cannot allocate memory|Out of memory/i, kind: 'fork' },
  { matches: /No space left|quota/i, kind: 'full' },
  { matches: /Read-only file system/i, kind: 'read-only' },
  { matches: /Permission denied|Operation not permitted/i, kind: 'rights' },
  { matches: /No such file or directory/i, kind: 'gone' },
  { matches: /Is a directory|Not a directory|not empty|Error moving temp DB/i, kind: 'in-the-way' },
  { matches: /Input\/output error/i, kind: 'disk' },
  { matches: /terminated by signal/i, kind: 'killed' },
];

export function concludeSaving(
  evidence: readonly Evidence[],
  target: string,
  about: { id: string; by: SavedBy; state: Evidence | undefined },
): Finding[] {
  const facts = about.state?.facts;
  if (facts === undefined || facts.snapshot === undefined) return [];
  const fails =
    about.by === 'snapshot' ? facts.snapshot === 'err' : facts.append === 'err' || facts.rewrite === 'err';
  if (!fails) return [];
  const settings = find(evidence, target, 'save-settings')?.facts ?? {};
  const place = find(evidence, target, 'save-place')?.facts;
  const log = textOf(find(evidence, target, 'save-log')?.text);
  const cause = causeOf(log, place, facts, textOf(settings.dir) || textOf(place?.folder));
  const change = changeBehind(evidence, target, ({ name }) =>
    /^(dir|dbfilename|append(dir|file)name)$/.test(textOf(name)),
  );
  const stops = settings['stop-writes-on-bgsave-error'] !== 'no';
  const isRefusing = about.by === 'append' ? facts.append === 'err' : stops;
  const what =
    about.by === 'snapshot' ? 'Snapshots cannot be written' : 'The append-only file cannot be written';
  return [
    {
      id: about.id,
      target,
      summary: `${what}${cause === undefined ? '' : `: ${cause.is}`}${isRefusing ? `; writes are refused${refused(facts)}` : ''}`,
      explanation: [
        state(about, facts),
        change === undefined
          ? ''
          : `${textOf(change.name)} was changed from ${textOf(change.before)} to ${textOf(change.now)}.`,
        cause?.remedy ??
          'Its log names the error; the usual ones are a full disk, a folder that its account may not write to, and no memory to fork.',
        isRefusing && about.by === 'snapshot'
          ? 'Turning stop-writes-on-bgsave-error off would take writes again and hide that a restart loses them.'
          : '',
        'Do not restart it: what is in memory is the only copy of what came since.',
      ]
        .filter(Boolean)
        .join(' '),
      confidence: cause?.confidence ?? 0.7,
      ...(change === undefined ? {} : { change: textOf(change.change) }),
      evidence: evidence.filter((piece) => piece.target === target).map((piece) => piece.id),
      unseen: cause !== undefined && cause.confidence >= 0.9 ? [] : unseenOf(evidence),
      ...(cause === undefined
        ? {
            decides: [
              'the newest line of its log that speaks of saving',
              `ls -ld and df -h of ${textOf(settings.dir) || 'CONFIG GET dir'}`,
            ],
          }
        : {}),
      recommendations:
        cause?.isMended === true && about.by === 'snapshot' && facts.isSnapshotUnderWay !== true
          ? [
              {
                action: 'redis.bgsave',
                target,
                input: {},
                why: 'what kept it from saving is gone: a good snapshot ends the refusal of writes',
              },
            ]
          : [],
    },
  ];
}

function refused(facts: Row): string {
  const times = numberOf(facts.writesRefused);
  return times > 0 ? ` (MISCONF, ${times} so far)` : ' (MISCONF)';
}

function state({ by, state: piece }: { by: SavedBy; state: Evidence | undefined }, facts: Row): string {
  const since = numberOf(facts.savedAt);
  const age = formatDuration(Math.max(0, (piece?.at ?? 0) - since));
  const changes = count(numberOf(facts.changesSince), 'change');
  return by === 'snapshot'
    ? `The last good snapshot is ${age} old; ${changes} since would be lost by a restart${facts.isAppending === true && facts.append === 'ok' ? ', were it not for the append-only file' : ''}.`
    : `The last ${facts.append === 'err' ? 'write' : 'rewrite'} of the append-only file failed.`;
}

/** The newest words of the log first; what is seen of the folder now decides whether it still stands. */
function causeOf(log: string, place: Row | undefined, facts: Row, folder: string): Cause | undefined {
  const seen = place?.exists === undefined ? undefined : kindSeen(place, facts);
  for (const line of log.split('\n').toReversed()) {
    const said = causes.find(({ matches }) => matches.test(line));
    if (said === undefined) continue;
    const isOfFolder = ['full', 'rights', 'read-only', 'gone'].includes(said.kind);
    const isMended = isOfFolder && place?.exists !== undefined && seen === undefined;
    return { ...inWords(said.kind, folder, place, facts), isMended, confidence: isMended ? 0.9 : 0.95 };
  }
  if (seen === undefined) return undefined;
  return {
    ...inWords(seen, folder, place, facts),
    isMended: false,
    confidence: seen === 'fork' ? 0.75 : 0.88,
  };
}

type Kind = (typeof causes)[number]['kind'];

/** Less room than this share of the data in memory is too little for a file of them (J: they are packed tighter on disk). */
const leastRoom = 0.1;

function kindSeen(place: Row, facts: Row): Kind | undefined {
  if (place.exists === false) return 'gone';
  if (place.isFolder === false) return 'in-the-way';
  if (place.isReadOnly === true) return 'read-only';
  if (place.mayWrite === false) return 'rights';
  const used = numberOf(facts.used);
  if (typeof place.available === 'number' && place.available < used * leastRoom) return 'full';
  const memory = place.memoryAvailable;
  if (place.overcommit === 0 && typeof memory === 'number' && memory < numberOf(facts.resident))
    return 'fork';
  return undefined;
}

function inWords(
  kind: Kind,
  folder: string,
  place: Row | undefined,
  facts: Row,
): Pick<Cause, 'is' | 'remedy'> {
  const there = folder === '' ? 'its folder' : folder;
  switch (kind) {
    case 'full':
      return {
        is: `no space left in ${there}`,
        remedy: `Make room on the disk of ${there}${typeof place?.available === 'number' ? ` (${bytesInWords(place.available)} free, ${bytesInWords(numberOf(facts.used))} of data)` : ''}, then BGSAVE. Files called temp-*.rdb are left over from snapshots that failed.`,
      };
    case 'rights':
      return {
        is: `its account may not write to ${there}`,
        remedy: `${place?.mode ? `${there} is ${textOf(place.mode)}, the server runs as ${textOf(place.account)}. ` : ''}Give the folder back to its account (chown, chmod u+w, or ReadWritePaths of its unit), then BGSAVE.`,
      };
    case 'read-only':
      return {
        is: `${there} is on a file system that is read-only`,
        remedy:
          'The kernel mounts a file system so when its disk fails (dmesg): look there before it is mounted for writing again, and copy the data off by a replica first.',
      };
    case 'gone':
      return {
        is: `${there} is not there`,
        remedy: `Make ${there} again with its owner, or mount what was there, then BGSAVE.`,
      };
    case 'in-the-way':
      return {
        is: `something stands in the place of the file in ${there}`,
        remedy: `Look at what has the name of the file in ${there} (ls -la); move it away, then BGSAVE.`,
      };
    case 'fork':
      return {
        is: 'the kernel gives no memory to fork',
        remedy: `A snapshot forks the server${place?.overcommit === 0 ? '; vm.overcommit_memory is 0, so the kernel wants as much memory free as the server has (sysctl vm.overcommit_memory=1)' : ''}. Free memory on the machine, then BGSAVE.`,
      };
    case 'killed':
      return {
        is: 'the process that writes it was killed',
        remedy: 'The kernel kills it when memory runs out (dmesg, oom-kill); free memory, then BGSAVE.',
      };
    case 'disk':
      return {
        is: `the disk of ${there} answers with errors`,
        remedy: 'Copy the data off by a replica, and replace the disk.',
      };
  }
}
