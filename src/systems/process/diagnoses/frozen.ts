import { count } from '../../../core/count.ts';
import type { Diagnosis } from '../../../core/system.ts';
import type { ProcessConnection } from '../connection.ts';
import { factsOf, look, onsetOf, seenIds, unseenIn } from './look.ts';

const id = 'process.frozen';

export const frozen: Diagnosis<ProcessConnection> = {
  id,
  title: 'the process is stopped',
  summary: 'The process is stopped by a signal: it lives, holds its ports and does nothing',
  explains: ['process.frozen', 'process.down'],
  gather: look,
  conclude(evidence, target) {
    const state = factsOf(evidence, target, 'process-state');
    if (state.found !== 'found' || state.state !== 'stopped') return [];
    // A lower-case t: a debugger holds it, and would lose what it looks at.
    const isTraced = state.letter === 't';
    const ports = evidence.find((each) => each.id === `${target}.process-ports`)?.table?.rows ?? [];
    const waiting = ports.reduce((sum, row) => sum + Number(row[3] ?? 0), 0);
    const who = `pid ${state.pid} (${state.name})`;
    const queue =
      waiting > 0 ? ` ${count(waiting, 'connection waits', 'connections wait')} to be accepted.` : '';
    return [
      {
        id,
        target,
        summary: isTraced ? `${who} is held by a debugger` : `${who} is stopped and does nothing`,
        past: isTraced ? `${who} was held by a debugger` : `${who} was stopped and did nothing`,
        explanation: `Its state is ${state.letter}: ${
          isTraced
            ? 'a debugger traces it'
            : 'somebody stopped it (SIGSTOP or a terminal), and only SIGCONT wakes it'
        }. It uses no CPU and keeps its ports, so clients wait instead of being refused.${queue}`,
        confidence: 0.97,
        isByItself: true,
        ...onsetOf(factsOf(evidence, target, 'process-history')),
        evidence: seenIds(evidence, target),
        unseen: [...unseenIn(evidence), 'who stopped it: the kernel does not keep that'],
        recommendations: isTraced
          ? []
          : [{ action: 'process.resume', target, input: {}, why: 'it is stopped; SIGCONT loses nothing' }],
      },
    ];
  },
};
