import { often } from '../../../core/count.ts';
import type { Finding, Scalar } from '../../../core/evidence.ts';
import type { Diagnosis } from '../../../core/system.ts';
import type { ProcessConnection } from '../connection.ts';
import { factsOf, look, onsetOf, seenIds, takenPorts, unseenIn } from './look.ts';

const id = 'process.gone';

/** Ended this often, it ends for a reason that another start does not remove. */
const crashLoopFrom = 3;

export const gone: Diagnosis<ProcessConnection> = {
  id,
  title: 'the process does not run',
  summary: 'The process does not run: since when, and what stands in the way of a start',
  explains: ['process.down', 'process.restarting'],
  gather: look,
  conclude(evidence, target) {
    const state = factsOf(evidence, target, 'process-state');
    if (state.found !== 'gone') return [];
    const history = factsOf(evidence, target, 'process-history');
    const kill = factsOf(evidence, target, 'kernel-kills');
    const isKilled = typeof kill.killedAt === 'number' || typeof kill.killedAt === 'string';
    const taken = takenPorts(evidence, target, null);
    const log = factsOf(evidence, target, 'process-log');
    const isLogSeen = evidence.some(
      ({ id: piece, text }) => piece === `${target}.process-log` && text !== undefined,
    );
    const isLooping = Number(history.replacements) >= crashLoopFrom;
    const explanation = [
      `${state.detail}.`,
      history.lastPid === null || says(state.detail, history.lastPid)
        ? ''
        : `It last ran as pid ${history.lastPid}.`,
      history.endOfLastStart === null ? '' : `Started by Upkeep, it ended with ${history.endOfLastStart}.`,
      isKilled ? `The kernel killed pid ${kill.pid} for want of memory${inCgroup(kill.cgroup)}.` : '',
      taken.length > 0 ? `Its place is taken: ${taken.join(', ')}; a start would fail.` : '',
      isLooping ? `It was replaced ${often(Number(history.replacements))}: it does not stay up.` : '',
      history.canBeStarted === true ? '' : 'No `start` is declared, so Upkeep cannot start it.',
      typeof log.errorLine === 'string' ? `The last error line of its log: ${log.errorLine}` : '',
    ];
    return [
      {
        id,
        target,
        summary: taken.length > 0 ? `does not run, and another process holds its port` : String(state.detail),
        explanation: explanation.filter((sentence) => sentence !== '').join(' '),
        confidence: 0.95,
        ...onsetOf(history),
        evidence: seenIds(evidence, target),
        unseen: [
          ...unseenIn(evidence),
          ...(isKilled || isLogSeen ? [] : ['why it ended: its own log may say']),
        ],
        recommendations: history.canBeStarted === true && taken.length === 0 ? [start(target)] : [],
      },
    ];
  },
};

function inCgroup(path: Scalar | undefined): string {
  return typeof path === 'string' && path !== '/' ? ` in ${path}` : '';
}

/** The detail may name that pid itself: `pid 812 (api) has ended`. */
function says(detail: Scalar | undefined, pid: Scalar | undefined): boolean {
  return new RegExp(`\\b${pid}\\b`).test(String(detail));
}

function start(target: string): Finding['recommendations'][number] {
  return { action: 'process.start', target, input: {}, why: 'it does not run' };
}
