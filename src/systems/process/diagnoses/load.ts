import type { Finding } from '../../../core/evidence.ts';
import { scalingFinding } from '../../../core/scaling/finding.ts';
import { sayDecision } from '../../../core/scaling/watch.ts';
import type { Diagnosis } from '../../../core/system.ts';
import type { ProcessConnection } from '../connection.ts';

const id = 'process.load';

export const load: Diagnosis<ProcessConnection> = {
  id,
  summary: 'More or fewer copies than the load calls for',
  explains: ['process.scale-out', 'process.scale-in', 'process.scale-limit'],
  async gather(conn, target) {
    const { scale } = conn.config;
    const seen = conn.watch?.last;
    if (scale === undefined || seen === undefined) return [];
    return [
      {
        id: `${target}.process-copies`,
        target,
        title: 'Copies and their load',
        how: 'the last checks of process.copies',
        at: seen.at,
        facts: {
          running: seen.running,
          wanted: seen.copies,
          reason: seen.reason,
          load: seen.load,
          aim: scale.aim,
          min: scale.min,
          max: scale.max,
          because: sayDecision(scale, seen),
        },
      },
    ];
  },
  conclude: (evidence, target): Finding[] =>
    scalingFinding(evidence, target, {
      id,
      evidence: `${target}.process-copies`,
      action: 'process.scale',
      input: (copies) => ({ copies }),
    }),
};
