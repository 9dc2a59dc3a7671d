import { execFile } from 'node:child_process';
import { copyFileSync, mkdirSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

export interface Certificates {
  /** What the API serves, whichever it is now. */
  readonly certificate: string;
  readonly key: string;
  /** The authority that signed both. */
  readonly ca: string;
  /** Puts the valid or the expired certificate in place; the API reads it at SIGHUP and at its start. */
  serve(which: 'valid' | 'expired'): void;
}

/** Dates long past: `openssl` takes them word for word, and no clock is asked. */
const expiredFrom = '20240101000000Z';
const expiredUntil = '20240331000000Z';

/**
 * An authority and two certificates for 127.0.0.1 with one key: one valid for 90 days, one expired.
 * `openssl x509` of version 3.0 takes no dates, `openssl ca` does.
 */
export async function makeCertificates(folder: string, openssl: string): Promise<Certificates> {
  const home = join(folder, 'tls');
  mkdirSync(home, { mode: 0o700 });
  const at = (name: string) => join(home, name);
  writeFileSync(at('openssl.cnf'), configuration(home));
  writeFileSync(at('index.txt'), '');
  const call = (...args: string[]) => run(openssl, args, { cwd: home, timeout: 20_000 });
  const key = [
    '-newkey',
    'ec',
    '-pkeyopt',
    'ec_paramgen_curve:prime256v1',
    '-nodes',
    '-config',
    'openssl.cnf',
  ];
  await call('req', '-x509', ...key, '-keyout', 'ca.key', '-out', 'ca.pem', '-days', '365')
    .then(() => call('req', ...key, '-subj', '/CN=127.0.0.1', '-keyout', 'server.key', '-out', 'server.csr'))
    .then(() => sign(call, 'valid.pem', ['-days', '90']))
    .then(() => sign(call, 'expired.pem', ['-startdate', expiredFrom, '-enddate', expiredUntil]));
  const serve = (which: 'valid' | 'expired') => {
    copyFileSync(at(`${which}.pem`), at('next.pem'));
    renameSync(at('next.pem'), at('server.pem'));
  };
  serve('valid');
  return { certificate: at('server.pem'), key: at('server.key'), ca: at('ca.pem'), serve };
}

function sign(call: (...args: string[]) => Promise<unknown>, out: string, dates: string[]): Promise<unknown> {
  const paper = ['-config', 'openssl.cnf', '-in', 'server.csr', '-out', out];
  return call('ca', '-batch', '-notext', ...paper, ...dates);
}

function configuration(home: string): string {
  return `
[req]
distinguished_name = name
x509_extensions = authority
prompt = no
[name]
CN = Upkeep demo authority
[authority]
basicConstraints = critical, CA:TRUE
keyUsage = critical, keyCertSign, cRLSign
subjectKeyIdentifier = hash
[ca]
default_ca = demo
[demo]
database = ${home}/index.txt
new_certs_dir = ${home}
certificate = ${home}/ca.pem
private_key = ${home}/ca.key
rand_serial = yes
default_md = sha256
policy = any
unique_subject = no
x509_extensions = server
[any]
commonName = supplied
[server]
basicConstraints = CA:FALSE
keyUsage = critical, digitalSignature
extendedKeyUsage = serverAuth
subjectAltName = IP:127.0.0.1, DNS:localhost
authorityKeyIdentifier = keyid
`;
}
