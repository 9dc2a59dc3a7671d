/** A diagnosis for every system with a network address: nobody listens, no route, no such name, no answer. */
import type { Diagnosis } from '../../core/system.ts';
import type { Destination } from '../network/dial.ts';
import { conclude, type Words } from './conclude.ts';
import { look, type Result } from './look.ts';

export { isPlainPath } from './conclude.ts';
export { ownEnd } from './own-end.ts';

export interface UnreachableOptions<Conn> extends Words {
  /** `postgres`: the id becomes `postgres.unreachable`, the rule it explains is `postgres.down`. */
  readonly kind: string;
  /** Undefined where there is no address on a network, as with a socket file. */
  readonly destination: (conn: Conn) => Destination | undefined;
  /** Left to another diagnosis of the system. */
  readonly except?: readonly Result[];
}

const allResults: readonly Result[] = [
  'connected',
  'refused',
  'unrouted',
  'unresolved',
  'timeout',
  'reset',
  'own-trouble',
];

export function unreachable<Conn>(options: UnreachableOptions<Conn>): Diagnosis<Conn> {
  const id = `${options.kind}.unreachable`;
  const results = allResults.filter((result) => !options.except?.includes(result));
  return {
    id,
    title: `${options.name} cannot be reached`,
    summary: `Nobody listens at the address of ${options.name}, or it cannot be reached, or it hangs`,
    explains: [`${options.kind}.down`],
    async gather(conn, target, ctx) {
      const to = options.destination(conn);
      return to === undefined ? [] : look(target, to, ctx);
    },
    conclude: (evidence, target) => conclude(id, options, results, evidence, target),
  };
}
