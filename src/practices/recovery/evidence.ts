/**
 * Signs every proof with a key that lies outside the store, and finds what was changed since. The hash of each signed
 * evidence stands in the journal, so that one that is gone shows as well.
 */
import { createPrivateKey, createPublicKey, type KeyObject, sign, verify } from 'node:crypto';
import { aboutBackup, type Evidence, type Statement } from '../../core/backup/evidence.ts';
import { canonical } from '../../core/canonical.ts';
import { UpkeepError } from '../../core/verb.ts';
import * as rows from '../../store/backups.ts';
import * as evidences from '../../store/evidences.ts';
import type { Tx } from '../../store/index.ts';
import * as journal from '../../store/journal.ts';
import * as meta from '../../store/meta.ts';
import type { Ground } from './ground.ts';

export interface EvidenceCheck {
  readonly checked: number;
  /** One line each: what is wrong with which proof. */
  readonly wrong: readonly string[];
}

/** Whose word a signature is. */
export interface Trust {
  /** Public, base64url. */
  ownKey(): string;
  /** Its signature fits what it says, by whatever key. */
  isSigned(evidence: Evidence): boolean;
}

export interface Evidences extends Trust {
  /** Any statement, with key and signature: for what is no proof of a backup. JSON. */
  signed(statement: Readonly<Record<string, unknown>>): string;
  /** Signs what is not signed yet. */
  signNew(): Promise<void>;
  /** Newest first; of a copy that was found, what lay beside it comes last. */
  of(backup: string): Promise<Evidence[]>;
  /** As `of`. @throws UpkeepError where any of it does not hold: it would be handed on as proof */
  held(backup: string): Promise<Evidence[]>;
  /** What was signed here of those, for who keeps it elsewhere. */
  signedOf(backups: readonly string[]): Promise<{ readonly proof: string; readonly evidence: string }[]>;
  /** Of one backup; of all where left out. */
  check(backup?: string): Promise<EvidenceCheck>;
}

/** A key that was lost is no forgery. */
const otherKey =
  'it is as it was signed, with another key than evidence.key of now, which was lost or replaced since';
const signedKind = 'backup.evidence';
const atOnce = 100;
const wholeJournal = 100_000;

const keyBytes = 32;

/** DER of a PKCS #8 Ed25519 key up to its 32 bytes, and of its public half (RFC 8410). */
const privateHead = Buffer.from('302e020100300506032b657004220420', 'hex');
const publicHead = Buffer.from('302a300506032b6570032100', 'hex');

export interface EvidenceSources {
  /** 32 bytes in base64url; asked for when it is first needed. */
  readonly secret: () => string;
  readonly version: string;
}

/** @throws UpkeepError where it is no key */
function wholeKey(secret: string): Buffer {
  const bytes = Buffer.from(secret, 'base64url');
  if (bytes.length === keyBytes) return bytes;
  throw new UpkeepError(
    'conflict',
    `evidence.key in the folder of the store is damaged (${bytes.length} bytes of ${keyBytes}), so nothing is signed and no evidence can be checked: put it back from a copy, or remove it and restart Upkeep, which makes another one`,
  );
}

