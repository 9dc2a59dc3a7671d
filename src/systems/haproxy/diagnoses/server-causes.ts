/** From what was seen of a server that is down to its cause: pure. */
import type { Evidence, Recommendation } from '../../../core/evidence.ts';
import { find, numberOf, type Row, rowsOf, textOf } from '../../../core/evidence-rows.ts';
import { isErrorAtOnce } from '../../../core/mechanism.ts';
import { conclude as concludeReach } from '../../../machine/unreachable/conclude.ts';

export type CauseKind =
  | 'wrong-check'
  | 'gone'
  | 'frozen'
  | 'ill'
  | 'unresolved'
  | 'well-from-here'
  | 'unclear';

export interface Cause {
  readonly kind: CauseKind;
  readonly server: Row;
  /** Of this server alone. */
  readonly words: string;
  readonly explanation: string;
  readonly confidence: number;
  readonly evidence: readonly string[];
  readonly recommendations: readonly Recommendation[];
  /** It fails at once: nothing that only slows makes it so. */
  readonly isNoSlowness: boolean;
}

/** Nobody listens, no name, another path: none of that takes long. */
const atOnce: readonly CauseKind[] = ['gone', 'unresolved', 'wrong-check'];

const words = { name: 'the server', next: 'the log of the application that should listen there' };

export function causesOf(evidence: readonly Evidence[], target: string): Cause[] {
  return rowsOf(find(evidence, target, 'servers-down')).map((server) => causeOf(server, evidence, target));
}

function causeOf(server: Row, evidence: readonly Evidence[], target: string): Cause {
  const key = textOf(server.key);
  const direct = evidence.find((piece) => piece.id === `${key}.direct`);
  const answers = rowsOf(direct);
  const check = textOf(server.check);
  const code = numberOf(server.code ?? answers.find(({ path }) => path === direct?.facts?.checkPath)?.status);
  const seconds = typeof server.checkSeconds === 'number' ? server.checkSeconds : null;
  const healthy = answers.find((row) => row.path === direct?.facts?.healthyPath);
  const isWell = typeof healthy?.status === 'number' && healthy.status < 400;
  const cited = [
    `${target}.servers-down`,
    ...evidence.filter((piece) => piece.id.startsWith(`${key}.`)).map((piece) => piece.id),
  ];
  const cause = (kind: CauseKind, told: string, explanation: string, confidence: number): Cause => ({
    ...{ kind, server, words: told, explanation, confidence, evidence: cited, recommendations: [] },
    isNoSlowness: atOnce.includes(kind) || (kind === 'ill' && isErrorAtOnce(code, seconds)),
  });
  const heard = [check, server.code, server.says].filter((part) => part !== null && part !== '').join(' ');
  if (textOf(server.state) === 'MAINT (resolution)')
    return cause(
      'unresolved',
      'its name does not resolve',
      'HAProxy has no address for it: the name is gone, or the resolver does not answer. Look next: show resolvers; getent hosts NAME',
      0.9,
    );
  if (check === 'L7STS' && code >= 300 && code < 500 && isWell) {
    const path = textOf(direct?.facts?.checkPath);
    return cause(
      'wrong-check',
      `its check${path === '' ? '' : ` of ${path}`} gets ${code} while ${healthy?.path} is answered with ${healthy?.status}`,
      `The server works: asked directly it answers ${healthy?.path} with ${healthy?.status}. Only the path that the health check asks${path === '' ? '' : ` (${path})`} is answered with ${code}, so it was renamed, removed or now wants a login. Mend the check (option httpchk) and reload. Restarting the application would change nothing.`,
      path === '' ? 0.93 : 0.97,
    );
  }
  if (check === 'L7STS')
    return cause(
      'ill',
      code === 0
        ? 'it answers its check, and not as HAProxy asks for'
        : `it answers its check with ${code}${textOf(server.says) === '' ? '' : ` (${textOf(server.says)})`}`,
      `The server runs and says itself that it is not well: look at its log, and at what it needs. It ${isWell ? `answers ${healthy?.path} with ${healthy?.status} all the same` : 'fails when it is asked directly as well'}.`,
      isWell ? 0.75 : 0.88,
    );
  const [reached] = concludeReach(
    'haproxy.server-down',
    words,
    ['connected', 'refused', 'unrouted', 'unresolved', 'timeout'],
    evidence,
    key,
  );
  if (reached !== undefined && !isWell) {
    const result = evidence.find((piece) => piece.id === `${key}.reach`)?.facts?.result;
    const kind = result === 'connected' || result === 'timeout' ? 'frozen' : 'gone';
    return {
      ...{ kind, server, isNoSlowness: atOnce.includes(kind) },
      words: reached.summary,
      explanation: `HAProxy's check says ${heard}. ${reached.explanation}`,
      confidence: Math.min(reached.confidence, 0.97),
      evidence: cited,
      recommendations: reached.recommendations,
    };
  }
  if (/TOUT$/.test(check) && !isWell)
    return cause(
      'frozen',
      `it takes connections and does not answer (${heard})`,
      'The kernel accepts the connection and nothing follows: the process hangs, waits for something, or has more to do than it can.',
      0.75,
    );
  if (isWell && /^L\dOKC?$/.test(check))
    return cause(
      'well-from-here',
      `its check passes (${heard}) and it answers us with ${healthy?.status}: it came back just now`,
      'HAProxy takes a server in again after a few good checks (rise). Where it goes up and down, its log says why.',
      0.3,
    );
  if (isWell)
    return cause(
      'well-from-here',
      `its check fails (${heard}) while it answers us with ${healthy?.status}`,
      'Asked from this machine it is well: it came back just now, or it cannot be reached from where HAProxy runs, or the check is stricter or faster (timeout check) than a user.',
      0.6,
    );
  return cause(
    'unclear',
    `its check fails: ${heard}`,
    'It could not be asked directly, so there is only what the check says.',
    0.55,
  );
}
