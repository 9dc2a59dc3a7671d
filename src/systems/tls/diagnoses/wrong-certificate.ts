/** The served pair is not the right one: another name, an incomplete chain, not the one on the disk. */
import { count } from '../../../core/count.ts';
import type { Finding } from '../../../core/evidence.ts';
import type { Diagnosis } from '../../../core/system.ts';
import type { TlsClient } from '../client.ts';
import { isFileBetter, look, recommend, type Seen, seenIn } from './look.ts';

const wrongNameId = 'tls.wrong-name';
const incompleteChainId = 'tls.chain-incomplete';
const servedDiffersId = 'tls.served-differs';

export const wrongName: Diagnosis<TlsClient> = {
  id: wrongNameId,
  title: 'the certificate is for another name',
  summary: 'The served certificate is for another name',
  explains: ['tls.name-mismatch', 'tls.untrusted'],
  gather: look,
  conclude(evidence, target) {
    const seen = seenIn(evidence, target);
    const { served, file, means } = seen;
    if (served === undefined || served.facts.isNamed !== false) return [];
    const { asked, names, subject } = served.facts;
    const isFileRight = isFileBetter(seen);
    const why = isFileRight
      ? `${file?.file} holds the right one: the server has not loaded it.`
      : file !== undefined && file.serial === served.facts.serial
        ? `The same wrong certificate lies in ${file.file}${means.goodSerial === null ? '' : `; the last that was good had the serial ${means.goodSerial}`}.`
        : 'It may be the default of a server that has no entry for this name, or the name may lead to another server.';
    return [
      finding(wrongNameId, seen, target, {
        summary: `the server shows a certificate for ${names === '' ? subject : names}, not for ${asked}`,
        explanation: `${asked} was asked for (SNI), and ${subject} was shown; every careful client turns away. ${why}`,
        confidence: file === undefined ? 0.85 : 0.95,
        decides:
          file === undefined ? [`dig ${asked}`, 'nginx -T or haproxy -c: which entry serves this name'] : [],
        recommendations: isFileRight ? reload(seen, target) : restore(seen, target, 'it is for another name'),
      }),
    ];
  },
};

export const incompleteChain: Diagnosis<TlsClient> = {
  id: incompleteChainId,
  title: 'the intermediate certificate is not sent',
  summary: 'The server does not send the intermediate certificate',
  explains: ['tls.incomplete-chain', 'tls.untrusted'],
  gather: look,
  conclude(evidence, target) {
    const seen = seenIn(evidence, target);
    const { served, file, means } = seen;
    if (served === undefined || !isUnknownIssuer(served.facts.distrust)) return [];
    const { subject, issuer, sent, serial } = served.facts;
    if (subject === issuer || Number(sent) > 1) return [];
    const isFileWhole = file?.serial === serial && Number(file?.held) > 1;
    const wasWhole = Number(means.goodHeld) > 1;
    const why = isFileWhole
      ? `${file?.file} holds ${count(Number(file?.held), 'certificate')}: the server loads another file, or has not loaded this one.`
      : file === undefined
        ? 'Either the server was given the certificate without its chain (cert.pem for fullchain.pem), or a private authority is to be named in `ca`.'
        : `${file.file} holds the leaf alone${wasWhole ? '; the last pair that was good had its chain' : ''}.`;
    return [
      finding(incompleteChainId, seen, target, {
        summary: `the server sends ${subject} without the certificate of its issuer ${issuer}`,
        explanation: `One certificate was sent, and ${issuer} is not trusted by itself. Browsers that keep intermediates may go on; programs, phones and other servers fail. ${why}`,
        confidence: isFileWhole || wasWhole ? 0.95 : file === undefined ? 0.7 : 0.85,
        decides:
          isFileWhole || wasWhole ? [] : ['openssl s_client -showcerts: how many certificates are sent'],
        recommendations: isFileWhole ? [] : restore(seen, target, 'its chain is incomplete'),
      }),
    ];
  },
};

export const servedDiffers: Diagnosis<TlsClient> = {
  id: servedDiffersId,
  title: 'another certificate is served than lies on the disk',
  summary: 'Another certificate is served than lies on the disk',
  explains: ['tls.not-reloaded'],
  gather: look,
  conclude(evidence, target) {
    const seen = seenIn(evidence, target);
    const { served, file } = seen;
    if (served === undefined || file === undefined || file.serial === served.facts.serial) return [];
    const isBetter = isFileBetter(seen);
    return [
      finding(servedDiffersId, seen, target, {
        summary: `${file.file} holds the certificate ${file.serial}, the server shows ${served.facts.serial}`,
        explanation: isBetter
          ? `The one on the disk (until ${file.end}) was not loaded: the renewal has no hook that reloads the server. When the served one ends (${served.facts.end}), clients turn away although a good one lies there.`
          : `The one on the disk is ${file.isNamed === true ? 'out of its dates' : `for ${file.names}`}: a reload would make things worse.`,
        confidence: 0.95,
        recommendations: isBetter ? reload(seen, target) : [],
      }),
    ];
  },
};

function isUnknownIssuer(code: unknown): boolean {
  return [
    'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
    'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
    'UNABLE_TO_GET_ISSUER_CERT',
  ].includes(String(code));
}

function reload(seen: Seen, target: string) {
  return recommend(seen, target, 'tls.reload-certificate', 'the right certificate lies on the disk');
}

function restore(seen: Seen, target: string, why: string) {
  const found = recommend(seen, target, 'tls.restore-certificate', `${why}; one that was good is kept`);
  return found.length > 0 ? found : recommend(seen, target, 'tls.renew-certificate', why);
}

function finding(
  id: string,
  seen: Seen,
  target: string,
  told: Pick<Finding, 'summary' | 'explanation' | 'confidence' | 'recommendations' | 'decides'>,
): Finding {
  return { id, target, evidence: seen.ids, unseen: seen.unseen, ...told };
}
