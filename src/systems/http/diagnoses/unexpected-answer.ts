import { count } from '../../../core/count.ts';
import type { Scalar } from '../../../core/evidence.ts';
import { answersAtOnce } from '../../../core/mechanism.ts';
import type { Diagnosis } from '../../../core/system.ts';
import type { HttpClient } from '../client.ts';
import { dependenciesIn } from './dependencies.ts';
import { look } from './look.ts';
import { factsOf, idsOf, onsetOf } from './reading.ts';

const id = 'http.unexpected-answer';
/** Refused credentials and too many requests are told with what to do about each. */
const toldElsewhere = [401, 403, 429];

/** An endpoint that is reached and answers with no error of a server, yet not with what was declared. */
export const unexpectedAnswer: Diagnosis<HttpClient> = {
  id,
  title: 'answers, and not as declared',
  summary: 'The endpoint answers, and not as declared: another body, header, status or place, or too late',
  explains: ['http.down'],
  gather: look,
  conclude(evidence, target) {
    const answer = factsOf(evidence, target, 'answer');
    const status = Number(answer?.status ?? 0);
    if (answer?.unmet === undefined || status >= 500) return [];
    if (answer.isExpected === false && toldElsewhere.includes(status)) return [];
    // What a proxy says for a server behind it, and what names what it needs, other diagnoses know better.
    if (answer.proxySays !== undefined || answer.refusal !== undefined) return [];
    const dependencies = dependenciesIn(evidence, target);
    if (dependencies.some((each) => each.up === false)) return [];
    const unmet = String(answer.unmet);
    const isLate = answer.isLate === true;
    const what = `${answer.statusLine}, and not as declared: ${unmet}${cameInWords(answer)}`;
    const needed =
      dependencies.length === 0
        ? 'Nothing that it needs is declared'
        : 'What it needs, as far as it is declared, is well';
    return [
      {
        id,
        target,
        summary: `${target} answers ${what}`,
        past: `${target} answered ${what}`,
        title: isLate ? 'answers later than declared' : 'answers, and not as declared',
        explanation: `Name, network and listener are well. ${needed}. ${
          isLate
            ? 'The phases on the page of the target say which part is slow.'
            : 'Another program, page or release answers at this address, or the application says itself that it is not well: what was deployed or configured last there tells why. Where the new answer is meant, the declaration (`expect`) is what is out of date.'
        } The command of the evidence shows the answer whole; Upkeep keeps no bodies.`,
        confidence: 0.7,
        isWhereOnly: true,
        ...(!isLate && answersAtOnce(Number(answer.firstByteSeconds ?? Number.NaN))
          ? { isNoSlowness: true as const }
          : {}),
        ...onsetOf(evidence, target),
        evidence: idsOf(evidence, target, ['alert', 'answer', 'dependencies']),
        unseen: ['why it answers so: its own log'],
        recommendations: [],
      },
    ];
  },
};

/** ` (21 bytes of text/html came)`; nothing where the body is as declared. */
function cameInWords({ bytes, contentType, isLate }: Readonly<Record<string, Scalar>>): string {
  if (isLate === true) return '';
  const size = Number(bytes ?? 0);
  if (size === 0) return ' (an empty body came)';
  return ` (${count(size, 'byte')}${typeof contentType === 'string' ? ` of ${contentType}` : ''} came)`;
}
