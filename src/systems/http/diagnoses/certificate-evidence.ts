import type { Evidence } from '../../../core/evidence.ts';
import type { DiagnosisContext } from '../../../core/system.ts';
import { certificateFacts, distrustOf, explainDistrust } from '../../../machine/network/certificate.ts';
import { withDeadline } from '../../../machine/network/deadline.ts';
import { type Destination, dial } from '../../../machine/network/dial.ts';
import { networkFailure } from '../../../machine/network/failure.ts';
import { chainOf, handshake } from '../../../machine/network/handshake.ts';
import { type HttpClient, TrustUnreadable } from '../client.ts';

const handshakeWithinMs = 3_000;

/** The certificate as it is served, trusted or not. */
export async function certificateEvidence(
  client: HttpClient,
  target: string,
  to: Destination,
  ctx: DiagnosisContext,
): Promise<Evidence> {
  const serverName = client.config.tls.serverName ?? to.host;
  const base = {
    id: `${target}.certificate`,
    target,
    title: 'The certificate that is served',
    at: ctx.clock.now(),
    how: `openssl s_client -connect ${to.host}:${to.port} -servername ${serverName} -showcerts </dev/null`,
  };
  const began = ctx.clock.monotonic();
  return withDeadline(ctx, handshakeWithinMs, async (dialContext) => {
    try {
      const context = client.trust();
      const { socket: plain } = await dial(to, dialContext);
      const { socket, distrust } = await handshake(plain, { serverName, context, ...dialContext });
      const chain = chainOf(socket);
      socket.destroy();
      const leaf = chain[0];
      if (leaf === undefined) return { ...base, unseen: 'the certificate: the server showed none' };
      const facts = certificateFacts(leaf);
      const asked = { name: serverName, now: ctx.clock.now(), sent: chain.length };
      return {
        ...base,
        facts: {
          subject: facts.subject,
          issuer: facts.issuer,
          names: facts.names.slice(0, 20).join(', '),
          notAfter: facts.notAfter,
          sent: chain.length,
          distrust: distrust === undefined ? null : distrustOf(distrust),
          trouble: distrust === undefined ? null : explainDistrust(distrust, facts, asked),
        },
      };
    } catch (error) {
      const why =
        error instanceof TrustUnreadable
          ? error.message
          : networkFailure(error, to, ctx.clock.monotonic() - began).detail;
      return { ...base, unseen: `the certificate: ${why}` };
    }
  });
}
