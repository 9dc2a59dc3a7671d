import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { connect } from 'node:tls';
import type { Certificates } from '../certificate.ts';
import type { Fault, Handles } from '../fault.ts';
import { until } from '../until.ts';

export function certificateExpired(
  { api, clock }: Handles,
  certificates: Certificates,
  tlsPort: number,
): Fault {
  /** What a client that trusts the demo's authority says of the certificate served now. */
  const isExpired = async (): Promise<boolean> => {
    const socket = connect({
      host: '127.0.0.1',
      port: tlsPort,
      ca: readFileSync(certificates.ca),
      rejectUnauthorized: false,
      timeout: 1_000,
    });
    try {
      socket.once('timeout', () => socket.destroy(new Error('no TLS answer within 1 s')));
      await once(socket, 'secureConnect');
      return String(socket.authorizationError) === 'CERT_HAS_EXPIRED';
    } finally {
      socket.destroy();
    }
  };
  const swap = async (which: 'valid' | 'expired') => {
    certificates.serve(which);
    // An API that is not there reads the new one when it starts.
    if (!api.signal('SIGHUP')) return;
    await until(clock, `the API with the ${which} certificate`, 5_000, async () => {
      return (await isExpired()) === (which === 'expired');
    });
  };
  return {
    name: 'certificate-expired',
    key: 'e',
    title: 'Certificate expired',
    does: 'cp expired.pem server.pem; kill -HUP <pid of the API>',
    expect: { target: 'certificate', rule: 'tls.expired', diagnosis: 'tls.certificate-expired' },
    healedByUpkeep: false,
    inject: () => swap('expired'),
    heal: () => swap('valid'),
    isPresent: () => isExpired().catch(() => false),
  };
}
