/** Requests to OpenSearch and Elasticsearch by method and path; what is not known is risky or worse. */
import { because, type Classification, classified, type Reason } from '../classes.ts';

export interface SearchRequest {
  readonly method: string;
  /** Path with query: `/orders/_search?size=10`. */
  readonly path: string;
  readonly body?: string;
}

/** POST that only reads. */
const reading =
  /^(_search|_msearch|_count|_mget|_explain|_validate\/query|_field_caps|_analyze|_rank_eval|_termvectors|_mtermvectors|_render\/template|_search\/template|_search_shards|_sql\/_explain|_cluster\/allocation\/explain|_ingest\/pipeline(\/[^/]+)?\/_simulate)$/;
const calm = /^(_refresh|_flush|_cache\/clear|_cluster\/reroute)$/;

export function classifySearch(request: SearchRequest): Classification {
  return classified([judge(request)], because('read', 'search.read', 'only reads'));
}

function judge({ method: said, path, body = '' }: SearchRequest): Reason {
  const method = said.toUpperCase();
  const segments = segmentsOf(path);
  if (!segments) return because('forbidden', 'search.syntax', 'the path cannot be read');
  const at = segments.findIndex((one) => one.startsWith('_') && one !== '_all');
  const index = segments[0]?.startsWith('_') && segments[0] !== '_all' ? '' : (segments[0] ?? '');
  const rest = at < 0 ? '' : segments.slice(at).join('/');
  const isWide = index === '_all' || /[*?]/.test(index) || index.split(',').length > 1;
  const scripted = /"(script|script_fields|script_score|runtime_mappings)"\s*:/.test(body);
  if (
    /^(_plugins|_opendistro)\/_security|^_security|^_nodes\/reload_secure_settings/.test(rest) &&
    method !== 'GET'
  )
    return because('destructive', 'search.security', 'changes who may do what');
  if (method === 'GET' || method === 'HEAD')
    return scripted || /^_scripts/.test(rest)
      ? because('risky', 'search.script', 'a script runs in the server')
      : because('read', 'search.read', `${method} only reads`);
  if (method === 'DELETE') return ofDelete(index, rest, isWide);
  if (method !== 'POST' && method !== 'PUT' && method !== 'PATCH')
    return because('forbidden', 'search.method', `${method} is no method that is known`);
  if (/destructive_requires_name/.test(body) && /destructive_requires_name"?\s*[":]+\s*"?false/.test(body))
    return because(
      'forbidden',
      'search.protection-off',
      'action.destructive_requires_name protects every index',
    );
  if (method === 'POST' && reading.test(rest))
    return scripted
      ? because('risky', 'search.script', 'a script runs in the server')
      : because('read', 'search.read', `${rest} only reads`);
  return ofWrite(rest, isWide, body);
}

function ofDelete(index: string, rest: string, isWide: boolean): Reason {
  if (/^_search\/(scroll|point_in_time)|^_pit/.test(rest))
    return because('safe', 'search.close-search', 'ends a search');
  if (index === '' && rest === '')
    return because('forbidden', 'search.delete-all', 'DELETE / names every index');
  if (isWide)
    return because('forbidden', 'search.delete-wildcard', `DELETE ${index} may take every index; name one`);
  if (/^_doc\//.test(rest)) return because('risky', 'search.delete-document', 'removes one document');
  return because(
    // A policy of the index may end it; a request by hand may not.
    rest === '' || /template/.test(rest) ? 'forbidden' : 'destructive',
    'search.delete',
    `DELETE ${[index, rest].filter(Boolean).join('/')} removes it for good`,
  );
}

function ofWrite(rest: string, isWide: boolean, body: string): Reason {
  if (/^_delete_by_query|^_update_by_query/.test(rest)) {
    const isAll = isWide || body.trim() === '' || /"match_all"/.test(body);
    return isAll
      ? because('forbidden', 'search.by-query-all', `${rest} of everything`)
      : because('forbidden', 'search.by-query', `${rest} changes whatever it finds`);
  }
  if (/^_bulk/.test(rest))
    return /"delete"\s*:/.test(body)
      ? because('destructive', 'search.bulk-delete', '_bulk with deletions')
      : because('risky', 'search.write', '_bulk writes documents');
  if (/^(_close|_freeze|_shrink|_split|_block)/.test(rest))
    return because(
      isWide || rest.startsWith('_close') ? 'forbidden' : 'destructive',
      'search.close',
      `${rest} takes the index out of use`,
    );
  if (/^_snapshot\/.*_restore$/.test(rest))
    return because('destructive', 'search.restore', 'a restore replaces indices');
  if (/^(_scripts|_ingest)/.test(rest))
    return because('risky', 'search.script', 'a script or pipeline runs in the server');
  if (
    /^(_aliases|_reindex|_rollover|_template|_index_template|_component_template|_ilm|_plugins\/_ism)/.test(
      rest,
    )
  )
    return /remove_index/.test(body)
      ? because('destructive', 'search.remove-index', 'remove_index removes an index')
      : because('risky', 'search.write', `${rest} changes where documents go`);
  if (/^_cluster\/(voting_config_exclusions|nodes)|^_nodes\/.*\/_shutdown|^_shutdown/.test(rest))
    return because('destructive', 'search.cluster', 'changes who is part of the cluster');
  if (calm.test(rest)) return because('risky', 'search.upkeep', `${rest} costs the cluster work`);
  return because(
    'risky',
    rest === '' || /^(_doc|_create|_update|_settings|_mapping|_cluster\/settings|_forcemerge)/.test(rest)
      ? 'search.write'
      : 'search.unknown',
    `${rest === '' ? 'the request' : rest} writes`,
  );
}

/** Decoded, without dots and doubled slashes; undefined where it would mean something else to the server. */
function segmentsOf(path: string): string[] | undefined {
  const [before = ''] = path.replace(/^https?:\/\/[^/]*/, '').split(/[?#]/);
  try {
    const segments = before
      .split('/')
      .map((one) => decodeURIComponent(one))
      .filter((one) => one !== '');
    return segments.some((one) => one === '.' || one === '..' || one.includes('/')) ? undefined : segments;
  } catch {
    return undefined;
  }
}
