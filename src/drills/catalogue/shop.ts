/** The shop's process, its certificate, its logins. */
import { execFile } from 'node:child_process';
import { copyFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { locate, openssl } from '../../demo/optional.ts';
import type { Drill, Lab, Undo } from '../drill.ts';
import { isShopUnwell } from './feel.ts';
import { faultIsThere, injectFault } from './from-demo.ts';
import { needsCommand, needsLinux, nothing } from './needs.ts';

export const shop: readonly Drill[] = [
  {
    id: 'process.killed',
    row: '36',
    lab: 'shop',
    title: 'The process behind the proxy is killed',
    does: 'kill -KILL <pid of the API>',
    causes: [
      [
        { diagnosis: 'process.gone', target: 'api-process' },
        { diagnosis: 'http.backend-down', target: 'api' },
      ],
    ],
    mitigation: 'always',
    actions: ['process.restart', 'process.start'],
    mayDiffer: ['process api'],
    lacks: nothing,
    inject: injectFault('api-killed'),
    symptom: isShopUnwell,
  },
  {
    id: 'process.frozen',
    row: '37',
    lab: 'shop',
    title: 'The process behind the proxy is frozen; its port stays open',
    does: 'kill -STOP <pid of the API>',
    causes: [
      [
        { diagnosis: 'process.frozen', target: 'api-process' },
        { diagnosis: 'http.backend-frozen', target: 'api' },
      ],
    ],
    mitigation: 'always',
    actions: ['process.resume'],
    lacks: needsLinux,
    inject: injectFault('api-frozen'),
    symptom: isShopUnwell,
  },
  {
    id: 'tls.certificate-expired',
    row: '34',
    lab: 'shop',
    title: 'The certificate has expired',
    does: 'cp expired.pem server.pem; kill -HUP <pid of the API>',
    causes: [[{ diagnosis: 'tls.certificate-expired', target: 'certificate' }]],
    mitigation: 'explain',
    actions: [],
    lacks: () => needsCommand('openssl'),
    inject: injectFault('certificate-expired'),
    symptom: faultIsThere('certificate-expired'),
  },
  {
    id: 'tls.wrong-name',
    row: '35',
    lab: 'shop',
    title: 'The certificate of another name is served',
    does: 'a certificate for other.example, signed by the same authority, in place of server.pem; kill -HUP <pid of the API>',
    causes: [[{ diagnosis: 'tls.wrong-name', target: 'certificate' }]],
    mitigation: 'explain',
    actions: [],
    lacks: () => needsCommand('openssl'),
    inject: serveOtherName,
  },
  {
    id: 'postgres.password-changed',
    row: '28',
    lab: 'shop',
    title: "The password of the shop's role is changed",
    does: "ALTER ROLE app PASSWORD '<another>'; the sessions of app are ended",
    causes: [
      [
        { diagnosis: 'http.credentials-refused', target: 'db' },
        { diagnosis: 'http.credentials-refused', target: 'api' },
        { diagnosis: 'postgres.credentials-refused', target: 'db' },
        { diagnosis: 'postgres.logins-refused', target: 'db' },
      ],
    ],
    mitigation: 'explain',
    actions: [],
    lacks: nothing,
    inject: injectFault('wrong-password'),
    symptom: isShopUnwell,
  },
];

const run = promisify(execFile);

/** Its folder is that of the demo's certificates, with the authority and the key of the server. */
async function serveOtherName({ stack }: Lab): Promise<Undo> {
  const home = join(stack.folder, 'tls');
  const made = ['other.cnf', 'other.csr', 'other.pem', 'other.srl'].map((name) => join(home, name));
  const [names = '', request = '', certificate = '', serial = ''] = made;
  const serve = (from: string) => {
    copyFileSync(from, join(home, 'next.pem'));
    renameSync(join(home, 'next.pem'), join(home, 'server.pem'));
    stack.servers.api.signal('SIGHUP');
  };
  const undo = async () => {
    serve(join(home, 'valid.pem'));
    for (const path of made) rmSync(path, { force: true });
  };
  const call = (...args: string[]) => run(locate(openssl) ?? openssl.command, args, { cwd: home });
  try {
    writeFileSync(names, 'subjectAltName = DNS:other.example\n');
    await call('req', '-new', '-key', 'server.key', '-subj', '/CN=other.example', '-out', request);
    const authority = ['-CA', 'ca.pem', '-CAkey', 'ca.key', '-CAserial', serial, '-CAcreateserial'];
    const paper = ['-in', request, '-extfile', names, '-days', '30', '-out', certificate];
    await call('x509', '-req', ...authority, ...paper);
    serve(certificate);
    return undo;
  } catch (error) {
    await undo().catch(() => {});
    throw error;
  }
}
