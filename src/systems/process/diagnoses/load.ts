import type { Finding } from '../../../core/evidence.ts';
import { scalingFinding } from '../../../core/scaling/finding.ts';
import { scalingEvidence } from '../../../core/scaling/watch.ts';
import type { Diagnosis } from '../../../core/system.ts';
import type { ProcessConnection } from '../connection.ts';

const id = 'process.load';

export const load: Diagnosis<ProcessConnection> = {
  id,
  title: 'the number of copies does not fit the load',
  summary: 'More or fewer copies than the load calls for',
  explains: ['process.scale-out', 'process.scale-in', 'process.scale-limit'],
  async gather(conn, target) {
    const { scale } = conn.config;
    if (scale === undefined || conn.watch === undefined) return [];
    return scalingEvidence(scale, conn.watch, {
      id: `${target}.process-copies`,
      target,
      title: 'Copies and their load',
      how: 'the last checks of process.copies',
    });
  },
  conclude: (evidence, target): Finding[] =>
    scalingFinding(evidence, target, {
      id,
      evidence: `${target}.process-copies`,
      action: 'process.scale',
      input: (copies) => ({ copies }),
    }),
};
