import { count } from '../../../core/count.ts';
import type { Evidence, Finding, Scalar } from '../../../core/evidence.ts';
import type { Diagnosis } from '../../../core/system.ts';
import type { HttpClient } from '../client.ts';
import { dependenciesIn, isHanging, isRefused } from './dependencies.ts';
import { look } from './look.ts';
import { factsOf, idsOf, onsetOf, revive, unseenIn } from './reading.ts';

const id = 'http.backend-frozen';

/** The port is open and connections are taken, and no answer comes: the process lives and does nothing. */
export const backendFrozen: Diagnosis<HttpClient> = {
  id,
  title: 'the endpoint accepts and does not answer',
  summary: 'The endpoint accepts connections and does not answer, itself or behind its proxy',
  explains: ['http.down', 'http.slow'],
  gather: look,
  conclude(evidence, target) {
    const connect = factsOf(evidence, target, 'tcp-connect');
    const answer = factsOf(evidence, target, 'answer');
    if (connect?.result === 'connected' && answer?.result === 'timeout') return [silent(evidence, target)];
    if (answer?.proxySays !== undefined) return behindProxy(evidence, target);
    return [];
  },
};

function silent(evidence: readonly Evidence[], target: string): Finding {
  const answer = String(factsOf(evidence, target, 'answer')?.detail ?? '');
  const listener = factsOf(evidence, target, 'listener');
  const state = processState(listener);
  const waiting = Number(listener?.waitingConnections ?? 0);
  const queue =
    waiting > 0 ? ` ${count(waiting, 'connection waits', 'connections wait')} to be accepted.` : '';
  const dependencies = dependenciesIn(evidence, target);
  const hanging = dependencies
    .filter((each) => isHanging(each) || isRefused(each))
    .filter((each) => each.kind !== 'process');
  const slowed =
    hanging.length === 0
      ? ''
      : ` It may be waiting for ${hanging.map((each) => each.target).join(', ')}, which is down too.`;
  return {
    id,
    target,
    summary: state?.summary ?? `accepts connections and does not answer (${answer})`,
    explanation: `The TCP connection is accepted, and no answer follows (${answer}).${state ? ` ${state.explanation}` : ''}${queue}${slowed}`,
    confidence: state?.confidence ?? (waiting > 0 ? 0.85 : hanging.length > 0 ? 0.5 : 0.65),
    ...(state === undefined ? { isWhereOnly: true as const } : {}),
    ...onsetOf(evidence, target),
    evidence: idsOf(evidence, target, ['alert', 'tcp-connect', 'answer', 'listener', 'dependencies']),
    unseen: [
      ...unseenIn(evidence),
      ...(listener
        ? []
        : ['the state of the process: it runs on another machine or this one does not show it']),
    ],
    recommendations:
      hanging.length > 0
        ? []
        : revive(dependencies, 'it accepts connections and does not answer', isStopped(listener)),
  };
}

function isStopped(listener: Readonly<Record<string, Scalar>> | undefined): boolean {
  return /^[Tt]+$/.test(String(listener?.states ?? ''));
}

/** Kernel states as in proc(5). */
function processState(listener: Readonly<Record<string, Scalar>> | undefined) {
  const states = String(listener?.states ?? '');
  if (listener === undefined || states === '') return undefined;
  const name = `${listener.process} (pid ${listener.pids})`;
  if (isStopped(listener)) {
    return {
      summary: `${name} is stopped: it accepts connections and does not answer`,
      explanation:
        'Its state is T: somebody stopped it (SIGSTOP, a debugger, a terminal), and it uses no CPU.',
      confidence: 0.98,
    };
  }
  if (/^D+$/.test(states)) {
    return {
      summary: `${name} hangs in the kernel: it accepts connections and does not answer`,
      explanation:
        'Its state is D: it waits for a disk or a network file system, and even a kill has to wait.',
      confidence: 0.93,
    };
  }
  // The look takes 3 s: above 80 % of one core.
  if (Number(listener.cpuSecondsUsed ?? 0) > 2.4) {
    return {
      summary: `${name} is busy with itself: it uses a whole core and does not answer`,
      explanation:
        'It used more than 80 % of a core while it was asked and did not answer: an endless loop or work that blocks.',
      confidence: 0.9,
    };
  }
  return undefined;
}

function behindProxy(evidence: readonly Evidence[], target: string): Finding[] {
  const answer = factsOf(evidence, target, 'answer');
  const isTimeout = answer?.proxySays === 'timeout';
  const dependencies = dependenciesIn(evidence, target);
  const hanging = dependencies.filter(isHanging);
  const refused = dependencies.filter(isRefused);
  if (!isTimeout && (hanging.length === 0 || refused.length > 0)) return [];
  const proxy = String(answer?.proxy);
  const status = String(answer?.statusLine);
  const named = hanging.map((each) => `${each.target} (${each.detail})`).join(', ');
  const blamed = hanging.find((each) => each.kind !== 'process') ?? hanging[0];
  return [
    {
      id,
      target: blamed?.target ?? target,
      summary: blamed
        ? `${proxy} answers ${status}, and ${blamed.target} behind it ${blamed.isStopped ? 'is stopped' : 'accepts connections without answering'}`
        : `${proxy} answers ${status}: the server behind it took the request and did not answer in time`,
      explanation: blamed
        ? `${proxy} is well. Of what ${target} depends on, ${named} hangs.`
        : `${proxy} is well and reached its server, which gave no answer in the time the proxy allows.`,
      confidence: blamed ? 0.9 : 0.75,
      ...onsetOf(evidence, target),
      evidence: idsOf(evidence, target, ['alert', 'answer', 'dependencies']),
      unseen: blamed
        ? []
        : [`the servers behind ${proxy}: declare them as targets and name them in dependsOn`],
      // An endpoint that is blamed has a diagnosis of its own, which sees more of it.
      recommendations:
        blamed === undefined || blamed.kind === 'process'
          ? revive(dependencies, `${proxy} waits for it in vain`)
          : [],
    },
  ];
}
