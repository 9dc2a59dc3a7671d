/** What renewing, restoring and reloading share: the pair's way to the server, and whether it arrived. */
import type { X509Certificate } from 'node:crypto';
import type { ActionContext, Plan, Verdict } from '../../../core/action.ts';
import { certificateFacts } from '../../../machine/network/certificate.ts';
import { commandLine, runProgram } from '../../../machine/run-program.ts';
import { inspect, isFor, type TlsClient } from '../client.ts';
import { fingerprintOf, keepPair, keptPairs } from '../kept-pairs.ts';
import {
  belongsTogether,
  certificatesIn,
  leafOf,
  type Pair,
  type PairPlace,
  readPair,
  writePair,
} from '../pair.ts';

const inspectWithinMs = 5_000;

export interface Served {
  readonly leaf: X509Certificate;
  readonly sent: number;
  readonly distrust: string | undefined;
}

/** Rejects with why no certificate is served. */
export async function served(client: TlsClient, ctx: ActionContext): Promise<Served> {
  const late = new AbortController();
  const cancel = ctx.clock.after(inspectWithinMs, () => late.abort());
  try {
    const signal = AbortSignal.any([ctx.signal, late.signal]);
    const { chain, distrust } = await inspect(client, {
      signal,
      clock: ctx.clock,
      timeoutMs: inspectWithinMs,
    });
    const [leaf] = chain;
    if (leaf === undefined) throw new Error('the server showed no certificate');
    return { leaf, sent: chain.length, distrust };
  } finally {
    cancel();
  }
}

export interface Exchange {
  readonly place: PairPlace;
  readonly reload: readonly string[];
}

/** Where the pair lies and how the server is told; or what is not declared. */
export function exchangeOf({ config, place }: TlsClient): Exchange | { readonly refused: string } {
  if (place === undefined)
    return { refused: 'which files the server loads is not declared: set `file` and `key`' };
  if (config.reload === undefined)
    return { refused: 'how the server loads a new pair is not declared: set `reload`' };
  return { place, reload: config.reload };
}

export function writeSteps({ place, reload }: Exchange): string[] {
  const files = place.file === place.key ? [place.file] : [place.key, place.file];
  return [...files.map((file) => `replace ${file} in one step (rename)`), commandLine(reload)];
}

/**
 * Keeps the pair that lies there, writes the other and lets the server load it; where the server refuses, the pair of
 * before is put back.
 */
export async function exchange(
  client: TlsClient,
  to: Exchange,
  pair: Pair,
  ctx: ActionContext,
): Promise<void> {
  if (!belongsTogether(pair)) throw new Error('the new certificate and its key do not belong together');
  const at = ctx.clock.now();
  const before = await readPair(to.place).catch(() => undefined);
  if (before !== undefined) await keepPair(client.keep, before, { at });
  await keepPair(client.keep, pair, {
    at: at + 1,
    ...(before === undefined ? {} : { replaced: fingerprintOf(before) }),
  });
  await writePair(to.place, pair);
  try {
    await reload(client, to.reload, ctx);
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    if (before === undefined) throw error;
    await writePair(to.place, before);
    throw new Error(`${why}; the pair of before was put back`);
  }
}

export async function reload(client: TlsClient, words: readonly string[], ctx: ActionContext): Promise<void> {
  const { code, text } = await runProgram(words, { signal: ctx.signal, cwd: client.folder });
  if (code !== 0) throw new Error(`${commandLine(words)} ended with ${code}: ${text.slice(-500)}`);
}

/** Takes back what an exchange wrote, unless somebody wrote there since or the pair of before helps nobody. */
export async function putBack(client: TlsClient, plan: Plan, ctx: ActionContext): Promise<string> {
  const to = exchangeOf(client);
  if ('refused' in to) throw new Error(to.refused);
  const onDisk = fingerprintOf(await readPair(to.place));
  if (onDisk === plan.before.fingerprint) return 'the pair of before lies there already; nothing was done';
  const kept = await keptPairs(client.keep);
  const written = kept.find((each) => each.fingerprint === onDisk);
  const before = kept.find((each) => each.fingerprint === plan.before.fingerprint);
  if (written?.replaced !== plan.before.fingerprint)
    throw new Error(`${to.place.file} was changed by somebody else since; nothing was done`);
  if (before === undefined) throw new Error(`the pair of before is not in ${client.keep} any more`);
  const { notAfter, serial } = certificateFacts(leafOf(before));
  if (notAfter <= ctx.clock.now())
    throw new Error('the certificate of before has ended by now: going back would lock clients out');
  await exchange(client, to, before, ctx);
  return `certificate ${serial} is back in ${to.place.file}`;
}

/** By what clients see, not by what lies on the disk. */
export async function verifyServed(client: TlsClient, plan: Plan, ctx: ActionContext): Promise<Verdict> {
  const to = exchangeOf(client);
  if ('refused' in to) return { good: false, detail: to.refused };
  const onDisk = certificatesIn((await readPair(to.place)).certificate);
  const { leaf, sent, distrust } = await served(client, ctx);
  const facts = certificateFacts(leaf);
  const now = ctx.clock.now();
  const after = { fingerprint: leaf.fingerprint256, serial: facts.serial, endsAt: facts.notAfter, sent };
  const trouble =
    onDisk[0]?.fingerprint256 !== leaf.fingerprint256
      ? 'the server still shows another certificate than lies on the disk'
      : facts.notAfter <= now || facts.notBefore > now
        ? 'the served certificate is out of its dates'
        : client.config.verify && !isFor(leaf, client.serverName)
          ? `the served certificate is not for ${client.serverName}`
          : client.config.verify && distrust !== undefined
            ? `the served certificate is not trusted: ${distrust}`
            : undefined;
  if (trouble !== undefined) return { good: false, detail: trouble, after };
  const isNew = facts.serial !== plan.before.servedSerial;
  return {
    good: true,
    detail: `${facts.subject} (serial ${facts.serial}) is served${isNew ? ' now' : ''}`,
    after,
  };
}
