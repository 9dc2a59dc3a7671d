import { z } from 'zod';
import { defineAction } from '../../../core/action.ts';
import { demandPermit, demandSteps, demandUnchanged } from '../../../core/demand.ts';
import { certificateFacts } from '../../../machine/network/certificate.ts';
import { commandLine } from '../../../machine/run-program.ts';
import { isFor, type TlsClient } from '../client.ts';
import { fingerprintOf } from '../kept-pairs.ts';
import { belongsTogether, leafOf, readPair } from '../pair.ts';
import { exchangeOf, reload, served, verifyServed } from './exchange.ts';

const input = z.strictObject({});

export const reloadCertificate = defineAction<TlsClient, typeof input>({
  id: 'tls.reload-certificate',
  summary: 'Lets the server load the certificate that lies on the disk and is not served yet',
  risk: 'safe',
  mends: true,
  input,
  privileges: 'To read file and key, and to run reload',

  async plan(client, _input, ctx) {
    const to = exchangeOf(client);
    if ('refused' in to) return to;
    const pair = await readPair(to.place);
    const facts = certificateFacts(leafOf(pair));
    const shown = await served(client, ctx);
    const now = ctx.clock.now();
    if (shown.leaf.fingerprint256 === facts.fingerprint)
      return { refused: `the certificate in ${to.place.file} is served already` };
    if (!belongsTogether(pair)) return { refused: `${to.place.key} is not the key of ${to.place.file}` };
    if (facts.notAfter <= now || facts.notBefore > now)
      return { refused: `the certificate in ${to.place.file} is out of its dates` };
    if (client.config.verify && !isFor(leafOf(pair), client.serverName))
      return { refused: `the certificate in ${to.place.file} is not for ${client.serverName}` };
    return {
      summary: `Let the server load ${to.place.file} (serial ${facts.serial})`,
      steps: [commandLine(to.reload)],
      before: {
        fingerprint: fingerprintOf(pair),
        serial: facts.serial,
        servedSerial: certificateFacts(shown.leaf).serial,
      },
      expect: 'the server shows the certificate that lies on the disk',
      undo: {
        possible: false,
        how: 'nothing needs taking back: the server would load the same file at its next start',
      },
      verifyWithinMs: 20_000,
      holdMs: 5_000,
      touches: ['tls'],
      found: { protection: 'kept' },
    };
  },

  async apply(client, plan, permit, ctx) {
    demandPermit(permit);
    const to = exchangeOf(client);
    if ('refused' in to) throw new Error(to.refused);
    demandSteps(plan, [commandLine(to.reload)]);
    demandUnchanged(plan, { fingerprint: fingerprintOf(await readPair(to.place)) }, to.place.file);
    await reload(client, to.reload, ctx);
    return `${commandLine(to.reload)} ended well`;
  },

  verify: verifyServed,
});
