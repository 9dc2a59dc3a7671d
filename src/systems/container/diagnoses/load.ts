import { scalingFinding } from '../../../core/scaling/finding.ts';
import { scalingEvidence } from '../../../core/scaling/watch.ts';
import type { Diagnosis } from '../../../core/system.ts';
import type { ContainerConnection } from '../client.ts';

const id = 'container.load';
const idOf = (target: string, container: string) => `${target}.container-copies.${container}`;

export const load: Diagnosis<ContainerConnection> = {
  id,
  title: 'the number of copies does not fit the load',
  summary: 'More or fewer copies of a container than the load calls for',
  explains: ['container.scale-out', 'container.scale-in', 'container.scale-limit'],
  gather: async (conn, target) =>
    [...conn.watches].flatMap(([container, watch]) => {
      const settings = conn.config.scale[container];
      return settings === undefined
        ? []
        : scalingEvidence(settings, watch, {
            id: idOf(target, container),
            target,
            title: `Copies of ${container} and their load`,
            how: 'the last checks of container.copies',
          });
    }),
  conclude: (evidence, target) =>
    evidence.flatMap((piece) => {
      const prefix = idOf(target, '');
      if (!piece.id.startsWith(prefix)) return [];
      const container = piece.id.slice(prefix.length);
      return scalingFinding(evidence, target, {
        id,
        evidence: piece.id,
        action: 'container.scale',
        input: (copies) => ({ container, copies }),
        what: container,
      });
    }),
};
