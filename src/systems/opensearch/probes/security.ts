import type { Missing, Reading } from '../../../core/sample.ts';
import type { Probe } from '../../../core/system.ts';
import { nodesHttp, root } from '../answers.ts';
import { ask, exchange, type OpensearchConnection, observe, tryAsk } from '../client.ts';
import { hasEnded } from '../releases.ts';

export const security: Probe<OpensearchConnection> = {
  id: 'opensearch.security',
  summary:
    'Whether anybody may read without a login, in the clear, or with the default password; end of life',
  atMostEveryMs: 3_600_000,
  metrics: {
    'opensearch.security.open': {
      summary: '1 while the cluster answers without a login on an address that others can reach',
      unit: 'state',
      kind: 'gauge',
    },
    'opensearch.security.plain': {
      summary: '1 while it is spoken to without TLS over a network',
      unit: 'state',
      kind: 'gauge',
    },
    'opensearch.security.default_login': {
      summary: '1 while admin is let in with the password admin',
      unit: 'state',
      kind: 'gauge',
    },
    'opensearch.version.ended': {
      summary: '1 where this version gets no more security fixes',
      unit: 'state',
      kind: 'gauge',
    },
  },
  run: (conn, ctx) =>
    observe(conn, ctx, async () => {
      const who = await ask(conn, '', root, ctx.signal);
      const stranger = await exchange(
        conn,
        { method: 'GET', path: '_cluster/health', isAnonymous: true },
        ctx.signal,
      );
      const ended = hasEnded(who.version.distribution, who.version.number, ctx.clock.now());
      const missing: Missing[] = [];
      const letsIn = stranger.status === 200;
      const isOpen = letsIn && !(await hearsOnlyItself(conn, ctx.signal));
      const isDefault = await triesDefault(conn, ctx.signal, letsIn, missing);
      const one = (name: string, value: boolean | undefined): Reading[] =>
        value === undefined ? [] : [{ metric: `opensearch.${name}`, value: Number(value) }];
      return {
        missing,
        detail: `${who.version.distribution} ${who.version.number}`,
        readings: [
          ...one('security.open', isOpen),
          ...one('security.plain', conn.url.protocol === 'http:' && !isHere(conn.url.hostname)),
          ...one('security.default_login', isDefault),
          ...one('version.ended', ended),
        ],
      };
    }),
};

/** A cluster of one machine that listens on no network is open to nobody else; what cannot be seen counts as open. */
async function hearsOnlyItself(conn: OpensearchConnection, signal: AbortSignal): Promise<boolean> {
  const seen = await tryAsk(conn, [], [], () => ask(conn, '_nodes/http', nodesHttp, signal));
  const bound = Object.values(seen?.nodes ?? {}).flatMap(({ http }) => http?.bound_address ?? ['?']);
  return bound.length > 0 && bound.every((place) => /^(127\.|\[::1\]|localhost\/127\.)/.test(place));
}

/** A login that fails stands in the audit log and may count against the address, so it is tried only when asked for. */
async function triesDefault(
  conn: OpensearchConnection,
  signal: AbortSignal,
  letsIn: boolean,
  missing: Missing[],
): Promise<boolean | undefined> {
  if (conn.url.username === 'admin' && conn.url.password === 'admin') return true;
  // Where no login is asked for, any is let in.
  if (letsIn) return undefined;
  if (!conn.config.tryDefaultLogin) {
    missing.push({
      metrics: ['opensearch.security.default_login'],
      reason: 'Upkeep tries no passwords unless told to',
      remedy: 'tryDefaultLogin: true in the target',
    });
    return undefined;
  }
  const answer = await exchange(
    conn,
    { method: 'GET', path: '_cluster/health', login: 'admin:admin' },
    signal,
  );
  // 403: let in, and not permitted to ask this.
  return answer.status === 200 || answer.status === 403;
}

function isHere(host: string): boolean {
  return /^(localhost|127\..*|\[::1\])$/.test(host);
}
