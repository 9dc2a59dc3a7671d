/** What stands for and against a promotion, as it is now. */
import { formatDuration } from '../../../core/time.ts';
import { type Pair, type PostgresConnection, serverPort } from '../client.ts';
import { psqlCommand } from '../grants.ts';
import { bytesInWords } from '../in-words.ts';
import {
  type Answer,
  asClientOf,
  askServer,
  type LookContext,
  lsnDifference,
  type StandbyStanding,
  type Standing,
  standbyStandingOf,
  standingOf,
} from './standing.ts';

export type Paired = PostgresConnection & { readonly pair: Pair };

/** More that was received waits to be replayed: promotion would take longer than a person expects (J). */
const mostUnreplayed = 64 * 1_048_576;

export interface Ground {
  readonly own: Standing;
  readonly standby: StandbyStanding;
  readonly old: Answer;
}

/** @throws what the session of the replica throws */
export async function groundOf({ config, pair }: Paired, ctx: LookContext): Promise<Ground | Standing> {
  const old = askServer(pair.other, ctx);
  old.catch(() => {});
  const seen = await asClientOf(config, ctx, async (query) => {
    const own = await standingOf(query);
    return { own, standby: own.standby ? await standbyStandingOf(query) : null };
  });
  return seen.standby === null ? seen.own : { own: seen.own, standby: seen.standby, old: await old };
}

/** As it is typed; a grant on a function holds in one database alone. */
export function promoteGrant(
  { role, database }: Pick<StandbyStanding, 'role' | 'database'>,
  { other }: Pick<Pair, 'other'>,
): string {
  return psqlCommand({ database, port: serverPort(other) }, [
    `GRANT EXECUTE ON FUNCTION pg_promote(boolean, integer) TO ${role};`,
  ]);
}

/** Why the standby must not be promoted; undefined where it may. */
export function objection({ own, standby, old }: Ground, pair: Pair): string | undefined {
  const { primary, replica } = pair.settings;
  if (!standby.mayPromote)
    return `the role of Upkeep may not promote. On ${primary}, from where it comes to ${replica} too, as a superuser: ${promoteGrant(standby, pair)}`;
  if (standby.paused) return 'replay is paused: see why, then postgres.resume-replay';
  if (!/^0/.test(standby.delay))
    return `recovery_min_apply_delay is ${standby.delay}: it is behind on purpose, and promoting it would lose that much`;
  if (own.synchronous !== '')
    return `synchronous_standby_names is '${own.synchronous}' on ${replica} too: once promoted, every commit would wait for a standby that is not there. ALTER SYSTEM SET synchronous_standby_names = '' there first`;
  if (standby.unreplayed > mostUnreplayed)
    return `${bytesInWords(standby.unreplayed)} were received and are not replayed yet; it goes on by itself, try again then`;
  if (old.kind !== 'answers')
    return standby.streaming
      ? `${replica} streams from a primary that does not answer us (${old.detail})`
      : undefined;
  if (old.started === own.started) return `${primary} and ${replica} lead to the same server`;
  if (old.standby) return `${primary} is a standby itself: which server is the primary is unknown`;
  if (old.system !== own.system)
    return `${replica} is no copy of ${primary}: their system identifiers differ (${own.system}, ${old.system})`;
  if (!standby.streaming)
    return `${primary} answers and ${replica} gets nothing from it: what was committed since would be lost. Bring replication back first`;
  if (own.timeline !== old.timeline)
    return `${replica} follows timeline ${own.timeline}, ${primary} writes ${old.timeline}`;
  return undefined;
}

export interface Loss {
  /** Bytes that were committed and have not arrived, as last known; null where nothing is known. */
  readonly bytes: number | null;
  /** Since the last commit that arrived, at most; null where none ever did. */
  readonly seconds: number | null;
  readonly words: string;
}

/**
 * @param lastLag what the primary last said of its standbys, in bytes
 * @param aliveAt when the primary was last known to answer
 */
export function lossOf(
  { own, standby, old }: Ground,
  primary: string,
  lastLag: { readonly value: number; readonly at: number } | undefined,
  now: number,
): Loss {
  if (old.kind === 'answers') {
    const bytes = old.at === null || own.at === null ? null : Math.max(0, lsnDifference(old.at, own.at));
    const behind = bytes === null ? 'an unknown number of bytes' : bytesInWords(bytes);
    return {
      bytes,
      seconds: 0,
      words: `nothing is lost: ${primary} answers, ${behind} are on the way now, and nothing is promoted before all that it wrote has arrived`,
    };
  }
  const seconds = standby.age;
  const bytes = lastLag?.value ?? null;
  const lag =
    lastLag === undefined
      ? 'how many bytes were on the way is unknown'
      : `${bytesInWords(lastLag.value)} were on the way ${formatDuration(now - lastLag.at)} ago`;
  const commits =
    seconds === null
      ? 'when the last commit arrived is unknown'
      : `what was committed after ${formatDuration(seconds * 1_000)} ago, if anything was`;
  return {
    bytes,
    seconds,
    words: `lost would be ${commits}; ${lag}; ${bytesInWords(standby.unreplayed)} have arrived and are replayed first`,
  };
}
