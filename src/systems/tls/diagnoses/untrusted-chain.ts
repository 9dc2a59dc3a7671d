/** Why the served chain is not trusted: whose signature it is, and why that counts for nothing here. */
import type { Finding, Scalar } from '../../../core/evidence.ts';
import type { Diagnosis } from '../../../core/system.ts';
import { formatDuration } from '../../../core/time.ts';
import { type Distrust, distrustOf } from '../../../machine/network/certificate.ts';
import type { TlsClient } from '../client.ts';
import { isFileBetter, look, recommend, type Seen, seenIn } from './look.ts';

const id = 'tls.untrusted-chain';

/** What programs make for the time until a real one is installed. */
const placeholders =
  /snakeoil|localhost|placeholder|default|fake|example|invalid|dummy|traefik|plesk|test\.local/i;
const compare =
  'If nobody set this up, somebody may be listening in: compare its serial with the one on the server.';

type Told = Pick<Finding, 'summary' | 'explanation' | 'confidence'>;
type Facts = Readonly<Record<string, Scalar>>;

export const untrustedChain: Diagnosis<TlsClient> = {
  id,
  title: 'the certificate is not trusted',
  summary:
    'The chain of the served certificate is not trusted: signed by itself, by a private authority, by one that has ended',
  explains: ['tls.untrusted'],
  gather: look,
  conclude(evidence, target) {
    const seen = seenIn(evidence, target);
    const { served, file } = seen;
    if (served === undefined || typeof served.facts.distrust !== 'string') return [];
    const told = reasonOf(served.facts, served.at, distrustOf(served.facts.distrust));
    if (told === null) return [];
    const isReplaced = isFileBetter(seen);
    return [
      {
        ...{ id, target, evidence: seen.ids, unseen: seen.unseen, ...told },
        explanation: isReplaced
          ? `${told.explanation} ${file?.file} holds another one that the server has not loaded.`
          : told.explanation,
        decides: [`${served.how.split(' </dev/null')[0]} -showcerts </dev/null: who signed what`],
        recommendations: isReplaced
          ? recommend(seen, target, 'tls.reload-certificate', 'another certificate lies on the disk')
          : replace(seen, target),
      },
    ];
  },
};

function replace(seen: Seen, target: string) {
  const why = 'its chain is not trusted';
  const found = recommend(seen, target, 'tls.restore-certificate', `${why}; one that was good is kept`);
  return found.length > 0 ? found : recommend(seen, target, 'tls.renew-certificate', why);
}

/** Null where another diagnosis tells it. */
function reasonOf(facts: Facts, now: number, distrust: Distrust): Told | null {
  switch (distrust) {
    case 'expired':
    case 'not-yet-valid':
      return issuerOutOfDates(facts, now);
    case 'self-signed':
      return signedByItself(facts);
    case 'unknown-issuer':
      return unknownAuthority(facts);
    case 'name-mismatch':
      return null;
    case 'revoked':
    case 'other':
      return {
        summary: `the server shows ${facts.subject}, which is not accepted (${facts.distrust})`,
        explanation: `The chain is ${facts.chain}. OpenSSL names the reason: openssl-verification-options(1), ${facts.distrust}.`,
        confidence: 0.6,
      };
  }
}

function issuerOutOfDates({ subject, chain, ...facts }: Facts, now: number): Told | null {
  const issuerEnded = Number(facts.issuerEndedAt ?? Number.NaN);
  if (Number(facts.notAfter) <= now || Number(facts.notBefore) > now) return null;
  const what = `The chain is ${chain}; the certificate itself is in its dates, so renewing it below the same authority changes nothing.`;
  const mend =
    'Take the chain that the authority gives now (fullchain.pem of a renewal), without the one that has ended; one of your own authority is made anew and goes into `ca:` of whoever trusts it.';
  if (Number.isNaN(issuerEnded))
    return {
      summary: `an authority above ${subject} is out of its dates`,
      explanation: `${what} The one that has ended is not among those that were sent: it lies among those that are trusted here. ${mend}`,
      confidence: 0.8,
    };
  return {
    summary: `${facts.issuerEnded}, which signed ${subject}, ended ${formatDuration(now - issuerEnded)} ago`,
    explanation: `${what} ${mend}`,
    confidence: 0.95,
  };
}

function signedByItself({ subject, asked, isNamed }: Facts): Told {
  const isPlaceholder = placeholders.test(String(subject)) || isNamed === false;
  return {
    summary: `the server shows ${subject}, which is signed by itself${isPlaceholder ? ': a placeholder' : ''}`,
    explanation: [
      'There is no authority behind it, so that whoever does not know this very certificate turns away. ',
      isPlaceholder
        ? `A server shows such a one until a real one is installed, or where no entry is for ${asked}. `
        : '',
      `Install one of an authority (certbot certonly -d ${asked}, then reload the server); where it is meant so, name its file in \`ca:\` of this target. ${compare}`,
    ].join(''),
    confidence: isPlaceholder ? 0.95 : 0.9,
  };
}

function unknownAuthority(facts: Facts): Told | null {
  const { subject, issuer, top, chain, ownAuthority, sent } = facts;
  const isCut = facts.isTopSelfSigned !== true;
  // One that says where its issuer's is found stands below an intermediate, which was not sent.
  if (isCut && Number(sent) <= 1 && (facts.issuerUrl !== null || ownAuthority !== null)) return null;
  const at = isCut && Number(sent) <= 1 ? issuer : top;
  if (ownAuthority !== null)
    return {
      summary: `the server shows ${subject} of ${at}, which is not the authority that \`ca\` names`,
      explanation: `The chain is ${chain}; \`ca\` holds ${ownAuthority}. It was renewed by another authority: name the new one in \`ca:\`, here and at every client. ${compare}`,
      confidence: 0.9,
    };
  const shows = isCut
    ? `the server shows ${subject}, issued by ${at}, which is not trusted here`
    : `the server shows ${subject} of the private authority ${at}, which is not trusted here`;
  const cut = isCut
    ? ' The certificate of the authority was not sent: where it is a public one, an intermediate is missing (fullchain.pem).'
    : '';
  return {
    summary: shows,
    explanation: `The chain is ${chain}.${cut} Clients need the certificate of a private authority: name its file in \`ca:\` of this target, and install it at them. ${compare}`,
    confidence: isCut ? 0.75 : 0.9,
  };
}
