import { z } from 'zod';
import { defineAction } from '../../../core/action.ts';
import { demandPermit, demandSteps, demandUnchanged } from '../../../core/demand.ts';
import { formatDuration } from '../../../core/time.ts';
import { certificateFacts } from '../../../machine/network/certificate.ts';
import { isFor, type TlsClient } from '../client.ts';
import { isStrong } from '../judgement.ts';
import { fingerprintOf, type KeptPair, keptPairs } from '../kept-pairs.ts';
import { certificatesIn, leafOf, type Pair, readPair, replaceable } from '../pair.ts';
import {
  type Exchange,
  exchange,
  exchangeOf,
  putBack,
  served,
  verifyServed,
  writeSteps,
} from './exchange.ts';

const input = z.strictObject({});

export const restoreCertificate = defineAction<TlsClient, typeof input>({
  id: 'tls.restore-certificate',
  summary: 'Puts the last pair that was served with nothing wrong back and lets the server load it',
  risk: 'risky',
  mends: true,
  input,
  privileges: 'To write file, key and their folder, and to run reload',

  async plan(client, _input, ctx) {
    const to = exchangeOf(client);
    if ('refused' in to) return to;
    const trouble = await replaceable(to.place);
    if (trouble !== undefined) return { refused: trouble };
    const onDisk = await readPair(to.place);
    const good = await lastGood(client, onDisk, ctx.clock.now());
    if (good === undefined) {
      const why = client.keepTrouble === undefined ? '' : ` (${client.keepTrouble})`;
      return {
        refused: `no pair that was good, is within its dates and differs lies in ${client.keep}${why}`,
      };
    }
    const shown = await served(client, ctx).catch(() => undefined);
    if (shown !== undefined && shown.distrust === undefined && isFor(shown.leaf, client.serverName))
      return { refused: 'what is served is within its dates, trusted and for the right name' };
    const facts = certificateFacts(leafOf(good));
    return {
      summary: `Put back the certificate ${facts.subject} (serial ${facts.serial}), good for another ${formatDuration(facts.notAfter - ctx.clock.now())}`,
      steps: stepsOf(client, to, good),
      before: {
        fingerprint: fingerprintOf(onDisk),
        chain: certificatesIn(onDisk.certificate).length,
        restored: good.fingerprint,
        servedSerial: shown ? certificateFacts(shown.leaf).serial : null,
        trouble: shown?.distrust ?? null,
      },
      expect: 'the server shows that certificate again, whole and trusted',
      undo: { possible: true, how: `the pair of before is kept in ${client.keep}, put back and loaded` },
      verifyWithinMs: 20_000,
      holdMs: 10_000,
      touches: ['tls'],
      found: { protection: 'kept' },
    };
  },

  async apply(client, plan, permit, ctx) {
    demandPermit(permit);
    const to = exchangeOf(client);
    if ('refused' in to) throw new Error(to.refused);
    const good = (await keptPairs(client.keep)).find((each) => each.fingerprint === plan.before.restored);
    if (good === undefined) throw new Error(`the planned pair is not in ${client.keep} any more`);
    demandSteps(plan, stepsOf(client, to, good));
    const onDisk = await readPair(to.place);
    if (fingerprintOf(onDisk) === good.fingerprint) return 'that pair lies there already; nothing was done';
    demandUnchanged(plan, { fingerprint: fingerprintOf(onDisk) }, to.place.file);
    await exchange(client, to, good, ctx);
    return `certificate ${certificateFacts(leafOf(good)).serial} is back in ${to.place.file} and loaded`;
  },

  verify: verifyServed,

  async undo(client, plan, permit, ctx) {
    demandPermit(permit);
    return putBack(client, plan, ctx);
  },
});

/** The newest that was proven, may still be used, and is another than what lies there. */
export async function lastGood(client: TlsClient, onDisk: Pair, now: number): Promise<KeptPair | undefined> {
  return (await keptPairs(client.keep)).findLast((kept) => {
    const leaf = leafOf(kept);
    const facts = certificateFacts(leaf);
    const isInForce = facts.notBefore <= now && now < facts.notAfter;
    return (
      kept.isProven &&
      isInForce &&
      isStrong(facts) &&
      isFor(leaf, client.serverName) &&
      kept.fingerprint !== fingerprintOf(onDisk)
    );
  });
}

function stepsOf(client: TlsClient, to: Exchange, good: KeptPair): string[] {
  return [
    `keep a copy of the pair of before in ${client.keep}`,
    `take the pair with serial ${certificateFacts(leafOf(good)).serial} from ${client.keep}`,
    ...writeSteps(to),
  ];
}
