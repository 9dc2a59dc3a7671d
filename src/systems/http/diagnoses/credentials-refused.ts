import type { Evidence, Finding } from '../../../core/evidence.ts';
import type { Diagnosis } from '../../../core/system.ts';
import type { HttpClient } from '../client.ts';
import { dependenciesIn, speakerOf } from './dependencies.ts';
import { look } from './look.ts';
import { factsOf, idsOf, onsetOf } from './reading.ts';

const id = 'http.credentials-refused';

/** Somebody's credentials are not accepted: this check's, or those the application has for what it depends on. */
export const credentialsRefused: Diagnosis<HttpClient> = {
  id,
  title: 'credentials are refused',
  summary: 'Credentials are refused: those of the check, or those of the application for what it needs',
  explains: ['http.down'],
  gather: look,
  conclude(evidence, target) {
    const answer = factsOf(evidence, target, 'answer');
    if (answer?.refusal === 'credentials') return [byDependency(evidence, target)];
    const isRefused = answer?.status === 401 || answer?.status === 403;
    return isRefused && answer?.isExpected === false ? [byEndpoint(evidence, target)] : [];
  },
};

const systemNames: Readonly<Record<string, string>> = {
  postgres: 'PostgreSQL',
  redis: 'Redis',
  mysql: 'MySQL',
};

function byDependency(evidence: readonly Evidence[], target: string): Finding {
  const answer = factsOf(evidence, target, 'answer');
  const system = String(answer?.refusedBy);
  const user = answer?.refusedUser;
  const name = systemNames[system] ?? system;
  const dependencies = dependenciesIn(evidence, target);
  const suspects = dependencies.filter((each) => each.kind === system);
  const speaker = speakerOf(target, dependencies);
  const where = suspects.length === 1 ? `${name} (${suspects[0]?.target})` : name;
  const whose = typeof user === 'string' ? `: user "${user}"` : '';
  return {
    id,
    target: suspects.length === 1 ? (suspects[0]?.target ?? target) : target,
    summary: `${where} refuses the credentials ${speaker === undefined ? 'of an application' : `that ${speaker} uses`}${whose}`,
    explanation: `${speaker === target ? 'The endpoint' : `Something behind ${target}`} runs and answers ${answer?.statusLine}; its error says "${answer?.refusalText}". Compare the password in the application's configuration with the one at ${name}; look at what was changed last on either side. Restarting helps only after they agree.`,
    confidence: 0.95,
    // Which side changed it, or what else keeps the login out, the server knows better.
    ...(suspects.length === 1 ? { isWhereOnly: true as const } : {}),
    ...onsetOf(evidence, target),
    evidence: idsOf(evidence, target, ['alert', 'answer', 'dependencies']),
    unseen: ['which side changed its password: nothing outside the two can tell'],
    recommendations: [],
  };
}

function byEndpoint(evidence: readonly Evidence[], target: string): Finding {
  const answer = factsOf(evidence, target, 'answer');
  const sent = answer?.sentCredentials === true;
  const scheme = typeof answer?.asksFor === 'string' ? ` It asks for ${answer.asksFor}.` : '';
  return {
    id,
    target,
    summary: sent
      ? `the endpoint refuses the credentials of this check (${answer?.statusLine})`
      : `the endpoint wants credentials and this check sends none (${answer?.statusLine})`,
    explanation: `The endpoint runs and answers ${answer?.statusLine}.${scheme} ${
      sent
        ? 'The credentials in the configuration of this check are wrong, expired or lack the right.'
        : 'Either the endpoint became protected, or this check needs basicAuth or a header.'
    }`,
    confidence: sent ? 0.9 : 0.8,
    ...onsetOf(evidence, target),
    evidence: idsOf(evidence, target, ['alert', 'answer']),
    unseen: [],
    recommendations: [],
  };
}
