import type { AnyVerb } from '../verbs/context.ts';
import type { Connection } from './ask.ts';

const looking = /^(status|target|samples|rule|slo)\./;
/** A look older than this is taken anew. */
const freshMs = 15_000;

/** Where nothing runs, what is answered is of this moment. */
export function lookingFirst(connection: Connection, now: () => number): Connection['call'] {
  let lookedAt = Number.NEGATIVE_INFINITY;
  return async (verb: AnyVerb, input) => {
    if (!connection.isLive && looking.test(verb.name) && now() - lookedAt > freshMs) {
      await connection.glance();
      lookedAt = now();
    }
    return connection.call(verb, input);
  };
}
