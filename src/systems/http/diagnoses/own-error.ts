import { isErrorAtOnce } from '../../../core/mechanism.ts';
import type { Diagnosis } from '../../../core/system.ts';
import type { HttpClient } from '../client.ts';
import { dependenciesIn } from './dependencies.ts';
import { look } from './look.ts';
import { factsOf, idsOf, onsetOf } from './reading.ts';

const id = 'http.own-error';
const tooMany = 429;

/** An endpoint that is reached and answers with an error of its own: nothing between here and there is at fault. */
export const ownError: Diagnosis<HttpClient> = {
  id,
  title: 'the endpoint answers with an error of its own',
  summary: 'The endpoint answers itself, with a server error or because it was asked too often (429)',
  explains: ['http.down'],
  gather: look,
  conclude(evidence, target) {
    const answer = factsOf(evidence, target, 'answer');
    const status = Number(answer?.status ?? 0);
    if (answer?.isExpected !== false || (status < 500 && status !== tooMany)) return [];
    // What a proxy says for a server behind it, and what names what it needs, other diagnoses know better.
    if (answer.proxySays !== undefined || answer.refusal !== undefined) return [];
    const dependencies = dependenciesIn(evidence, target);
    if (dependencies.some((each) => each.up === false)) return [];
    const isLimited = status === tooMany;
    const retry =
      typeof answer.retryAfter === 'string' ? ` It asks to wait ${answer.retryAfter} (Retry-After).` : '';
    const needed =
      dependencies.length === 0
        ? 'Nothing that it needs is declared'
        : 'What it needs, as far as it is declared, is well';
    return [
      {
        id,
        target,
        summary: isLimited
          ? `${target} turns requests away because they are too many (${answer.statusLine})`
          : `${target} is reached and answers ${answer.statusLine} itself`,
        explanation: isLimited
          ? `The connection and the server are well; a limit on requests is used up.${retry} Ask less often: hold its answers in a cache for longer, retry later and more rarely, leave out the feature that needs it, or have the limit raised. A restart of whoever asks only asks again.`
          : `Name, network and listener are well, the error is made there. ${needed}. If it is your own program, its log around the onset and what was deployed last tell why; if it is somebody else's, their status page does, and the feature that needs it is best left out meanwhile: a restart on this side would not help.`,
        confidence: isLimited ? 0.88 : 0.7,
        ...(isLimited ? {} : { isWhereOnly: true as const }),
        ...(isErrorAtOnce(status, Number(answer.firstByteSeconds ?? Number.NaN))
          ? { isNoSlowness: true as const }
          : {}),
        ...onsetOf(evidence, target),
        evidence: idsOf(evidence, target, ['alert', 'answer', 'dependencies']),
        unseen: [isLimited ? 'who else uses the same limit' : 'why it fails: its own log'],
        recommendations: [],
      },
    ];
  },
};
