import { count } from '../../../core/count.ts';
import type { Evidence, Finding } from '../../../core/evidence.ts';
import { find, numberOf, type Row, rowsOf, textOf, unseenOf } from '../../../core/evidence-rows.ts';
import { formatDuration } from '../../../core/time.ts';
import { bytesInWords } from '../in-words.ts';
import { changeBehind } from './evidence.ts';
import { reachOf } from './reach.ts';

/** Replicas confirm each second; what the rule redis.replication-lag warns at. */
const quietSeconds = 15;
const farBehind = 64 * 2 ** 20;
const settingsBehind =
  /^(replicaof|masterauth|masteruser|requirepass|bind|maxclients|repl-.*|client-output-buffer-limit)$/;

export const isQuiet = (row: Row): boolean =>
  numberOf(row.silentSeconds) >= quietSeconds || numberOf(row.behindBytes) >= farBehind;

interface Cause {
  readonly is: string;
  readonly remedy: string;
  readonly confidence: number;
}

export function conclude(evidence: readonly Evidence[], target: string): Finding[] {
  const state = find(evidence, target, 'replication');
  const facts = state?.facts;
  if (facts === undefined || facts.role === undefined) return [];
  return facts.role === 'replica' ? ofReplica(evidence, target, facts) : ofPrimary(evidence, target, facts);
}

function base(evidence: readonly Evidence[], target: string) {
  const change = changeBehind(evidence, target, ({ name }) => settingsBehind.test(textOf(name)));
  return {
    id: 'redis.replication-broken',
    target,
    ...(change === undefined ? {} : { change: textOf(change.change) }),
    evidence: evidence.filter((piece) => piece.target === target).map((piece) => piece.id),
    unseen: unseenOf(evidence),
    recommendations: [],
  };
}

function changed(evidence: readonly Evidence[], target: string): string {
  const change = changeBehind(evidence, target, ({ name }) => settingsBehind.test(textOf(name)));
  return change === undefined
    ? ''
    : `${textOf(change.name)} was changed from ${textOf(change.before)} to ${textOf(change.now)}.`;
}

const logOf = (evidence: readonly Evidence[], target: string) =>
  textOf(find(evidence, target, 'replication-log')?.text);

function ofReplica(evidence: readonly Evidence[], target: string, facts: Row): Finding[] {
  if (facts.link !== 'down') return [];
  const primary = textOf(facts.primary);
  const since =
    numberOf(facts.downSeconds) > 0 ? ` for ${formatDuration(numberOf(facts.downSeconds) * 1_000)}` : '';
  if (facts.isCopying === true) {
    const left = numberOf(facts.copyLeftBytes);
    return [
      {
        ...base(evidence, target),
        summary: `This replica takes a full copy from ${primary}${left > 0 ? `, ${bytesInWords(left)} left` : ''}`,
        explanation:
          'It serves old data, or none, until the copy is loaded. One copy after a restart is normal; one after another means that the link breaks again each time (repl-backlog-size, client-output-buffer-limit replica).',
        confidence: 0.8,
      },
    ];
  }
  const cause = causeOfLink(evidence, target, primary);
  return [
    {
      ...base(evidence, target),
      summary: `This replica has lost its primary ${primary}${since}: ${cause.is}`,
      explanation: [
        changed(evidence, target),
        cause.remedy,
        'Its data are as old as the link is down: reads from it are stale, and making it the primary now would lose the writes since.',
      ]
        .filter(Boolean)
        .join(' '),
      confidence: cause.confidence,
    },
  ];
}

