/**
 * A stand-in for OpenSearch or Elasticsearch, as neither can be installed from Debian: a real HTTP server that answers
 * in recorded shapes, whose state a test sets. What changes things is done to that state, as the cluster would.
 */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import {
  catShardsOf,
  explanationOf,
  healthOf,
  nodesStatsOf,
  rootOf,
  type StandInNode,
  type StandInShard,
  type StandInSnapshot,
  snapshotOf,
} from './opensearch-shapes.ts';

const GB = 1_000_000_000;

export interface StandInState {
  distribution: 'opensearch' | 'elasticsearch';
  version: string;
  nodes: StandInNode[];
  shards: StandInShard[];
  pending: { count: number; oldestMs: number };
  persistent: Record<string, unknown>;
  transient: Record<string, unknown>;
  /** Left out by some hosts. */
  defaults: Record<string, unknown> | undefined;
  templates: Record<string, Record<string, unknown>>;
  /** Indices with `index.blocks.read_only_allow_delete`. */
  blocked: Set<string>;
  replicas: Record<string, string>;
  repositories: Record<string, StandInSnapshot[]>;
  /** What becomes of a snapshot that is taken. */
  snapshotEnds: StandInSnapshot['state'];
  ism: Record<string, unknown>;
  ilm: Record<string, unknown>;
  /** Why a retry of a policy is refused. */
  ismRefuses: string | undefined;
  fielddata: { node: string; field: string; size: string }[];
  /** Of the field that is asked for, by index. */
  holders: Record<string, number>;
  /** What `_nodes/hot_threads` says, as text. */
  hotThreads: string;
  tasks: { node: string; action: string; description: string; running_time_in_nanos: number }[];
  /** Whether shards that were given up are placed when they are tried again. */
  retriesSucceed: boolean;
  /** What the nodes listen on. */
  bound: string[];
  /** `user:password`; nobody is asked for a login where left out. */
  login: string | undefined;
  apiKey: string | undefined;
  /** Beginnings of paths, with the permission that the login lacks: 403. */
  denied: Record<string, string>;
  /** Beginnings of paths that this host does not offer, as Amazon's service answers. */
  notOffered: string[];
  /** Beginnings of paths that are not there: 404. */
  absent: string[];
  /** Beginnings of paths that are never answered. */
  hangs: string[];
}

export interface OpensearchStandIn {
  readonly url: string;
  readonly port: number;
  readonly state: StandInState;
  /** `PUT /orders/_settings {"index":…}`, in the order they came; questions are left out. */
  readonly changes: string[];
  stop(): Promise<void>;
}

export function standInNode(name: string, more: Partial<StandInNode> = {}): StandInNode {
  return {
    name,
    cpu: 12,
    heapAfterGc: 0.3,
    heap: 0.57,
    disk: { total: 100 * GB, free: 60 * GB },
    breakers: {},
    rejected: {},
    completed: 1_000,
    fielddata: 356,
    ...more,
  };
}

/** Two nodes, one index with a replica, all green. */
function calm(): StandInState {
  return {
    distribution: 'opensearch',
    version: '2.19.1',
    nodes: [standInNode('node-1'), standInNode('node-2')],
    shards: [
      { index: 'orders', shard: 0, primary: true, state: 'STARTED', node: 'node-1' },
      { index: 'orders', shard: 0, primary: false, state: 'STARTED', node: 'node-2' },
    ],
    pending: { count: 0, oldestMs: 0 },
    persistent: {},
    transient: {},
    defaults: {
      'cluster.max_shards_per_node': '1000',
      'cluster.routing.allocation.enable': 'all',
      'cluster.routing.allocation.disk.watermark.low': '85%',
      'cluster.routing.allocation.disk.watermark.high': '90%',
      'cluster.routing.allocation.disk.watermark.flood_stage': '95%',
    },
    templates: { orders: { index_patterns: ['orders*'], template: { settings: {} }, composed_of: [] } },
    blocked: new Set(),
    replicas: { orders: '1' },
    repositories: { backups: [{ snapshot: 'daily-1', state: 'SUCCESS', startedAt: Date.now() - 3_600_000 }] },
    snapshotEnds: 'SUCCESS',
    ism: {},
    ilm: {},
    ismRefuses: undefined,
    fielddata: [],
    holders: {},
    hotThreads: '',
    tasks: [],
    retriesSucceed: true,
    bound: ['[::]:9200'],
    login: undefined,
    apiKey: undefined,
    denied: {},
    notOffered: [],
    absent: [],
    hangs: [],
  };
}

