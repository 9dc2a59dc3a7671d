/** Codes of an app (RFC 6238: SHA-1, 6 digits, 30 s, as every app has them) and recovery codes. */
import { Secret, TOTP } from 'otpauth';
import { renderSVG } from 'uqr';
import type { Store } from '../store/index.ts';
import * as secondFactor from '../store/second-factor.ts';
import type { Access } from './access.ts';

const periodS = 30;
/** One step before and after, for clocks that differ (RFC 6238 section 5.2). */
const window = 1;
/** 160 bits, as RFC 4226 section 4 asks for. */
const secretBytes = 20;
const recoveryCodes = 10;
/** 79 bits in letters that cannot be mistaken for each other: guessing them from their hashes is out of reach. */
const recoveryLetters = 16;
const alphabet = 'abcdefghjkmnpqrstuvwxyz23456789';

type Keys = Pick<Access, 'sealing' | 'newSecret'>;

export interface NewFactor {
  /** As the store keeps it. */
  readonly sealed: string;
  /** In base32, for typing. */
  readonly secret: string;
  /** `otpauth://totp/…` */
  readonly uri: string;
  /** The address as an SVG image. */
  readonly qr: string;
}

export function newFactor(
  { sealing, newSecret }: Keys,
  of: { issuer: string; account: string; id: string },
): NewFactor {
  const bytes = Uint8Array.from(Buffer.from(newSecret(), 'base64url').subarray(0, secretBytes));
  const secret = new Secret({ buffer: bytes.buffer });
  const uri = new TOTP({ issuer: of.issuer, label: of.account, secret, period: periodS }).toString();
  return {
    sealed: sealing.seal(purpose(of.id), secret.base32),
    secret: secret.base32,
    uri,
    qr: renderSVG(uri, { ecc: 'M', border: 2 }),
  };
}

/** What was sealed for one account is no other's. */
function purpose(accountId: string): string {
  return `totp ${accountId}`;
}

export type Verdict = 'good' | 'wrong' | 'recovery' | 'key-lost';

/** Uses the code up: no code is good twice. */
export async function spendCode(
  access: Pick<Access, 'sealing' | 'digest' | 'clock'> & { readonly store: Pick<Store, 'db'> },
  accountId: string,
  given: string,
): Promise<Verdict> {
  const { db } = access.store;
  const code = given.replace(/[\s-]/g, '').toLowerCase();
  if (!/^\d{6}$/.test(code)) {
    const isGood = await secondFactor.spendRecoveryCode(db, accountId, access.digest(code));
    return isGood ? 'recovery' : 'wrong';
  }
  const { secret } = await secondFactor.read(db, accountId);
  const opened = secret === null ? null : access.sealing.open(purpose(accountId), secret);
  if (opened === null) return secret === null ? 'wrong' : 'key-lost';
  const now = access.clock.now();
  const delta = TOTP.validate({
    token: code,
    secret: Secret.fromBase32(opened),
    period: periodS,
    timestamp: now,
    window,
  });
  if (delta === null) return 'wrong';
  const step = TOTP.counter({ period: periodS, timestamp: now }) + delta;
  return (await secondFactor.spendStep(db, accountId, step)) ? 'good' : 'wrong';
}

/** Codes to keep on paper, and the hashes that the store keeps. */
export function newRecoveryCodes({ newSecret, digest }: Pick<Access, 'newSecret' | 'digest'>) {
  const codes = Array.from({ length: recoveryCodes }, () => newRecoveryCode(newSecret));
  return { codes, hashes: codes.map((code) => digest(code.replaceAll('-', ''))) };
}

function newRecoveryCode(newSecret: () => string): string {
  const bytes = Buffer.from(newSecret(), 'base64url').subarray(0, recoveryLetters);
  const letters = [...bytes].map((byte) => alphabet[byte % alphabet.length]);
  return (letters.join('').match(/.{4}/g) ?? []).join('-');
}
