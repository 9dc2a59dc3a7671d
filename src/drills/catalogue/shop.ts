/** The shop's process, its certificate, its logins. */
import type { Drill } from '../drill.ts';
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
      ],
    ],
    mitigation: 'explain',
    actions: [],
    lacks: nothing,
    inject: injectFault('wrong-password'),
    symptom: isShopUnwell,
  },
];
