/** The certificate and its key on the disk, and the pairs of before that are kept beside. */
import { createPrivateKey, X509Certificate } from 'node:crypto';
import { chown, lstat, mkdir, readFile, rename, stat, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { FileUnreadable } from './client.ts';

export interface Pair {
  /** PEM, leaf first. */
  readonly certificate: string;
  /** PEM, without a passphrase. */
  readonly key: string;
}

export interface PairPlace {
  /** Absolute. */
  readonly file: string;
  /** Absolute; the same as `file` where one file holds both, as HAProxy has it. */
  readonly key: string;
}

const certificateBlock = /-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----\n?/g;
const keyBlock = /-----BEGIN [A-Z ]*PRIVATE KEY-----[^-]+-----END [A-Z ]*PRIVATE KEY-----\n?/;

export function certificatesIn(pem: string): X509Certificate[] {
  return (pem.match(certificateBlock) ?? []).map((block) => new X509Certificate(block));
}

export function leafOf(pair: Pair): X509Certificate {
  const [leaf] = certificatesIn(pair.certificate);
  if (leaf === undefined) throw new Error('the pair holds no certificate');
  return leaf;
}

/** Rejects with FileUnreadable where the files hold no certificate with its key. */
export async function readPair(place: PairPlace): Promise<Pair> {
  const [texts, keys] = [await textOf('file', place.file), await textOf('key', place.key)];
  const certificate = (texts.match(certificateBlock) ?? []).join('');
  const key = keyBlock.exec(keys)?.[0];
  if (certificate === '') throw new FileUnreadable(`file: ${place.file} holds no certificate`);
  if (key === undefined)
    throw new FileUnreadable(`key: ${place.key} holds no private key without a passphrase`);
  return { certificate, key };
}

async function textOf(name: string, path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : 'unreadable';
    throw new FileUnreadable(`${name}: cannot read ${path} (${code}); let Upkeep read it`);
  }
}

export function belongsTogether(pair: Pair): boolean {
  try {
    return leafOf(pair).checkPrivateKey(createPrivateKey(pair.key));
  } catch {
    return false;
  }
}

/** Why the files may not be replaced; undefined where they may. */
export async function replaceable({ file, key }: PairPlace): Promise<string | undefined> {
  for (const path of [file, key]) {
    const found = await lstat(path).catch(() => undefined);
    if (found?.isSymbolicLink())
      return `${path} is a symbolic link, as certbot keeps them: let that renew it, or name plain files`;
    if (found !== undefined && !found.isFile()) return `${path} is no file`;
    if ((await stat(dirname(path)).catch(() => undefined)) === undefined)
      return `the folder ${dirname(path)} is not there`;
  }
  return undefined;
}

/**
 * Each file by a rename, so that nobody reads half of one; owner and rights stay, those of a new key are for its owner
 * alone. The key goes first: a server that reloads in between refuses a pair that does not fit and keeps its own.
 */
export async function writePair(place: PairPlace, pair: Pair): Promise<void> {
  if (place.file === place.key) return replaceFile(place.file, `${pair.certificate}${pair.key}`, 0o600);
  await replaceFile(place.key, pair.key, 0o600);
  await replaceFile(place.file, pair.certificate, 0o644);
}

export async function replaceFile(path: string, text: string, newMode: number): Promise<void> {
  const old = await stat(path).catch(() => undefined);
  const beside = `${path}.upkeep-new`;
  await mkdir(dirname(path), { recursive: true, mode: 0o700 });
  await writeFile(beside, text, { mode: (old?.mode ?? newMode) & 0o777, flush: true });
  if (old !== undefined && (old.uid !== process.getuid?.() || old.gid !== process.getgid?.()))
    await chown(beside, old.uid, old.gid);
  await rename(beside, path);
}
