import type { Evidence, Finding } from '../../../core/evidence.ts';
import type { Diagnosis } from '../../../core/system.ts';
import type { HttpClient } from '../client.ts';
import { dependenciesIn } from './dependencies.ts';
import { look } from './look.ts';
import { factsOf, idsOf, onsetOf, revive, unseenIn, whoListens } from './reading.ts';

const id = 'http.cut-off';
/** One or two come free for a moment, as connections end. */
const leastFree = 2;

/** The kernel took the connection, and the program ended it: another case than a closed port or a silent one. */
export const cutOff: Diagnosis<HttpClient> = {
  id,
  title: 'connections end without an answer',
  summary: 'The endpoint takes connections and ends them without an answer, also because it has no file left',
  explains: ['http.down', 'http.slow'],
  gather: look,
  conclude(evidence, target) {
    const connect = factsOf(evidence, target, 'tcp-connect');
    const answer = factsOf(evidence, target, 'answer');
    const isCutAtOnce = /\(ECONNRESET\)/.test(String(connect?.detail ?? ''));
    if (connect?.result !== 'connected' && !isCutAtOnce) return [];
    const isCut = isCutAtOnce || answer?.result === 'unreachable';
    const files = filesOf(evidence, target);
    if (files !== undefined && (isCut || answer?.result === 'timeout'))
      return [outOfFiles(evidence, target, files, isCut)];
    return isCut ? [closed(evidence, target)] : [];
  },
};

interface Files {
  readonly open: number;
  readonly limit: number;
}

function filesOf(evidence: readonly Evidence[], target: string): Files | undefined {
  const { openFiles, openFilesLimit } = factsOf(evidence, target, 'listener') ?? {};
  if (typeof openFiles !== 'number' || typeof openFilesLimit !== 'number') return undefined;
  return openFilesLimit - openFiles <= leastFree ? { open: openFiles, limit: openFilesLimit } : undefined;
}

function outOfFiles(
  evidence: readonly Evidence[],
  target: string,
  { open, limit }: Files,
  isCut: boolean,
): Finding {
  const pids = factsOf(evidence, target, 'listener')?.pids;
  const does = isCut ? 'ends new connections at once' : 'accepts no connection';
  return {
    id,
    target,
    summary: `${whoListens(evidence, target)} has ${Math.min(open, limit)} of ${limit} files open and ${does}`,
    explanation: `Every connection, file and log takes a descriptor, and it has none left (EMFILE, "Too many open files"). Either it leaks them, then the number only grew, or it has more to do than its limit allows. A restart frees them and buys time; the limit can be raised while it runs: prlimit --pid ${pids} --nofile=65536. What it holds: ls -l /proc/${pids}/fd | awk '{print $NF}' | sort | uniq -c | sort -rn | head`,
    confidence: 0.95,
    ...onsetOf(evidence, target),
    evidence: idsOf(evidence, target, ['alert', 'tcp-connect', 'answer', 'listener', 'dependencies']),
    unseen: unseenIn(evidence),
    recommendations: revive(
      dependenciesIn(evidence, target),
      'it has no file descriptor left, and gets them all back by a restart',
    ),
  };
}

function closed(evidence: readonly Evidence[], target: string): Finding {
  const who = whoListens(evidence, target) ?? target;
  const { detail } = factsOf(evidence, target, 'answer') ?? factsOf(evidence, target, 'tcp-connect') ?? {};
  return {
    id,
    target,
    summary: `${who} takes the connection and ends it without an answer: ${detail}`,
    explanation:
      'The port is open and the connection is ended before a byte of an answer: the program fails while it handles the request, turns this client away, is at a limit of its own, or speaks another protocol there (HTTPS on a port that is asked for HTTP, or a proxy that wants its own header first). Its log around the onset tells which.',
    confidence: 0.7,
    isWhereOnly: true,
    ...onsetOf(evidence, target),
    evidence: idsOf(evidence, target, ['alert', 'tcp-connect', 'answer', 'listener', 'dependencies']),
    unseen: [...unseenIn(evidence), 'why it ends them: its own log'],
    recommendations: [],
  };
}
