/** Certificates made with openssl for tests: an authority, an intermediate, and leaves that are right or wrong. */
import { execFile } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { type Binary, required } from './installed.ts';

const run = promisify(execFile);
export const openssl: Binary = { name: 'openssl', apt: 'openssl' };

export interface KeyPair {
  readonly keyFile: string;
  readonly certificateFile: string;
  readonly key: string;
  readonly certificate: string;
}

export interface LeafOptions {
  /** Common name and DNS name; addresses are written `IP:127.0.0.1`. */
  readonly names: readonly string[];
  /** Days before now that it begins and after now that it ends; negative has ended. */
  readonly beganDaysAgo?: number;
  readonly endsInDays?: number;
  readonly issuer?: KeyPair;
  readonly isAuthority?: boolean;
  /** `rsa:1024`, `ec` (P-256) where left out. */
  readonly key?: string;
  /** Where the issuer's certificate would be found. */
  readonly issuerUrl?: string;
  /** Where the list of revoked ones would be found. */
  readonly crlUrl?: string;
}

/** Writes `<name>.key` and `<name>.crt` into the folder; self-signed without an issuer. */
export async function makeCertificate(folder: string, name: string, options: LeafOptions): Promise<KeyPair> {
  const [keyFile, certificateFile] = [join(folder, `${name}.key`), join(folder, `${name}.crt`)];
  const requestFile = join(folder, `${name}.csr`);
  const extensions = join(folder, `${name}.ext`);
  const command = required(openssl);
  const algorithm =
    options.key === undefined
      ? ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256']
      : ['-newkey', options.key];
  const subject = `/CN=${options.names[0]?.replace(/^IP:/, '') ?? name}`;
  await run(command, [
    'req',
    '-new',
    '-nodes',
    ...algorithm,
    '-keyout',
    keyFile,
    '-out',
    requestFile,
    '-subj',
    subject,
  ]);
  const names = options.names.map((each) => (each.startsWith('IP:') ? each : `DNS:${each}`));
  writeFileSync(
    extensions,
    [
      options.isAuthority ? 'basicConstraints=critical,CA:TRUE' : 'basicConstraints=CA:FALSE',
      'subjectKeyIdentifier=hash',
      ...(options.isAuthority ? ['keyUsage=keyCertSign,cRLSign'] : [`subjectAltName=${names.join(',')}`]),
      ...(options.issuerUrl === undefined ? [] : [`authorityInfoAccess=caIssuers;URI:${options.issuerUrl}`]),
      ...(options.crlUrl === undefined ? [] : [`crlDistributionPoints=URI:${options.crlUrl}`]),
    ].join('\n'),
  );
  const signer = options.issuer
    ? ['-CA', options.issuer.certificateFile, '-CAkey', options.issuer.keyFile, '-CAcreateserial']
    : ['-signkey', keyFile];
  const dates = [
    '-not_before',
    asn1(-(options.beganDaysAgo ?? 1)),
    '-not_after',
    asn1(options.endsInDays ?? 90),
  ];
  await run(command, [
    'x509',
    '-req',
    '-in',
    requestFile,
    ...signer,
    '-extfile',
    extensions,
    '-out',
    certificateFile,
    ...dates,
  ]).catch(() =>
    signWithOlderOpenssl(folder, { ...options, name, requestFile, certificateFile, extensions, keyFile }),
  );
  return {
    keyFile,
    certificateFile,
    key: readFileSync(keyFile, 'utf8'),
    certificate: readFileSync(certificateFile, 'utf8'),
  };
}

/** Before OpenSSL 3.4 only `ca` takes dates. */
async function signWithOlderOpenssl(
  folder: string,
  request: LeafOptions & {
    readonly name: string;
    readonly requestFile: string;
    readonly certificateFile: string;
    readonly extensions: string;
    readonly keyFile: string;
  },
): Promise<void> {
  const database = join(folder, `${request.name}.index`);
  const configuration = join(folder, `${request.name}.cnf`);
  writeFileSync(database, '');
  writeFileSync(
    configuration,
    `[ca]\ndefault_ca=own\n[own]\ndatabase=${database}\nnew_certs_dir=${folder}\nrand_serial=yes\ndefault_md=sha256\npolicy=any\nunique_subject=no\n[any]\ncommonName=supplied\n`,
  );
  const signer = request.issuer
    ? ['-cert', request.issuer.certificateFile, '-keyfile', request.issuer.keyFile]
    : ['-selfsign', '-keyfile', request.keyFile];
  await run(required(openssl), [
    ...['ca', '-batch', '-notext', '-config', configuration, '-in', request.requestFile],
    ...['-out', request.certificateFile, '-extfile', request.extensions, ...signer],
    ...['-startdate', asn1(-(request.beganDaysAgo ?? 1)), '-enddate', asn1(request.endsInDays ?? 90)],
  ]);
}

/** `20251122070000Z`, so many days from now. */
function asn1(days: number): string {
  return new Date(Date.now() + days * 86_400_000).toISOString().replace(/[-:T]|\.\d+/g, '');
}
