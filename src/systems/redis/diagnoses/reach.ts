/** Whether other servers of the same kind answer us, asked without a login. */
import type { Evidence } from '../../../core/evidence.ts';
import type { DiagnosisContext } from '../../../core/system.ts';
import { within } from '../../../machine/network/deadline.ts';
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
      try {
        const ask = (signal: AbortSignal) => strangerAnswer(conn, { host, port }, signal);
        const answer = await within(ctx, reachMs, ask, 'too late');
        return { ...base, facts: { place, answers: true, answer } };
      } catch (error) {
        const { why, detail } = failureOf(error, reachMs);
        return { ...base, facts: { place, answers: false, why, answer: detail } };
      }
    }),
  );
}

/** What was found out of a place; undefined where it was not asked. */
export function reachOf(evidence: readonly Evidence[], place: string): Evidence['facts'] {
  return evidence.find((piece) => piece.facts?.place === place)?.facts;
}
