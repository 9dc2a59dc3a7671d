/** What it means that a request was answered, and not with what was asked for. */
import type { Failure, Missing } from '../../core/sample.ts';

/** A file of the configuration cannot be read; says nothing of the target. */
export class Unreadable extends Error {
  override readonly name = 'Unreadable';
}

export class NotAnswered extends Error {
  override readonly name = 'NotAnswered';
  readonly why: Failure;
  readonly status: number;
  readonly path: string;
  /** The permission that the server says is lacking: `cluster:monitor/nodes/stats`. */
  readonly permission: string | undefined;
  /** `circuit_breaking_exception`, `security_exception`, …; empty where the answer was no JSON. */
  readonly type: string;
  readonly reason: string;

  constructor(status: number, path: string, text: string) {
    const said = readError(text);
    super(inWords(status, path, said));
    this.status = status;
    this.path = path;
    this.type = said.type;
    this.reason = said.reason;
    this.permission = permissionIn(said.reason);
    this.why =
      (status === 401 || status === 403) && !isForbiddenPath(said.reason)
        ? 'denied'
        : status >= 500 || status === 429
          ? 'refused'
          : 'broken-probe';
  }
}

interface Said {
  readonly type: string;
  readonly reason: string;
}

function readError(text: string): Said {
  try {
    const parsed: unknown = JSON.parse(text);
    if (typeof parsed !== 'object' || parsed === null) return { type: '', reason: '' };
    const error = 'error' in parsed ? parsed.error : parsed;
    if (typeof error === 'string') return { type: '', reason: error };
    if (typeof error !== 'object' || error === null) return { type: '', reason: '' };
    const type = 'type' in error && typeof error.type === 'string' ? error.type : '';
    const reason = 'reason' in error ? error.reason : 'Message' in error ? error.Message : '';
    return { type, reason: typeof reason === 'string' ? reason : '' };
  } catch {
    return { type: '', reason: '' };
  }
}

/** OpenSearch: `no permissions for [x] and User […]`; Elasticsearch: `action [x] is unauthorized for …`. */
function permissionIn(reason: string): string | undefined {
  return (
    /no permissions for \[([^\]]+)\]/.exec(reason)?.[1] ??
    /action \[([^\]]+)\] is unauthorized/.exec(reason)?.[1]
  );
}

/** Amazon answers 401 to a request that its service does not offer, whoever asks. */
function isForbiddenPath(reason: string): boolean {
  return /^Your request: .* is not allowed/.test(reason);
}

const longest = 240;

function inWords(status: number, path: string, { type, reason }: Said): string {
  const where = `/${path}`;
  const permission = permissionIn(reason);
  if (permission !== undefined) return `${where} is not permitted: the login lacks ${permission}`;
  if (isForbiddenPath(reason)) return `${where} is not offered by this host`;
  if (status === 401) return 'the login was not accepted';
  if (status === 403)
    return `${where} is not permitted${reason === '' ? '' : `: ${reason.slice(0, longest)}`}`;
  if (status === 404) return `${where} is not there`;
  if (status < 300) return `${where} answered no JSON: is this OpenSearch or Elasticsearch?`;
  return `${where} answered ${status}${type === '' ? '' : ` ${type}`}${reason === '' ? '' : `: ${reason.slice(0, longest)}`}`;
}

/** Where the server does not name it; from the permissions that the documentation of each API asks for. */
const needed: readonly (readonly [RegExp, string])[] = [
  [/^_cluster\/health/, 'cluster:monitor/health'],
  [/^_nodes\/stats/, 'cluster:monitor/nodes/stats'],
  [/^_cat\/shards/, 'cluster:monitor/state and indices:monitor/stats on *'],
  [/^_cluster\/(settings|allocation)/, 'cluster:monitor/state, cluster:monitor/allocation/explain'],
  [/^_cluster\/pending_tasks/, 'cluster:monitor/task'],
  [/^_tasks/, 'cluster:monitor/tasks/lists'],
  [/_settings/, 'indices:monitor/settings/get on *'],
  [/^_index_template/, 'indices:admin/index_template/get'],
  [/^_snapshot$/, 'cluster:admin/repository/get'],
  [/^_snapshot\//, 'cluster:admin/snapshot/get'],
  [/^_plugins\/_ism/, 'cluster:admin/opendistro/ism/managedindex/explain'],
  [/_ilm\//, 'indices:admin/ilm/explain (view_index_metadata) on *'],
];

/** What cannot be seen for want of a privilege or of the API; undefined where the failure is another. */
export function missingFor(error: unknown, host: string, metrics: readonly string[]): Missing | undefined {
  if (!(error instanceof NotAnswered) || ![400, 401, 403, 404, 405].includes(error.status)) return undefined;
  // The login itself is wrong: that is an outage of the watch, not one privilege.
  if (error.status === 401 && !isForbiddenPath(error.reason)) return undefined;
  const privilege = error.permission ?? needed.find(([path]) => path.test(error.path))?.[1];
  const isLacking = error.status === 403;
  return {
    metrics,
    reason: error.message,
    remedy: isLacking
      ? `${isAmazon(host) ? 'map the role of the login, and allow es:ESHttpGet; then ' : ''}grant ${privilege ?? 'the role in the readme'} to its role (PUT _plugins/_security/api/roles/upkeep; in Elasticsearch the cluster privilege monitor)`
      : `this ${isAmazon(host) ? 'service of Amazon' : 'server'} does not offer it; nothing needs to be done`,
  };
}

function isAmazon(host: string): boolean {
  return /\.(es|aos|aoss)\.amazonaws\.com$|\.amazonaws\.com$/.test(host);
}
