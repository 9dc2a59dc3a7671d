import { defineSystem } from '../../core/system.ts';
import { hostAndPort } from '../../machine/network/dial.ts';
import { reloadCertificate } from './actions/reload-certificate.ts';
import { renewCertificate } from './actions/renew-certificate.ts';
import { restoreCertificate } from './actions/restore-certificate.ts';
import { createClient } from './client.ts';
import { portOf, tlsConfig } from './config.ts';
import { certificateExpired } from './diagnoses/certificate-expired.ts';
import { unreachablePort } from './diagnoses/unreachable.ts';
import { untrustedChain } from './diagnoses/untrusted-chain.ts';
import { incompleteChain, servedDiffers, wrongName } from './diagnoses/wrong-certificate.ts';
import { discover } from './discover.ts';
import { handshakeProbe } from './probes/handshake.ts';
import { revocationProbe } from './probes/revocation.ts';
import { webProbe } from './probes/web.ts';

export const tls = defineSystem({
  kind: 'tls',
  summary: 'A TLS port: expiry, chain and name of its certificate, protocol; PostgreSQL and Redis ports too',
  config: tlsConfig,
  connect: (config, ctx) => createClient(config, ctx.folder, ctx.target),
  close: async () => {},
  address: (config) => `${config.protocol}://${hostAndPort(config.host, portOf(config))}`,
  probes: [handshakeProbe, revocationProbe, webProbe],
  rules: new URL('./rules.yaml', import.meta.url),
  diagnoses: [certificateExpired, wrongName, incompleteChain, untrustedChain, servedDiffers, unreachablePort],
  actions: [renewCertificate, reloadCertificate, restoreCertificate],
  discover,
});
