import type { Snapshot } from '../../core/change.ts';
import type { Missing, Outcome, Reading } from '../../core/sample.ts';
import type { ProbeContext } from '../../core/system.ts';
import { failureOf } from './failure.ts';
import type { Session } from './session.ts';

export interface Seen {
  readonly readings: readonly Reading[];
  readonly missing?: readonly Missing[];
  readonly snapshots?: readonly Snapshot[];
  readonly detail?: string;
}

/** Runs a probe's look at the server and says what a failure means; never throws. */
export async function observe<Db>(
  session: Session<Db>,
  ctx: ProbeContext,
  look: (db: Db) => Promise<Seen>,
): Promise<Outcome> {
  try {
    const seen = await session.use(ctx.signal, look);
    welcome.add(session);
    return { ok: true, ...seen };
  } catch (error) {
    const { why, detail, code } = failureOf(error, ctx.timeoutMs);
    // 1044 speaks of a database: the login itself was accepted.
    if (why !== 'denied' || code === '1044' || session.hasPassword || welcome.has(session))
      return { ok: false, why, detail };
    // The server is alive and was never told who we are: that is our gap, not its outage.
    return {
      ok: false,
      why: 'broken-probe',
      detail: `no login is configured: ${detail}; put user and password into url`,
    };
  }
}

/** Sessions that have logged in once: a refusal after that is news, whatever the url says. */
const welcome = new WeakSet<object>();