export async function startOpensearch(
  options: { readonly tls?: { readonly key: string; readonly certificate: string } } = {},
): Promise<OpensearchStandIn> {
  const state = calm();
  const changes: string[] = [];
  const listen = (request: IncomingMessage, response: ServerResponse) => {
    const parts: Buffer[] = [];
    request.on('data', (part: Buffer) => parts.push(part));
    request.on('end', () => {
      const answer = answerTo(state, changes, request, Buffer.concat(parts).toString('utf8'));
      if (answer === 'hang') return;
      const [status, body] = answer;
      response.writeHead(status, { 'content-type': 'application/json; charset=UTF-8' });
      response.end(typeof body === 'string' ? body : JSON.stringify(body));
    });
  };
  const server = options.tls
    ? createTlsServer({ key: options.tls.key, cert: options.tls.certificate }, listen)
    : createServer(listen);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    state,
    changes,
    port,
    url: `${options.tls ? 'https' : 'http'}://127.0.0.1:${port}`,
    async stop() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

type Answer = readonly [status: number, body: unknown] | 'hang';

/** RestStatus and error as `GET` of a wrong name shows them: type, reason, status. */
function error(status: number, type: string, reason: string): Answer {
  return [status, { error: { root_cause: [{ type, reason }], type, reason }, status }];
}

function answerTo(state: StandInState, changes: string[], request: IncomingMessage, body: string): Answer {
  const path = decodeURIComponent((request.url ?? '/').slice(1));
  const begins = (one: string) => path.startsWith(one);
  if (state.hangs.some(begins)) return 'hang';
  const said = request.headers.authorization ?? '';
  const user = said.startsWith('Basic ') ? Buffer.from(said.slice(6), 'base64').toString() : '';
  const isKnown =
    (state.login === undefined && state.apiKey === undefined) ||
    (state.login !== undefined && user === state.login) ||
    (state.apiKey !== undefined && said === `ApiKey ${state.apiKey}`);
  // The security plugin answers 401 in plain text.
  if (!isKnown) return [401, 'Unauthorized'];
  // re:Post on Amazon OpenSearch Service: an operation that is not supported.
  if (state.notOffered.some(begins)) return [401, { Message: `Your request: '/${path}' is not allowed.` }];
  const lacks = Object.entries(state.denied).find(([one]) => begins(one))?.[1];
  // opensearch-project/security#654
  if (lacks !== undefined)
    return error(
      403,
      'security_exception',
      `no permissions for [${lacks}] and User [name=${user.split(':')[0]}, backend_roles=[], requestedTenant=null]`,
    );
  if (state.absent.some(begins))
    return [400, { error: `no handler found for uri [/${path}] and method [GET]` }];
  const method = request.method ?? 'GET';
  if (method === 'GET' || begins('_cluster/allocation/explain')) return look(state, path, body);
  changes.push(`${method} /${path}${body === '' ? '' : ` ${body}`}`);
  return change(state, method, path, body === '' ? {} : JSON.parse(body));
}

function look(state: StandInState, path: string, body: string): Answer {
  const [route = '', query = ''] = path.split('?');
  if (route === '') return [200, rootOf(state.distribution, state.version)];
  if (route === '_cluster/health') return [200, healthOf(state.nodes, state.shards, state.pending)];
  // _api-reference/nodes-apis/nodes-info.md, the section http
  if (route === '_nodes/http') {
    const http = {
      bound_address: state.bound,
      publish_address: state.bound[0],
      max_content_length_in_bytes: 104_857_600,
    };
    return [
      200,
      { nodes: Object.fromEntries(state.nodes.map(({ name }) => [`id-of-${name}`, { name, http }])) },
    ];
  }
  if (route.startsWith('_nodes/stats'))
    return [200, nodesStatsOf(state.nodes, state.distribution === 'opensearch')];
  if (route === '_cat/shards') return [200, catShardsOf(state.shards)];
  if (route === '_cat/fielddata') return [200, state.fielddata];
  if (route === '_nodes/hot_threads') return [200, state.hotThreads];
  if (route === '_stats/fielddata') {
    const field = new URLSearchParams(query).get('fields') ?? '';
    const stats = (bytes: number) => ({
      total: {
        fielddata: { memory_size_in_bytes: bytes, fields: { [field]: { memory_size_in_bytes: bytes } } },
      },
    });
    const indices = Object.entries(state.holders).map(([index, bytes]) => [index, stats(bytes)] as const);
    return [200, { indices: Object.fromEntries(indices) }];
  }
  if (route === '_tasks') return [200, { tasks: state.tasks }];
  if (route === '_cluster/settings') {
    const { persistent, transient, defaults } = state;
    return [200, { persistent, transient, ...(defaults && query.includes('defaults') ? { defaults } : {}) }];
  }
  if (route === '_index_template')
    return [
      200,
      {
        index_templates: Object.entries(state.templates).map(([name, index_template]) => ({
          name,
          index_template,
        })),
      },
    ];
  if (route.startsWith('_plugins/_ism/explain')) {
    if (state.distribution !== 'opensearch')
      return [400, { error: `no handler found for uri [/${path}] and method [GET]` }];
    return [200, { ...state.ism, total_managed_indices: Object.keys(state.ism).length }];
  }
  if (route.endsWith('_ilm/explain')) return [200, { indices: state.ilm }];
  if (route === '_cluster/allocation/explain') return explain(state, body);
  if (route.startsWith('_snapshot')) return lookAtSnapshots(state, route);
  return lookAtIndices(state, route);
}

function explain(state: StandInState, body: string): Answer {
  const wanted: Partial<StandInShard> = body === '' ? {} : JSON.parse(body);
  const found = state.shards.find(
    (one) =>
      one.state === 'UNASSIGNED' &&
      (wanted.index === undefined ||
        (one.index === wanted.index && one.shard === wanted.shard && one.primary === wanted.primary)),
  );
  // ClusterAllocationExplainRequest of the server, where nothing is unassigned.
  return found === undefined
    ? error(400, 'illegal_argument_exception', 'unable to find any unassigned shards to explain []')
    : [200, explanationOf(found)];
}

function lookAtSnapshots(state: StandInState, route: string): Answer {
  const [, repository, name] = route.split('/');
  if (repository === undefined)
    return [
      200,
      Object.fromEntries(
        Object.keys(state.repositories).map((one) => [
          one,
          { type: 'fs', settings: { location: '/backup' } },
        ]),
      ),
    ];
  const all = state.repositories[repository];
  if (all === undefined) return error(404, 'repository_missing_exception', `[${repository}] missing`);
  // A snapshot under way ends when it is looked at by its name.
  for (const one of all)
    if (one.snapshot === name && one.state === 'IN_PROGRESS') one.state = state.snapshotEnds;
  const found = all.filter((one) =>
    name === '_all' ? true : name === '_current' ? one.state === 'IN_PROGRESS' : one.snapshot === name,
  );
  return [200, { snapshots: found.map(snapshotOf) }];
}

/** _api-reference/index-apis/get-settings.md with flat_settings; an index without the setting is left out. */
function lookAtIndices(state: StandInState, route: string): Answer {
  const [index = '', , name = ''] = route.split('/');
  const names = index === '_all' ? Object.keys(state.replicas) : index.split(',');
  const unknown = names.find((one) => state.replicas[one] === undefined);
  if (unknown !== undefined) return error(404, 'index_not_found_exception', `no such index [${unknown}]`);
  const settingsOf = (one: string): Record<string, string> =>
    name === 'index.blocks.read_only_allow_delete'
      ? state.blocked.has(one)
        ? { 'index.blocks.read_only_allow_delete': 'true' }
        : {}
      : { 'index.number_of_replicas': state.replicas[one] ?? '1' };
  return [
    200,
    Object.fromEntries(
      names
        .map((one) => [one, { settings: settingsOf(one) }] as const)
        .filter(([, { settings }]) => Object.keys(settings).length > 0),
    ),
  ];
}

function change(state: StandInState, method: string, path: string, body: Record<string, unknown>): Answer {
  const [route = '', query = ''] = path.split('?');
  if (route === '_cluster/reroute' && query.includes('retry_failed=true')) {
    for (const one of state.shards)
      if (one.reason === 'ALLOCATION_FAILED' && state.retriesSucceed) {
        one.state = 'STARTED';
        one.reason = undefined;
        one.node = 'node-1';
      }
    return [200, { acknowledged: true, state: {} }];
  }
  if (route === '_cluster/settings') {
    for (const layer of ['persistent', 'transient'] as const)
      for (const [name, value] of Object.entries(body[layer] ?? {}))
        if (value === null) delete state[layer][name];
        else state[layer][name] = value;
    return [200, { acknowledged: true, persistent: {}, transient: {} }];
  }
  const retry = /^_plugins\/_ism\/retry\/(.+)$/.exec(route)?.[1];
  if (retry !== undefined) return retryPolicy(state, retry);
  const [, repository = '', name = ''] = /^_snapshot\/([^/]+)\/([^/]+)$/.exec(route) ?? [];
  if (method === 'PUT' && name !== '') {
    state.repositories[repository]?.push({
      snapshot: name,
      state: 'IN_PROGRESS',
      startedAt: Date.now(),
    });
    return [200, { accepted: true }];
  }
  const index = /^([^/]+)\/_settings$/.exec(route)?.[1];
  return index === undefined ? error(400, 'unexpected', route) : changeIndex(state, index, body);
}

/** _im-plugin/ism/api.md, retry failed index. */
function retryPolicy(state: StandInState, index: string): Answer {
  if (state.ismRefuses !== undefined)
    return [
      200,
      {
        updated_indices: 0,
        failures: true,
        failed_indices: [{ index_name: index, index_uuid: 'x', reason: state.ismRefuses }],
      },
    ];
  delete state.ism[index];
  return [200, { updated_indices: 1, failures: false, failed_indices: [] }];
}

function changeIndex(state: StandInState, index: string, body: Record<string, unknown>): Answer {
  const block = 'index.blocks.read_only_allow_delete';
  if (block in body) {
    if (body[block] === null) state.blocked.delete(index);
    else state.blocked.add(index);
  }
  const replicas = body['index.number_of_replicas'];
  if (replicas !== undefined) {
    state.replicas[index] = String(replicas);
    const kept = state.shards.filter(({ index: one, primary }) => one !== index || primary);
    const copies = state.shards
      .filter((one) => one.index === index && one.primary)
      .flatMap((one) =>
        Array.from({ length: Number(replicas) }, (): StandInShard => {
          return { ...one, primary: false, state: 'UNASSIGNED', reason: 'REPLICA_ADDED' };
        }),
      );
    state.shards = [...kept, ...copies];
  }
  return [200, { acknowledged: true }];
}
