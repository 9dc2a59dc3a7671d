/** What another Upkeep proved of a copy that was found, by the signed evidence beside it. Pure; no proof of ours. */

import { levelWords } from './catalogue.ts';
import type { Evidence } from './evidence.ts';
import { failureOf } from './standing.ts';
import { isNotRun, provenRestoreOf } from './view.ts';

export interface ForeignProofs {
  /** Evidence whose signature fits what it says. */
  readonly signed: readonly Evidence[];
  /** Public key of this Upkeep. */
  readonly ownKey: string;
}

/** Of these ids alone, and of the content that was found: evidence of another backup says nothing of this one. */
export function isAbout(
  { statement }: Evidence,
  { ids, manifest }: { readonly ids: readonly string[]; readonly manifest: string },
): boolean {
  const { backup } = statement;
  return ids.includes(backup.id) && backup.manifest === manifest;
}

const keyShown = 12;

/** `proven by another Upkeep on …, level 6 (…); signed with key 5f2a…, which is not known here`, as a sentence part. */
export function foreignProofWords({ signed, ownKey }: ForeignProofs, moment: (at: number) => string): string {
  const newestFirst = signed
    .filter(({ statement }) => !isNotRun(statement.proof))
    .toSorted((a, b) => b.statement.proof.at - a.statement.proof.at);
  const [last] = newestFirst;
  if (last === undefined) return 'never proven by this Upkeep, and no evidence of another lies beside it';
  const keyOf = ({ publicKey }: Evidence) =>
    publicKey === ownKey
      ? 'signed with our own key'
      : `signed with key ${publicKey.slice(0, keyShown)}…, which is not known here`;
  const { proof } = last.statement;
  if (!proof.isGood)
    return `another Upkeep found it not good on ${moment(proof.at)} at ${failureOf(proof)}; ${keyOf(last)}`;
  const restored = provenRestoreOf(newestFirst.map(({ statement }) => statement.proof));
  const best = newestFirst.find(({ statement }) => statement.proof.at === restored?.at) ?? last;
  const { at, level } = best.statement.proof;
  const words = `level ${level ?? 0} (${levelWords[level ?? 0]})`;
  return `proven by another Upkeep on ${moment(at)}, ${words}; ${keyOf(best)}; not by this one yet`;
}
