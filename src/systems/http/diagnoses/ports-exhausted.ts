import type { Diagnosis } from '../../../core/system.ts';
import type { HttpClient } from '../client.ts';
import { dependenciesIn, speakerOf } from './dependencies.ts';
import { look } from './look.ts';
import { factsOf, idsOf, onsetOf } from './reading.ts';

const id = 'http.ports-exhausted';

/** Its error says that its own kernel gives it no local port: what it wants to reach may be well. */
export const portsExhausted: Diagnosis<HttpClient> = {
  id,
  title: 'the application finds no local port',
  summary: 'The application finds no local port for another connection (EADDRNOTAVAIL)',
  explains: ['http.down'],
  gather: look,
  conclude(evidence, target) {
    const answer = factsOf(evidence, target, 'answer');
    if (answer?.refusal !== 'no-port') return [];
    const speaker = speakerOf(target, dependenciesIn(evidence, target)) ?? target;
    return [
      {
        id,
        target: speaker,
        summary: `${speaker} finds no local port for another connection: ${answer.refusalText}`,
        explanation: `It runs and answers ${answer.statusLine}. Each connection to the same address and port needs a local port of its own, and one that was closed stays taken for a minute (TIME_WAIT): the range of its machine is too narrow (sysctl net.ipv4.ip_local_port_range; Linux has 32768 to 60999) or it opens a connection for each request. Restore the range; keep connections open and reuse them. What it wants to reach is not at fault, and a restart helps for as long as it takes to use them up again.`,
        confidence: 0.92,
        ...onsetOf(evidence, target),
        evidence: idsOf(evidence, target, ['alert', 'answer', 'dependencies']),
        unseen: ['the range and its use on the machine of the application: watch it as a host (host.ports)'],
        decides: ['there: sysctl net.ipv4.ip_local_port_range; ss -tan state time-wait | wc -l'],
        recommendations: [],
      },
    ];
  },
};
