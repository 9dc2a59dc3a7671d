import type { Diagnosis } from '../../../core/system.ts';
import type { HttpClient } from '../client.ts';
import { look } from './look.ts';
import { factsOf, idsOf, onsetOf } from './reading.ts';

const id = 'http.certificate-refused';

const remedies: Readonly<Record<string, string>> = {
  expired: 'Renew the certificate and reload the server; then look at why the renewal did not run.',
  'not-yet-valid': 'Compare the clocks of both machines.',
  'self-signed':
    'Install a certificate of a trusted authority, or name the certificate in tls.ca of this target.',
  'unknown-issuer':
    'Let the server send the whole chain (the bundle, not the leaf alone), or name a private authority in tls.ca.',
  'name-mismatch': 'Install the certificate for this name, or correct the address or tls.serverName.',
  revoked: 'Have a new certificate issued and install it.',
};

/** Clients turn away because of the certificate; the application behind it may be well. */
export const certificateRefused: Diagnosis<HttpClient> = {
  id,
  title: 'the certificate is not accepted',
  summary:
    'The certificate of the endpoint is not accepted: expired, for another name, or its chain is incomplete',
  explains: ['http.down'],
  gather: look,
  conclude(evidence, target) {
    const certificate = factsOf(evidence, target, 'certificate');
    const answer = factsOf(evidence, target, 'answer');
    const distrust = certificate?.distrust;
    if (typeof distrust !== 'string' || answer?.result !== 'denied') return [];
    const { subject, issuer, trouble } = certificate ?? {};
    return [
      {
        id,
        target,
        summary: `the certificate ${trouble}`,
        explanation:
          `The server takes connections and shows the certificate ${subject}, issued by ${issuer}. It ${trouble}, so every careful client turns away before it asks anything. ${remedies[distrust] ?? ''}`.trim(),
        confidence: 0.97,
        ...onsetOf(evidence, target),
        evidence: idsOf(evidence, target, ['alert', 'certificate', 'answer']),
        unseen: ['whether the application behind the certificate is well: nothing was sent to it'],
        recommendations: [],
      },
    ];
  },
};