export function createEvidences({ desk, note }: Ground, { secret, version }: EvidenceSources): Evidences {
  const { store, clock } = desk;
  let key: KeyObject | undefined;
  const privateKey = () => {
    key ??= createPrivateKey({
      key: Buffer.concat([privateHead, wholeKey(secret())]),
      ...{ format: 'der', type: 'pkcs8' },
    });
    return key;
  };
  const publicKey = () =>
    createPublicKey(privateKey())
      .export({ format: 'der', type: 'spki' })
      .subarray(publicHead.length)
      .toString('base64url');

  async function manifestHash(tx: Tx, id: string): Promise<string | null> {
    const manifest = await rows.manifestOf(tx, id);
    return manifest === null ? null : desk.digest(canonical(manifest));
  }

  async function signNew(): Promise<void> {
    for (const { backup, proof } of await evidences.unsigned(store.db, atOnce)) {
      await store.transaction(async (tx) => {
        const about = aboutBackup(backup, await manifestHash(tx, backup.id));
        const statement: Statement = {
          format: 1,
          upkeep: version,
          signedAt: clock.now(),
          backup: about,
          proof,
        };
        const signature = sign(null, Buffer.from(canonical(statement)), privateKey()).toString('base64url');
        const evidence = canonical({ statement, publicKey: publicKey(), signature });
        await evidences.sign(tx, proof.id, evidence);
        const payload = { id: backup.id, proof: proof.id, sha256: desk.digest(evidence) };
        await note(tx, 'upkeep', signedKind, backup.plan, payload);
      });
    }
  }

  function isSigned({ statement, publicKey: given, signature }: Evidence): boolean {
    const publicDer = Buffer.concat([publicHead, Buffer.from(given, 'base64url')]);
    const theirs = createPublicKey({ key: publicDer, format: 'der', type: 'spki' });
    return verify(null, Buffer.from(canonical(statement)), theirs, Buffer.from(signature, 'base64url'));
  }

  /** @param isOurs the journal has its hash, so it was signed here and is as it was */
  function wrongWith(evidence: Evidence, own: string, isOurs: boolean): string | null {
    if (evidence.publicKey !== own)
      return isOurs && isSignedAtAll(evidence)
        ? otherKey
        : 'it is signed with another key than that of this Upkeep, and the journal does not know it';
    return isSigned(evidence) ? null : 'its signature does not fit what it says';
  }

  async function check(only?: string): Promise<EvidenceCheck> {
    const kinds = [signedKind];
    const entries = await journal.list(store.db, { kinds, limit: wholeJournal });
    const missing = new Map(
      entries
        .filter(({ payload }) => only === undefined || payload.id === only)
        .map(({ payload }) => [String(payload.sha256), String(payload.proof)]),
    );
    const all = await evidences.signed(store.db, only);
    const wrong: string[] = [];
    for (const { backup, proof, evidence: text } of all) {
      const isOurs = missing.delete(desk.digest(text));
      const evidence: Evidence = JSON.parse(text);
      const about = aboutBackup(backup, await manifestHash(store.db, backup.id));
      const said = wrongWith(evidence, publicKey(), isOurs);
      const { statement } = evidence;
      const isSame = holds(statement.proof, proof) && holds(statement.backup, about);
      const what = said ?? (isSame ? null : 'the store says something else than what was signed');
      if (what !== null) wrong.push(`proof ${proof.id} of backup ${backup.id}: ${what}`);
    }
    for (const proof of missing.values())
      wrong.push(`proof ${proof}: its signed evidence is gone or was replaced`);
    return { checked: all.length, wrong };
  }

  function isSignedAtAll(evidence: Evidence): boolean {
    try {
      return isSigned(evidence);
    } catch {
      // No key, or no signature at all.
      return false;
    }
  }

  async function of(backup: string): Promise<Evidence[]> {
    const found = await evidences.signed(store.db, backup);
    const foreign: Evidence[] = JSON.parse((await meta.read(store.db, foreignKey(backup))) ?? '[]');
    return [...found.map(({ evidence }): Evidence => JSON.parse(evidence)), ...foreign.toReversed()];
  }

  return {
    signed(statement) {
      const signature = sign(null, Buffer.from(canonical(statement)), privateKey()).toString('base64url');
      return canonical({ statement, publicKey: publicKey(), signature });
    },
    signNew,
    check,
    of,
    async held(backup) {
      const found = await of(backup);
      const { wrong } = await check(backup);
      const foreign = found.filter((one) => !isSignedAtAll(one)).map(({ statement }) => statement.proof.id);
      const all = [
        ...wrong,
        ...foreign
          .filter((id) => !wrong.some((line) => line.includes(id)))
          .map((id) => `proof ${id}: its signature does not fit what it says`),
      ];
      const isAsItWas = all.every((line) => line.endsWith(otherKey));
      if (all.length > 0 && isAsItWas)
        throw new UpkeepError(
          'conflict',
          `the evidence of backup ${backup} cannot be vouched for: ${all.join('; ')}. Put back the evidence.key of that day into the folder of the store and restart Upkeep, or prove it anew: upkeep backup verify ${backup}`,
        );
      if (all.length > 0)
        throw new UpkeepError(
          'conflict',
          `the evidence of backup ${backup} was changed since it was signed, so it proves nothing: ${all.join('; ')}. Prove it anew: upkeep backup verify ${backup}`,
        );
      return found;
    },
    async signedOf(backups) {
      const found = await Promise.all(backups.map((one) => evidences.signed(store.db, one)));
      return found.flat().map(({ proof, evidence }) => ({ proof: proof.id, evidence }));
    },
    ownKey: publicKey,
    isSigned: isSignedAtAll,
  };
}

const foreignKey = (backup: string) => `backups.foreign-evidence.${backup}`;

/** Beside a copy that was found: it counts for no proof of ours. @param found oldest first */
export async function keepForeign(tx: Tx, backup: string, found: readonly Evidence[]): Promise<void> {
  if (found.length > 0) await meta.write(tx, foreignKey(backup), JSON.stringify(found));
}

/** Whether all that was signed is still so; what later versions add was not. */
function holds(signed: object, now: object): boolean {
  const known = new Map(Object.entries(now));
  return Object.entries(signed).every(
    ([name, value]) => canonical(value) === canonical(known.get(name) ?? null),
  );
}
