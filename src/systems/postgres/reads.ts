/** Where readers are sent, by the declared programs; and which other server is fit to take them. */
import { resolve } from 'node:path';
import type { ActionContext } from '../../core/action.ts';
import { formatDuration } from '../../core/time.ts';
import { commandLine, runProgram } from '../../machine/run-program.ts';
import type { PostgresConnection } from './client.ts';
import type { PostgresConfig } from './config.ts';

export type Reads = NonNullable<PostgresConfig['reads']>;
/** Of actions and of diagnoses. */
type Latest = (target: string, metric: string) => readonly { readonly value: number; readonly at: number }[];

/** A value that is older says nothing of now. */
const freshMs = 120_000;
/** One that is itself this far behind is no better place (J). */
const mostLagSeconds = 10;
/** The readers bring their connections along (J). */
const mostUsed = 0.7;

function switchWords({ switch: words }: Reads, place: string): string[] {
  return words.map((word) => word.replaceAll('{place}', place));
}

export function switchStep(reads: Reads, place: string): string {
  return commandLine(switchWords(reads, place));
}

/** @throws when the program fails or prints no single place */
export async function placeNow(conn: PostgresConnection, reads: Reads, signal: AbortSignal): Promise<string> {
  const place = (await run(conn, reads, reads.show, signal)).trim();
  if (place === '' || /\s/.test(place))
    throw new Error(`\`reads.show\` printed no single place: ${JSON.stringify(place.slice(0, 80))}`);
  return place;
}

export async function sendTo(
  conn: PostgresConnection,
  reads: Reads,
  place: string,
  signal: AbortSignal,
): Promise<void> {
  await run(conn, reads, switchWords(reads, place), signal);
}

async function run(
  { folder }: PostgresConnection,
  { cwd }: Reads,
  words: readonly string[],
  signal: AbortSignal,
): Promise<string> {
  const where = cwd === undefined ? folder : resolve(folder ?? '.', cwd);
  const { code, text } = await runProgram(words, { signal, ...(where === undefined ? {} : { cwd: where }) });
  if (code !== 0) throw new Error(`${words[0]} ended with exit code ${code}: ${text.slice(0, 200)}`);
  return text;
}

/** Why a place should not get the readers; undefined where it is up, in step and has room. Unknown is not fit. */
export function unfitBecause(
  place: string,
  ctx: Pick<ActionContext, 'clock'> & { readonly latest: Latest },
): string | undefined {
  const values = (metric: string) =>
    ctx.latest(place, `postgres.${metric}`).filter(({ at }) => ctx.clock.now() - at <= freshMs);
  const one = (metric: string) => values(metric)[0]?.value;
  const up = one('up');
  if (up === undefined) return `whether ${place} is up is unknown: it must be a target of its own`;
  if (up < 1) return `${place} is down`;
  const connected = one('replication.connected');
  if (connected === 0) return `${place} gets nothing from its primary`;
  if (connected === 1) {
    const lag = one('replication.lag');
    if (lag === undefined) return `how far ${place} is behind is unknown`;
    if (lag > mostLagSeconds) return `${place} is ${formatDuration(lag * 1_000)} behind`;
  }
  const used = one('connections.used_ratio');
  if (used === undefined) return `how many connections ${place} has left is unknown`;
  return used > mostUsed ? `${place} has ${Math.round(used * 100)} % of its connections in use` : undefined;
}
