import type { Evidence, Finding } from '../../../core/evidence.ts';
import type { Diagnosis } from '../../../core/system.ts';
import type { HttpClient } from '../client.ts';
import { type Dependency, dependenciesIn, isHanging, isRefused } from './dependencies.ts';
import { look } from './look.ts';
import { factsOf, idsOf, onsetOf, revive, unseenIn } from './reading.ts';

const id = 'http.backend-down';

/** Nothing listens where the endpoint should be, or a proxy answers and what is behind it does not. */
export const backendDown: Diagnosis<HttpClient> = {
  id,
  title: 'nothing listens behind the endpoint',
  summary: 'Nothing listens at the endpoint, or behind the proxy that answers for it',
  explains: ['http.down'],
  gather: look,
  conclude(evidence, target) {
    const connect = factsOf(evidence, target, 'tcp-connect');
    const answer = factsOf(evidence, target, 'answer');
    if (connect?.result === 'refused') return [portClosed(evidence, target)];
    if (answer?.proxySays === 'no-server' || answer?.proxySays === 'bad-gateway') {
      return behindProxy(evidence, target);
    }
    return [];
  },
};

function portClosed(evidence: readonly Evidence[], target: string): Finding {
  const detail = String(factsOf(evidence, target, 'tcp-connect')?.detail ?? '');
  const listener = factsOf(evidence, target, 'listener');
  const restart = revive(dependenciesIn(evidence, target), 'nothing listens on its port');
  const elsewhere = listener?.listening === true ? String(listener.addresses) : undefined;
  const local =
    listener === undefined
      ? 'The machine answers and its port is closed.'
      : elsewhere === undefined
        ? 'On this machine no process listens on that port: it ended or never started.'
        : `A process (${listener.process}, pid ${listener.pids}) listens on that port, but only on ${elsewhere}.`;
  return {
    id,
    target,
    summary:
      elsewhere === undefined
        ? `nothing listens: ${detail}`
        : `nothing listens on that address: ${detail}; the service listens on ${elsewhere} only`,
    explanation: `A connection from here is refused at once (${detail}). ${local}`,
    confidence: listener === undefined ? 0.9 : 0.97,
    ...onsetOf(evidence, target),
    evidence: idsOf(evidence, target, ['alert', 'tcp-connect', 'listener', 'dependencies']),
    unseen: [...unseenIn(evidence), ...(listener ? [] : ['why the process ended: look at its own machine'])],
    recommendations: elsewhere === undefined ? restart : [],
  };
}

function behindProxy(evidence: readonly Evidence[], target: string): Finding[] {
  const answer = factsOf(evidence, target, 'answer');
  const proxy = String(answer?.proxy);
  const status = String(answer?.statusLine);
  const dependencies = dependenciesIn(evidence, target);
  const refused = dependencies.filter(isRefused);
  // A proxy that checks its servers says 503 for a frozen one too: that is another finding.
  if (refused.length === 0 && dependencies.some(isHanging)) return [];
  const backends = dependencies.filter((each) => ['http', 'tcp'].includes(each.kind));
  if (refused.length === 0 && backends.length > 0 && backends.every((each) => each.up === true)) {
    return answer?.proxySays === 'no-server' ? [wrongCheck(evidence, target, proxy, backends)] : [];
  }
  const named = refused.map((each) => `${each.target} (${each.detail || 'down'})`).join(', ');
  const blamed = refused.find((each) => each.kind !== 'process') ?? refused[0];
  return [
    {
      id,
      target: blamed?.target ?? target,
      summary: blamed
        ? `${proxy} answers ${status}, and ${named} behind it is down`
        : `${proxy} answers ${status}: the server behind it does not`,
      explanation:
        `The connection is accepted and the answer is one that ${proxy} writes itself when it gets none from its server. ` +
        (blamed
          ? `Of what ${target} depends on, ${named} does not take connections.`
          : 'What is behind the proxy is not among the targets that this one depends on, or was not seen to fail.'),
      confidence: blamed ? 0.93 : 0.7,
      ...onsetOf(evidence, target),
      evidence: idsOf(evidence, target, ['alert', 'answer', 'dependencies']),
      unseen: blamed
        ? []
        : [`the servers behind ${proxy}: declare them as targets and name them in dependsOn`],
      // An endpoint that is blamed has a diagnosis of its own, which sees more of it.
      recommendations:
        blamed === undefined || blamed.kind === 'process'
          ? revive(dependencies, `${proxy} has no server to pass requests to`)
          : [],
    },
  ];
}

/** All servers answer and the proxy has none: its own check is wrong, and restarting the application would only hurt. */
function wrongCheck(
  evidence: readonly Evidence[],
  target: string,
  proxy: string,
  backends: readonly Dependency[],
): Finding {
  const names = backends.map((each) => each.target).join(', ');
  return {
    id,
    target,
    summary: `${proxy} counts its servers as down although ${names} answers: its health check is likely wrong`,
    explanation: `${proxy} has no server available, while ${names} passes its own check from here. Look at the path and the expected status of the proxy's health check, and at the network between the two. Restarting the application would not help.`,
    confidence: 0.7,
    ...onsetOf(evidence, target),
    evidence: idsOf(evidence, target, ['alert', 'answer', 'dependencies']),
    unseen: [`what the health check of ${proxy} gets: see its statistics page or log`],
    recommendations: [],
  };
}
