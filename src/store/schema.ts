/**
 * The tables, the same on SQLite and PostgreSQL: ids and JSON are text, times integer milliseconds,
 * flags 0 or 1 (DESIGN section 5).
 */
import type { Alert } from '../core/alert.ts';
import type { Backup, ProofLevel } from '../core/backup/catalogue.ts';
import type { BackupState } from '../core/backup/view.ts';
import type { ChangeKind } from '../core/change.ts';
import type { UpdateStatus } from '../core/incident/update.ts';
import type { RuleLevel } from '../core/rule.ts';
import type { Level } from '../core/severity.ts';
import type { ActionState, IncidentStatus } from '../core/view.ts';

export interface Schema {
  meta: { key: string; value: string };
  journal: {
    /** Counts from 1 without a gap. */
    seq: number;
    at: number;
    actor: string;
    kind: string;
    subject: string;
    /** The incident it belongs to, for its timeline. */
    incident_id: string | null;
    payload: string;
    prev_hash: string;
    hash: string;
  };
  incidents: {
    id: string;
    title: string;
    level: Level;
    status: IncidentStatus;
    lead: string;
    services: string;
    targets: string;
    opened_at: number;
    acknowledged_at: number | null;
    acknowledged_by: string | null;
    mitigated_at: number | null;
    /** Since when no alert fires; resolves when that has held. */
    well_since: number | null;
    resolved_at: number | null;
    findings: string;
    evidence: string;
    diagnosed_at: number | null;
    /** What people decided about it. */
    conduct: string;
    version: number;
  };
  /** What stakeholders were told; the status page shows the public ones. */
  updates: {
    id: string;
    incident: string;
    at: number;
    by: string;
    status: UpdateStatus;
    text: string;
    is_public: number;
  };
  postmortems: { incident: string; sections: string; edited_at: number; edited_by: string };
  action_items: {
    id: string;
    incident: string;
    task: string;
    owner: string | null;
    due_at: number | null;
    created_by: string;
    created_at: number;
    ended_at: number | null;
    ended_by: string | null;
    outcome: 'done' | 'dropped' | null;
  };
  alerts: {
    id: string;
    fingerprint: string;
    rule: string;
    target: string;
    labels: string;
    summary: string;
    state: Alert['state'];
    rule_level: RuleLevel;
    level: Level;
    value: number | null;
    threshold: number | null;
    detail: string;
    first_detail: string | null;
    since: number;
    fired_at: number | null;
    resolved_at: number | null;
    incident_id: string | null;
    held_by: string | null;
    annotations: string | null;
    is_hygiene: number;
  };
  silences: {
    id: string;
    matchers: string;
    reason: string;
    created_by: string;
    created_at: number;
    starts_at: number;
    /** Earlier than planned when it was ended by hand. */
    ends_at: number;
  };
  /** Windows planned by hand; those of upkeep.yaml stand there. */
  windows: {
    name: string;
    settings: string;
    created_by: string;
    created_at: number;
    /** When it is over for good; null for one that repeats. */
    ends_at: number | null;
  };
  /** Every backup that was begun; those that are gone keep their row. */
  backups: {
    id: string;
    /** Name under `backups:`. */
    plan: string;
    target: string;
    engine: string;
    repository: string;
    folder: string;
    kind: Backup['kind'];
    /** JSON list of ids. */
    needs: string;
    state: BackupState;
    started_at: number;
    ended_at: number | null;
    bytes: number;
    log_from: number | null;
    /** JSON, the engine's own; null where none was written. */
    manifest: string | null;
    detail: string;
    is_pinned: 0 | 1;
    marked_at: number | null;
    /** The engine's own name of it; null where it is a folder of its own. */
    label: string | null;
    /** When the repository says that it was written, when it was seen there last, and until when it is locked there. */
    written_at: number | null;
    seen_at: number | null;
    locked_until: number | null;
    /** Of a copy elsewhere: the backup that was copied, and the SHA-256 of the copy's index, by which all of it is known, and that of its locked key. */
    copy_of: string | null;
    copy_sum: string | null;
    copy_key_sum: string | null;
  };
  /** Looks at a backup, a restore among them or not; the newest counts. */
  proofs: {
    id: string;
    backup: string;
    at: number;
    /** The highest level that was good; null where none was. */
    level: ProofLevel | null;
    is_good: 0 | 1;
    restored_in_ms: number | null;
    restored_with: string;
    /** JSON list of looks. */
    looks: string;
    /** JSON: what was signed, by which key, and the signature; null for what was proven before evidence was signed. */
    evidence: string | null;
  };
  actions: {
    id: string;
    incident_id: string | null;
    action: string;
    target: string;
    plan: string;
    digest: string;
    state: ActionState;
    judgement: string;
    why: string;
    proposed_by: string;
    proposed_at: number;
    approved_by: string | null;
    approved_at: number | null;
    expires_at: number | null;
    applied_at: number | null;
    ended_at: number | null;
    result: string | null;
    after: string | null;
    report: string | null;
    /** Who must approve it, who has, who was asked. */
    approval: string | null;
    /** Id of the action whose change it takes back. */
    undoes: string | null;
    /** Counts its moves and edits: whoever decides has seen the newest. */
    version: number;
  };
  outbox: {
    id: string;
    /** Order of writing. */
    seq: number;
    /** Name of the notifier. */
    notifier: string;
    /** Idempotency key; unique with the notifier. */
    key: string;
    incident_id: string | null;
    body: string;
    state: 'waiting' | 'delivered' | 'given-up';
    attempts: number;
    next_at: number;
    lease_until: number | null;
    last_error: string | null;
    created_at: number;
    delivered_at: number | null;
    /** The notifier that told it in place of this one, whose receiver did not answer. */
    diverted_to: string | null;
  };
  /** What the last delivery of an incident left, to find its message again. */
  threads: {
    incident_id: string;
    notifier: string;
    /** Empty where the channel as a whole is told. */
    person: string;
    thread: string;
    updated_at: number;
  };
  /** Messages that tell of several incidents in one. */
  storms: {
    id: string;
    notifier: string;
    /** Empty where the channel as a whole is told. */
    person: string;
    began_at: number;
    joined_at: number;
    told_at: number;
    level: string;
    /** JSON list of ids. */
    incidents: string;
    told: number;
    over_at: number | null;
  };
  /** Signed links that act once. */
  used_links: { id: string; used_at: number; expires_at: number };
  jobs: {
    id: string;
    kind: string;
    /** Unique among jobs that have not ended. */
    key: string;
    payload: string;
    state: 'waiting' | 'running' | 'done' | 'failed';
    run_at: number;
    lease_until: number | null;
    owner: string | null;
    attempts: number;
    last_error: string | null;
  };
  /** Somebody else takes a rotation over for a while. */
  oncall_overrides: {
    id: string;
    rotation: string;
    person: string;
    /** Only while this person would be on call. */
    replaces: string | null;
    from_at: number;
    to_at: number;
    made_by: string;
    why: string;
    made_at: number;
    cancelled_at: number | null;
  };
  /** Read from people's calendars. */
  oncall_absences: { id: string; person: string; from_at: number; to_at: number; why: string };
  /** Calls of people. */
  oncall_pages: {
    id: string;
    key: string;
    incident_id: string;
    person: string;
    rotation: string | null;
    level: Level;
    notifiers: string;
    state: 'sent' | 'held' | 'dropped';
    at: number;
    held_until: number | null;
  };
  /** What was changed in what is watched. */
  changes: {
    id: string;
    kind: ChangeKind;
    target: string | null;
    service: string | null;
    summary: string;
    differences: string;
    /** The last moment at which it had not been made. */
    after: number;
    at: number;
    source: string;
    is_reported: number;
    url: string | null;
  };
  /** How things stood when they were last looked at, to tell what changes. */
  snapshots: { target: string; document: string; at: number; content: string };
  /** Secret addresses of calendars, by the hash of their token. */
  oncall_feeds: {
    hash: string;
    kind: 'person' | 'rotation';
    name: string;
    created_by: string;
    created_at: number;
  };
  accounts: {
    id: string;
    name: string;
    /** Empty for who comes in by a provider only. */
    password_hash: string;
    role: string;
    created_at: number;
    disabled_at: number | null;
    /** Sealed with a key that is not in the store. */
    totp_secret: string | null;
    totp_since: number | null;
    /** The 30-second step of the last code that was used. */
    totp_step: number | null;
    oidc_issuer: string | null;
    oidc_subject: string | null;
  };
  recovery_codes: { account_id: string; hash: string };
  heartbeats: {
    target: string;
    /** Of the secret in its address. */
    secret_hash: string;
    created_at: number;
    created_by: string;
    /** What the job said so far; null before its first signal. */
    state: string | null;
  };
  foreign_alerts: { source: string; fingerprint: string; alert: string; ends_at: number };
  sessions: {
    id_hash: string;
    account_id: string;
    created_at: number;
    last_seen_at: number;
    expires_at: number;
    agent: string;
    method: string;
    address: string;
  };
  tokens: {
    id: string;
    name: string;
    hash: string;
    scopes: string;
    created_at: number;
    created_by: string;
    last_used_at: number | null;
    revoked_at: number | null;
  };
  /** One-time links that make an account. */
  invitations: {
    hash: string;
    role: string;
    created_at: number;
    expires_at: number;
    used_at: number | null;
    id: string | null;
    name: string | null;
    /** Null for the link of the first visit. */
    created_by: string | null;
  };
  /** Who is written to about the status page. */
  subscribers: {
    id: string;
    /** Lower case. */
    address: string;
    /** Of the secret in the mail that asks for a confirmation; null once it was given. */
    confirm_hash: string | null;
    confirm_until: number | null;
    /** When it was asked for a confirmation last, and how often. */
    asked_at: number;
    asked: number;
    created_at: number;
    confirmed_at: number | null;
  };
  /** What subscribers were told of. */
  status_page_told: { key: string; at: number };
}
