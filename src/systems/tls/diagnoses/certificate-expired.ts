import { timestamp } from '../../../clock.ts';
import type { Diagnosis } from '../../../core/system.ts';
import { formatDuration } from '../../../core/time.ts';
import type { TlsClient } from '../client.ts';
import { isFileBetter, look, recommend, type Seen, seenIn } from './look.ts';

const id = 'tls.certificate-expired';

/** Renewal is due at a third of the lifetime; half of that later it has failed (as the rule tls.expiry). */
const overdueFrom = 1 / 3;

/** The certificate has ended or its renewal is overdue; says whose, since when, whether a newer one lies unused. */
export const certificateExpired: Diagnosis<TlsClient> = {
  id,
  title: 'the certificate has ended or ends soon',
  summary: 'The served certificate has ended, or its renewal is overdue',
  explains: ['tls.expired', 'tls.expiry'],
  gather: look,
  conclude(evidence, target) {
    const seen = seenIn(evidence, target);
    const { served, file } = seen;
    const [notBefore, notAfter] = [Number(served?.facts.notBefore), Number(served?.facts.notAfter)];
    if (served === undefined || Number.isNaN(notAfter)) return [];
    const isOver = notAfter <= served.at;
    const dueAt = notAfter - (notAfter - notBefore) * overdueFrom;
    if (!isOver && !(served.at >= dueAt)) return [];
    const isRenewed = isFileBetter(seen);
    const { subject } = served.facts;
    const left = formatDuration(Math.abs(served.at - notAfter));
    const claim = isOver
      ? `the certificate ${subject} ended ${left} ago`
      : `the certificate ${subject} ends in ${left} and was not renewed in time`;
    return [
      {
        id,
        target,
        summary: isRenewed
          ? `${claim}; ${file?.file} holds a newer one that the server has not loaded`
          : claim,
        explanation: [
          `The server shows the certificate ${subject} (issued by ${served.facts.issuer}, ${isOver ? 'ended' : 'ends'} ${served.facts.end})`,
          isOver
            ? '; every careful client turns away. '
            : '; renewal is due when a third of its lifetime is left. ',
          isRenewed ? 'It was renewed on the disk already: reload the server.' : unrenewed(seen),
        ].join(''),
        confidence: isOver ? 0.98 : 0.9,
        onset: isOver ? notAfter : dueAt,
        evidence: seen.ids,
        unseen: seen.unseen,
        recommendations: isRenewed
          ? recommend(seen, target, 'tls.reload-certificate', 'a newer certificate lies on the disk')
          : recommend(seen, target, 'tls.renew-certificate', isOver ? 'it has ended' : `it ends in ${left}`),
      },
    ];
  },
};

function unrenewed({ job }: Seen): string {
  const look =
    'look at the renewal job (certbot renew --dry-run, systemctl list-timers), renew, then reload the server.';
  if (job === undefined) return `It was not renewed in time: ${look}`;
  const when = `certbot last ran at ${timestamp(Number(job.lastRunAt))}`;
  return job.lastError === null
    ? `It was not renewed although ${when} without an error: is this name among its certificates? Else ${look}`
    : `The renewal job fails: ${when} and said "${job.lastError}". Repair that, renew, then reload the server.`;
}
