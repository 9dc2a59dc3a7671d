import { timestamp } from '../../../clock.ts';
import type { Outcome } from '../../../core/sample.ts';
import type { Probe } from '../../../core/system.ts';
import { inspect, type TlsClient } from '../client.ts';
import { askRevocation } from '../revocation.ts';

const metric = 'tls.certificate.revoked';

export const revocationProbe: Probe<TlsClient> = {
  id: 'tls.revocation',
  summary: 'Asks the authority whether it has revoked the served certificate (CRL)',
  atMostEveryMs: 3_600_000,
  metrics: {
    [metric]: { summary: 'Revoked by its authority (1) or not (0)', unit: 'state', kind: 'gauge' },
  },
  async run(client, ctx): Promise<Outcome> {
    if (!client.config.verify) return { ok: true, readings: [] };
    try {
      const { chain, distrust } = await inspect(client, ctx);
      const [leaf, issuer] = chain;
      // The address of the list comes from the certificate: only one that is trusted may send us somewhere.
      if (leaf === undefined || issuer === undefined || distrust !== undefined)
        return unseen(
          'only of a certificate that is trusted the authority is asked',
          'see what tls.handshake says of the chain',
        );
      const told = await askRevocation(leaf, issuer, { signal: ctx.signal, now: ctx.clock.now() });
      if (told.kind === 'unknown')
        return unseen(
          told.why,
          'let Upkeep reach the address of the list; where the authority publishes none there is nothing to do',
        );
      const detail =
        told.kind === 'good' ? 'not revoked' : `revoked at ${timestamp(told.at)}: ${told.reason}`;
      return { ok: true, readings: [{ metric, value: told.kind === 'revoked' ? 1 : 0 }], detail };
    } catch (error) {
      // Whether the port answers says tls.handshake.
      return unseen(error instanceof Error ? error.message : String(error), 'see what tls.handshake says');
    }
  },
};

function unseen(reason: string, remedy: string): Outcome {
  return { ok: true, readings: [], missing: [{ metrics: [metric], reason, remedy }] };
}
