/** What the actions share: one server by its names, what it is like now, and that only what was planned is sent. */
import type { z } from 'zod';
import type { ActionContext, Plan } from '../../../core/action.ts';
import { demandSteps } from '../../../core/demand.ts';
import { commandOf, order as obey } from '../../../protocols/haproxy/runtime.ts';
import { isServing, type ServerState, type StatRow, serverState } from '../../../protocols/haproxy/stat.ts';
import { type HaproxyConnection, readStat } from '../client.ts';
import { haproxyName } from '../config.ts';
import { failureOf } from '../failure.ts';
import { failureRatio } from '../window.ts';

export const backendInput = haproxyName.describe('Backend, as `show stat` names it');
export const serverInput = haproxyName.describe('Server of that backend');

export const adminPrivileges = 'stats socket /run/haproxy/admin.sock mode 660 group upkeep level admin';

/** A server that fails more than this is no help for those of another (J). */
const mostErrors = 0.1;

export interface Found {
  readonly row: StatRow;
  readonly state: ServerState;
  readonly backend: StatRow | undefined;
  /** Of the same backend, without it. */
  readonly others: readonly StatRow[];
  /** Others that serve, and that do not fail themselves as far as is known. */
  readonly healthyOthers: readonly StatRow[];
}

/** The server as it is now, or why it cannot be acted upon. */
export async function findServer(
  conn: HaproxyConnection,
  ctx: ActionContext,
  names: { readonly backend: string; readonly server: string },
): Promise<Found | string> {
  let rows: readonly StatRow[];
  try {
    rows = await readStat(conn, ctx);
  } catch (error) {
    return `HAProxy cannot be asked: ${failureOf(error, conn.config.socket, 0).detail}`;
  }
  const own = rows.filter((row) => row.proxy === names.backend);
  const row = own.find((one) => one.kind === 'server' && one.name === names.server);
  if (row === undefined) return `there is no server ${names.server} in a backend ${names.backend}`;
  const others = own.filter((one) => one.kind === 'server' && one !== row);
  return {
    row,
    state: serverState(row.text('status')),
    backend: own.find((one) => one.kind === 'backend'),
    others,
    healthyOthers: others.filter((one) => isHealthy(conn, one)),
  };
}

function isHealthy(conn: HaproxyConnection, row: StatRow): boolean {
  if (!isServing(row) || (row.number('weight') ?? 0) === 0) return false;
  return (failureRatio(conn.window.growth(row.proxy, row.name)) ?? 0) <= mostErrors;
}

/** Throws where `findServer` says why not. */
export async function demandServer(
  conn: HaproxyConnection,
  ctx: ActionContext,
  names: { readonly backend: string; readonly server: string },
): Promise<Found> {
  const found = await findServer(conn, ctx, names);
  if (typeof found === 'string') throw new Error(found);
  return found;
}

/** The input of a plan, whose steps must be those that it calls for. */
export function inputOf<Input extends z.ZodObject>(
  plan: Plan,
  input: Input,
  stepsOf: (parsed: z.output<Input>) => readonly (readonly string[])[],
): z.output<Input> {
  const parsed = input.parse(plan.input);
  demandSteps(plan, stepsOf(parsed).map(commandOf));
  return parsed;
}

/** @throws RuntimeRefusal with HAProxy's own words */
export function order(
  conn: HaproxyConnection,
  signal: AbortSignal,
  commands: readonly (readonly string[])[],
): Promise<void> {
  return obey(conn.socket, commands, signal);
}

/**
 * What became of the requests of the backend since the server stands as it does; null below 20 of them.
 * HAProxy counts whole seconds since a change, so the first one is left out: it may hold what came before.
 */
export function errorsSinceChange(conn: HaproxyConnection, ctx: ActionContext, row: StatRow): number | null {
  const from = ctx.clock.now() - (row.number('lastchg') ?? 0) * 1_000 + 1_000;
  return failureRatio(conn.window.growth(row.proxy, 'BACKEND', from)) ?? null;
}

export function errorsNow(conn: HaproxyConnection, row: StatRow): number | null {
  return failureRatio(conn.window.growth(row.proxy, 'BACKEND')) ?? null;
}

const latelyMs = 20_000;

/** What became of the requests of this server in the last seconds; null below 20 of them. */
export function errorsLately(conn: HaproxyConnection, ctx: ActionContext, row: StatRow): number | null {
  return failureRatio(conn.window.growth(row.proxy, row.name, ctx.clock.now() - latelyMs)) ?? null;
}

export function inPercent(ratio: number | null): string {
  return ratio === null ? 'unknown (fewer than 20 requests)' : `${Math.round(ratio * 100)} %`;
}

export const serverPath = ({ backend, server }: { readonly backend: string; readonly server: string }) =>
  `${backend}/${server}`;
