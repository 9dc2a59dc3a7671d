/** What a proof found, signed: for whoever must believe it later, without this Upkeep and without its store. Pure. */
import type { Backup } from './catalogue.ts';
import type { BackupView, ProofView } from './view.ts';

export interface Statement {
  readonly format: 1;
  /** Version of the Upkeep that signed. */
  readonly upkeep: string;
  readonly signedAt: number;
  readonly backup: {
    readonly id: string;
    readonly plan: string;
    readonly target: string;
    readonly engine: string;
    readonly repository: string;
    readonly label: string | null;
    readonly kind: Backup['kind'];
    readonly startedAt: number;
    readonly endedAt: number | null;
    readonly bytes: number;
    /** SHA-256 of what the engine wrote down of it, as canonical JSON; null where it wrote nothing. */
    readonly manifest: string | null;
  };
  readonly proof: ProofView;
}

export interface Evidence {
  readonly statement: Statement;
  /** Ed25519 (RFC 8032) over the canonical JSON (RFC 8785) of the statement; both base64url. */
  readonly publicKey: string;
  readonly signature: string;
}

export function aboutBackup(backup: BackupView, manifest: string | null): Statement['backup'] {
  const { id, plan, target, engine, repository, label, kind, startedAt, endedAt, bytes } = backup;
  return { id, plan, target, engine, repository, label, kind, startedAt, endedAt, bytes, manifest };
}
