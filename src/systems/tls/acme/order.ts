/** Orders a certificate by ACME (RFC 8555) through acme-client, which is loaded when first needed. */
import { readFile } from 'node:fs/promises';
import { Agent } from 'node:https';
import type { Client, Order } from 'acme-client';
import { type Pair, replaceFile } from '../pair.ts';
import type { Prove } from './challenge.ts';

export interface CertificateOrder {
  readonly directory: string;
  /** PEM; the authority of the directory's own certificate where it is no public one. */
  readonly ca: string | undefined;
  /** Absolute path of the account's private key. */
  readonly accountFile: string;
  readonly email: string | undefined;
  readonly names: readonly string[];
  readonly keyType: 'ec' | 'rsa';
  readonly prove: Prove;
}

/** As the authority answers: a poll every half second, every two in the end. */
const polling = { backoffAttempts: 20, backoffMin: 500, backoffMax: 2_000 };
const answerWithinMs = 10_000;

type Acme = typeof import('acme-client');

let loading: Promise<Acme> | undefined;
const agents = new Map<string, Agent>();

/** The library has one HTTP client for all; which authority is trusted goes by the origin that is asked. */
function load(): Promise<Acme> {
  loading ??= import('acme-client').then(({ default: acme }) => {
    acme.axios.interceptors.request.use((request) => {
      const httpsAgent = agents.get(originOf(request.url ?? ''));
      return Object.assign(request, { timeout: answerWithinMs }, httpsAgent ? { httpsAgent } : {});
    });
    return acme;
  });
  return loading;
}

function originOf(url: string): string {
  return URL.canParse(url) ? new URL(url).origin : '';
}

/** @throws what the authority says is wrong; rejects at once when the signal aborts */
export async function orderCertificate(order: CertificateOrder, signal: AbortSignal): Promise<Pair> {
  const acme = await load();
  if (order.ca !== undefined) agents.set(originOf(order.directory), new Agent({ ca: order.ca }));
  const within = <T>(work: Promise<T>) => endsWith(signal, work);
  const client = new acme.Client({
    directoryUrl: order.directory,
    accountKey: await accountKey(acme, order.accountFile),
    ...polling,
  });
  const contact = order.email === undefined ? [] : [`mailto:${order.email}`];
  await within(client.createAccount({ termsOfServiceAgreed: true, contact }));
  const identifiers = order.names.map((value) => ({ type: 'dns', value }));
  const placed = await within(client.createOrder({ identifiers }));
  await proveNames(client, placed, order.prove, within);
  const ownKey =
    order.keyType === 'rsa'
      ? await acme.crypto.createPrivateRsaKey(2_048)
      : await acme.crypto.createPrivateEcdsaKey('P-256');
  const [, csr] = await acme.crypto.createCsr({ altNames: [...order.names] }, ownKey);
  const finalized = await within(client.finalizeOrder(placed, csr));
  const certificate = await within(client.getCertificate(finalized));
  return { certificate: certificate.endsWith('\n') ? certificate : `${certificate}\n`, key: String(ownKey) };
}

async function proveNames(
  client: Client,
  order: Order,
  prove: Prove,
  within: <T>(work: Promise<T>) => Promise<T>,
): Promise<void> {
  for (const authorization of await within(client.getAuthorizations(order))) {
    if (authorization.status === 'valid') continue;
    const name = authorization.identifier.value;
    const challenge = authorization.challenges.find(({ type }) => type === 'http-01');
    if (challenge === undefined) throw new Error(`the authority offers no HTTP-01 challenge for ${name}`);
    const answer = await client.getChallengeKeyAuthorization(challenge);
    const takeAway = await prove(challenge.token, answer);
    try {
      await within(client.completeChallenge(challenge));
      await within(client.waitForValidStatus(challenge));
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error);
      throw new Error(`the authority could not see the challenge for ${name}: ${why}`);
    } finally {
      await takeAway();
    }
  }
}

async function accountKey(acme: Acme, file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'ENOENT')) throw error;
    const key = String(await acme.crypto.createPrivateEcdsaKey('P-256'));
    await replaceFile(file, key, 0o600);
    return key;
  }
}

function endsWith<T>(signal: AbortSignal, work: Promise<T>): Promise<T> {
  if (signal.aborted) return Promise.reject(signal.reason);
  return new Promise((resolve, reject) => {
    const abort = () => reject(new Error('the authority did not answer in time'));
    signal.addEventListener('abort', abort, { once: true });
    work.then(resolve, reject).finally(() => signal.removeEventListener('abort', abort));
  });
}
