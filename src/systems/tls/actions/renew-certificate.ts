import type { X509Certificate } from 'node:crypto';
import { resolve } from 'node:path';
import { z } from 'zod';
import { timestamp } from '../../../clock.ts';
import { type ActionContext, defineAction, type Facts } from '../../../core/action.ts';
import { demandPermit, demandSteps } from '../../../core/demand.ts';
import { formatDuration } from '../../../core/time.ts';
import { certificateFacts } from '../../../machine/network/certificate.ts';
import { proveByFile, proveByListener, webrootTrouble } from '../acme/challenge.ts';
import { orderCertificate } from '../acme/order.ts';
import { FileUnreadable, isFor, readConfigured, type TlsClient } from '../client.ts';
import type { AcmeConfig } from '../config.ts';
import { lifetimeLeft } from '../judgement.ts';
import { fingerprintOf } from '../kept-pairs.ts';
import { leafOf, type Pair, readPair, replaceable } from '../pair.ts';
import {
  type Exchange,
  exchange,
  exchangeOf,
  putBack,
  reload,
  served,
  verifyServed,
  writeSteps,
} from './exchange.ts';

const input = z.strictObject({});

/** Let's Encrypt's Integration Guide: renew when a third of the lifetime is left. Sooner wastes its rate limits. */
const dueFrom = 1 / 3;

interface Renewable extends Exchange {
  readonly acme: AcmeConfig;
}

export const renewCertificate = defineAction<TlsClient, typeof input>({
  id: 'tls.renew-certificate',
  summary:
    'Orders a new certificate by ACME, puts it in the place of the old one and lets the server load it',
  risk: 'safe',
  mends: true,
  input,
  privileges:
    'To write file, key and their folder, to run reload, and to write acme.webroot or (CAP_NET_BIND_SERVICE) to listen on acme.port',

  async plan(client, _input, ctx) {
    const to = renewable(client);
    if ('refused' in to) return to;
    const trouble = (await replaceable(to.place)) ?? (await placeTrouble(client, to.acme));
    if (trouble !== undefined) return { refused: trouble };
    const pairBefore = await pairOnDisk(to);
    const onDisk = pairBefore && leafOf(pairBefore);
    const names = namesOf(client, to.acme, onDisk);
    const refused = onDisk === undefined ? undefined : notDue(client, onDisk, names, ctx.clock.now());
    if (refused !== undefined) return { refused };
    const shown = await served(client, ctx).catch(() => undefined);
    const facts = shown && certificateFacts(shown.leaf);
    const endsAt = onDisk && certificateFacts(onDisk).notAfter;
    const canGoBack = endsAt !== undefined && endsAt > ctx.clock.now();
    return {
      summary: `Renew the certificate for ${names.join(', ')} at ${new URL(to.acme.directory).host}`,
      steps: stepsOf(client, to, names),
      before: {
        ...diskFacts(pairBefore),
        servedSerial: facts?.serial ?? null,
        servedEndsAt: facts?.notAfter ?? null,
        names: names.join(', '),
      },
      expect: 'the server shows a new certificate for the same names, within its dates and trusted',
      undo: canGoBack
        ? { possible: true, how: `the pair of before is kept in ${client.keep}, put back and loaded` }
        : {
            possible: false,
            how: 'the pair of before has ended or is not there: going back would help nobody',
          },
      verifyWithinMs: 30_000,
      holdMs: 10_000,
      touches: ['tls'],
      found: { protection: 'kept' },
    };
  },

  async apply(client, plan, permit, ctx) {
    demandPermit(permit);
    const to = renewable(client);
    if ('refused' in to) throw new Error(to.refused);
    const pairBefore = await pairOnDisk(to);
    const onDisk = pairBefore && leafOf(pairBefore);
    const names = String(plan.before.names).split(', ');
    demandSteps(plan, stepsOf(client, to, names));
    if (diskFacts(pairBefore).fingerprint !== plan.before.fingerprint)
      return loadWhatLies(client, to, onDisk, names, ctx);
    const { acme } = to;
    const pair = await orderCertificate(
      {
        directory: acme.directory,
        ca: acme.ca === undefined ? undefined : readConfigured('acme.ca', resolve(client.folder, acme.ca)),
        accountFile: resolve(client.folder, acme.account),
        email: acme.email,
        names,
        keyType: onDisk?.publicKey.asymmetricKeyType === 'rsa' ? 'rsa' : 'ec',
        prove:
          acme.webroot === undefined
            ? proveByListener(acme.port)
            : proveByFile(resolve(client.folder, acme.webroot)),
      },
      ctx.signal,
    );
    const leaf = leafOf(pair);
    const lacking = names.filter((name) => !isFor(leaf, name));
    if (lacking.length > 0) throw new Error(`the new certificate is not for ${lacking.join(', ')}`);
    await exchange(client, to, pair, ctx);
    const { serial, issuer, notAfter } = certificateFacts(leaf);
    return `certificate ${serial} of ${issuer} until ${timestamp(notAfter)} is in ${to.place.file} and loaded`;
  },

  verify: verifyServed,

  async undo(client, plan, permit, ctx) {
    demandPermit(permit);
    return putBack(client, plan, ctx);
  },
});

