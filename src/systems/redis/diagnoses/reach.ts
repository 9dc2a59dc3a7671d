/** Whether other servers of the same kind answer us, asked without a login. */
import { afterAwake } from '../../../core/awake.ts';
import type { Evidence } from '../../../core/evidence.ts';
import type { DiagnosisContext } from '../../../core/system.ts';
import { type RedisConnection, strangerAnswer } from '../client.ts';
import { failureOf } from '../failure.ts';

const reachMs = 1_500;
const mostAsked = 3;

/** @param places `10.0.0.3:6379`, as the server names them */
export function reach(
  conn: RedisConnection,
  target: string,
  ctx: DiagnosisContext,
  places: readonly string[],
): Promise<Evidence[]> {
  return Promise.all(
    places.slice(0, mostAsked).map(async (place): Promise<Evidence> => {
      const at = place.lastIndexOf(':');
      const [host, port] = [place.slice(0, at), Number(place.slice(at + 1))];
      const base = {
        id: `${target}.reach.${place}`,
        target,
        title: `Whether ${place} answers`,
        at: ctx.clock.now(),
        how: `PING at ${place}, without a login`,
      };
      const timeout = new AbortController();
      const limit = afterAwake(ctx.clock, reachMs, () =>
        timeout.abort(new DOMException('too late', 'TimeoutError')),
      );
      try {
        const signal = AbortSignal.any([ctx.signal, timeout.signal]);
        const answer = await strangerAnswer(conn, { host, port }, signal);
        return { ...base, facts: { place, answers: true, answer } };
      } catch (error) {
        const { why, detail } = failureOf(error, reachMs);
        return { ...base, facts: { place, answers: false, why, answer: detail } };
      } finally {
        limit.cancel();
      }
    }),
  );
}

/** What was found out of a place; undefined where it was not asked. */
export function reachOf(evidence: readonly Evidence[], place: string): Evidence['facts'] {
  return evidence.find((piece) => piece.facts?.place === place)?.facts;
}