function causeOfLink(evidence: readonly Evidence[], target: string, primary: string): Cause {
  const reach = reachOf(evidence, primary);
  const [newest = ''] = logOf(evidence, target).split('\n').toReversed();
  const settings = find(evidence, target, 'replication-settings')?.facts;
  if (reach?.answers === false)
    return {
      is: `the primary does not answer (${textOf(reach.answer)})`,
      remedy: `Look at the primary first: whether it runs, and whether ${primary} is still its address.`,
      confidence: reach.why === 'refused' ? 0.93 : 0.85,
    };
  const isAsked = textOf(reach?.answer).startsWith('NOAUTH');
  if (
    /WRONGPASS|NOAUTH|invalid password|Unable to AUTH/i.test(newest) ||
    (isAsked && settings?.masterauth === '')
  )
    return {
      is: 'the primary does not accept its login',
      remedy:
        'The primary is alive and wants a password: set masterauth (and masteruser) of the replica to what the primary has, CONFIG SET masterauth, then in its file.',
      confidence: 0.93,
    };
  if (/No space|load(ing)? the MASTER|Failed trying to load|Opening the temp file/i.test(newest))
    return {
      is: 'it cannot take the copy of the primary',
      remedy: `Its log: ${newest}. Make room on its disk, or use repl-diskless-load.`,
      confidence: 0.88,
    };
  if (/timeout|timed out/i.test(newest))
    return {
      is: 'the primary stays silent for longer than repl-timeout',
      remedy: 'A slow command, a fork or the network keeps the primary silent: look there.',
      confidence: 0.75,
    };
  return {
    is: newest === '' ? 'the primary answers us, and the log was not seen' : `its log says: ${newest}`,
    remedy: 'Compare INFO replication of both sides, and read the log of this replica.',
    confidence: newest === '' ? 0.55 : 0.65,
  };
}

function ofPrimary(evidence: readonly Evidence[], target: string, facts: Row): Finding[] {
  const replicas = rowsOf(find(evidence, target, 'replication'));
  const online = replicas.filter((row) => row.state === 'online');
  const quiet = online.filter(isQuiet);
  const copying = replicas.filter((row) => row.state !== 'online');
  const declared = facts.declared;
  const lacking = typeof declared === 'number' ? declared - online.length : 0;
  const log = logOf(evidence, target);
  const overflow = /output buffer limits/i.test(log);
  const findings = quiet.map((row) => behind(evidence, target, row));
  if (lacking <= 0) return findings;
  const states = copying.map((row) => `${textOf(row.replica)} is in ${textOf(row.state)}`).join(', ');
  return [
    ...findings,
    {
      ...base(evidence, target),
      summary: `${count(lacking, 'replica')} of ${declared} ${lacking === 1 ? 'is' : 'are'} not online${states === '' ? '' : `; ${states}`}`,
      explanation: [
        changed(evidence, target),
        copying.length > 0
          ? 'One that takes its first copy comes online when it is loaded.'
          : 'Nothing of it is connected here: the reason stands in its own log and in its INFO replication (watch it as a target of its own to have it told).',
        overflow
          ? 'The log of the primary says that the output buffer of a replica overflowed: it is cut off, starts over with a full copy, and overflows again: raise client-output-buffer-limit replica.'
          : '',
        'Until then a failure of the primary loses what no replica holds.',
      ]
        .filter(Boolean)
        .join(' '),
      confidence: overflow ? 0.9 : 0.8,
    },
  ];
}

function behind(evidence: readonly Evidence[], target: string, row: Row): Finding {
  const place = textOf(row.replica);
  const reach = reachOf(evidence, place);
  const isMute = reach?.answers === false;
  return {
    ...base(evidence, target),
    summary: `Replica ${place} ${
      numberOf(row.silentSeconds) >= quietSeconds
        ? `has confirmed nothing for ${formatDuration(numberOf(row.silentSeconds) * 1_000)}`
        : 'cannot keep up'
    }, ${bytesInWords(numberOf(row.behindBytes))} behind${isMute ? ` and does not answer (${textOf(reach?.answer)})` : ''}`,
    explanation: `${
      isMute
        ? 'Its process hangs, is stopped, or its machine or the network to it is away: look there, not at the primary.'
        : 'It answers and lags: a slow command on it, a slow disk under its append-only file, or more writes than the network carries.'
    } The primary keeps what it has not taken in its output buffer, which takes memory from the data until client-output-buffer-limit cuts it off.`,
    confidence: isMute ? 0.9 : 0.75,
  };
}
