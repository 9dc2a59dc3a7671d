import type { Diagnosis } from '../../../core/system.ts';
import type { HttpClient } from '../client.ts';
import { dependenciesIn, speakerOf } from './dependencies.ts';
import { look } from './look.ts';
import { factsOf, idsOf, onsetOf } from './reading.ts';

const id = 'http.dependency-error';

/** The application answers and says itself which of its dependencies fails. */
export const dependencyError: Diagnosis<HttpClient> = {
  id,
  title: 'the application fails at what it needs',
  summary: 'The error that the application answers with names a dependency that fails',
  explains: ['http.down'],
  gather: look,
  conclude(evidence, target) {
    const answer = factsOf(evidence, target, 'answer');
    const kind = answer?.refusal;
    if (kind !== 'unreachable' && kind !== 'exhausted') return [];
    const said = String(answer?.refusalText);
    const system = answer?.refusedBy;
    const dependencies = dependenciesIn(evidence, target);
    const speaker = speakerOf(target, dependencies) ?? 'an application';
    const suspects = dependencies.filter(
      (each) =>
        each.target !== speaker && (each.kind === system || (each.up === false && each.kind !== 'process')),
    );
    const suspect =
      suspects.findLast((each) => each.up === false) ?? (suspects.length === 1 ? suspects[0] : undefined);
    const happened =
      kind === 'unreachable' ? 'cannot reach what it needs' : 'is turned away by what it needs';
    return [
      {
        id,
        target: suspect?.target ?? target,
        summary: `${speaker} ${happened}${suspect ? ` (${suspect.target})` : ''}: ${said}`,
        explanation: `${speaker === target ? 'The endpoint' : `Something behind ${target}`} runs and answers ${answer?.statusLine}; its error says "${said}". The trouble is there, not in the endpoint: restarting it would not help.`,
        confidence: suspect ? 0.88 : 0.75,
        isWhereOnly: true,
        ...onsetOf(evidence, target),
        evidence: idsOf(evidence, target, ['alert', 'answer', 'dependencies']),
        unseen: suspect ? [] : ['the dependency itself: declare it as a target and name it in dependsOn'],
        recommendations: [],
      },
    ];
  },
};