/** For the diagnoses, which recommend it where it could be done. */
export function isRenewable(client: TlsClient): boolean {
  return !('refused' in renewable(client));
}

function renewable(client: TlsClient): Renewable | { readonly refused: string } {
  const { acme } = client.config;
  if (acme === undefined) return { refused: 'how the certificate is renewed is not declared: set `acme`' };
  const to = exchangeOf(client);
  return 'refused' in to ? to : { ...to, acme };
}

async function placeTrouble(client: TlsClient, { webroot }: AcmeConfig): Promise<string | undefined> {
  return webroot === undefined ? undefined : webrootTrouble(resolve(client.folder, webroot));
}

/** Undefined where there is none yet. A file that may not be read is no missing file. */
async function pairOnDisk({ place }: Exchange): Promise<Pair | undefined> {
  try {
    return await readPair(place);
  } catch (error) {
    if (error instanceof FileUnreadable && error.message.includes('(ENOENT)')) return undefined;
    throw error;
  }
}

/** Declared, else those of the certificate that lies there, so that none is lost; a wrong one does not pass them on. */
function namesOf(client: TlsClient, acme: AcmeConfig, onDisk: X509Certificate | undefined): string[] {
  if (acme.names !== undefined) return [...acme.names];
  if (onDisk === undefined || !isFor(onDisk, client.serverName)) return [client.serverName];
  const names = certificateFacts(onDisk).names.filter((name) =>
    /^[A-Za-z0-9.-]*[A-Za-z-][A-Za-z0-9.-]*$/.test(name),
  );
  return names.length === 0 ? [client.serverName] : names;
}

function notDue(
  client: TlsClient,
  onDisk: X509Certificate,
  names: readonly string[],
  now: number,
): string | undefined {
  if (!names.every((name) => isFor(onDisk, name))) return undefined;
  const facts = certificateFacts(onDisk);
  if (facts.notBefore > now || lifetimeLeft(facts, now) <= dueFrom) return undefined;
  const left = `the certificate in ${client.file} is good for another ${formatDuration(facts.notAfter - now)}`;
  return `${left}; where another one is served, tls.reload-certificate lets the server load it`;
}

function diskFacts(pair: Pair | undefined): Facts {
  const facts = pair && certificateFacts(leafOf(pair));
  return {
    fingerprint: pair ? fingerprintOf(pair) : null,
    serial: facts?.serial ?? null,
    endsAt: facts?.notAfter ?? null,
  };
}

function stepsOf(client: TlsClient, to: Renewable, names: readonly string[]): string[] {
  const { acme } = to;
  const answer =
    acme.webroot === undefined
      ? `a listener on port ${acme.port} that answers nothing else, while the order lasts`
      : `a file in ${resolve(client.folder, acme.webroot)}/.well-known/acme-challenge, removed afterwards`;
  return [
    `order a certificate for ${names.join(', ')} from ${acme.directory}, proved over HTTP by ${answer}`,
    `keep a copy of the pair of before in ${client.keep}`,
    ...writeSteps(to),
  ];
}

/** A second try, or certbot, was there before: what lies there is loaded where it is good. */
async function loadWhatLies(
  client: TlsClient,
  to: Renewable,
  onDisk: X509Certificate | undefined,
  names: readonly string[],
  ctx: ActionContext,
): Promise<string> {
  if (onDisk === undefined || notDue(client, onDisk, names, ctx.clock.now()) === undefined)
    throw new Error(`${to.place.file} has changed since it was planned; make a new plan`);
  await reload(client, to.reload, ctx);
  return `${to.place.file} was renewed already; the server was told to load it`;
}
