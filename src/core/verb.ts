/** What anybody can do; each verb becomes an HTTP route, a command and an MCP tool. */
import type { z } from 'zod';

/**
 * `push` sends samples and alerts and can read nothing. `act` is for models alone: what a model asks for takes effect at
 * once, as far as the other scopes go; without it a model reads and proposes.
 */
export const scopes = ['read', 'push', 'operate', 'act', 'approve', 'admin'] as const;
export type Scope = (typeof scopes)[number];

export interface Actor {
  /** `owner`, `token:ci`, `cli`; `mcp:ci` for a model that comes with the token `ci` */
  readonly name: string;
  readonly scopes: readonly Scope[];
  /** Of somebody who is signed in: the account, and the hash of the session's cookie. */
  readonly account?: { readonly id: string; readonly session: string };
  /** A model drives: what it proposes waits for a person, and it handles no credentials, whatever its scopes. */
  readonly through?: 'model';
}

/** Header with which a client says `model` of itself. It only takes away, so anybody may. */
export const drivenHeader = 'x-upkeep-through';

/** Header of an answer that names the team's time zone, so that a command line elsewhere writes times in it. */
export const timezoneHeader = 'x-upkeep-timezone';

/** The name of whoever drives with the credentials of that name: the journal tells a model from the person beside it. */
export function modelName(name: string): string {
  return name.startsWith('mcp:') ? name : `mcp:${name.replace(/^token:/, '')}`;
}

/** Whether a model needs the scope `act` for it: a verb that does not say that it only proposes does. */
export function needsAct({
  changes,
  proposes,
}: {
  readonly changes: boolean;
  readonly proposes?: true;
}): boolean {
  return changes && proposes !== true;
}

export function asModel(actor: Actor): Actor {
  return { ...actor, name: modelName(actor.name), through: 'model' };
}

/** An error with a stable code; `docs/reference/errors.md` has one entry for each. */
export class UpkeepError extends Error {
  override readonly name = 'UpkeepError';
  readonly code: ErrorCode;
  constructor(code: ErrorCode, message: string) {
    super(message);
    this.code = code;
  }
}

/** Every code with its HTTP status. */
export const errorCodes = {
  'not-found': 404,
  'bad-input': 400,
  'not-signed-in': 401,
  'code-needed': 401,
  'not-allowed': 403,
  'wrong-method': 405,
  conflict: 409,
  expired: 410,
  'too-large': 413,
  refused: 422,
  'too-many-attempts': 429,
  internal: 500,
} as const;
export type ErrorCode = keyof typeof errorCodes;

export interface Verb<Context, Input extends z.ZodObject = z.ZodObject, Output = unknown> {
  /** `incident.ack`: noun and verb. */
  readonly name: string;
  readonly summary: string;
  readonly scope: Scope;
  readonly input: Input;
  /** A verb that changes nothing is a GET. */
  readonly changes: boolean;
  /** It only adds: nothing that was there is changed, ended or held back. Of verbs that change something. */
  readonly adds?: true;
  /** Calling it again with the same input does nothing more. Of verbs that change something. */
  readonly repeatable?: true;
  /** What it does is done elsewhere, and nothing of it is stored: it may run before anything is. Of verbs that change something. */
  readonly storesNothing?: true;
  /** Asked by a model it changes nothing by itself: what it asks for waits for a person. Of verbs that change something. */
  readonly proposes?: true;
  /** It takes in or gives out a credential, which is for people: no model may call it. */
  readonly credential?: true;
  /** Method and path below /api/v1: `POST /incidents/:id/ack`. Path and query fill the input. */
  readonly route: `${'GET' | 'POST' | 'DELETE'} /${string}`;
  /** Input fields that the command line takes by position. */
  readonly positional: readonly string[];
  readonly examples: readonly string[];
  run(call: {
    readonly ctx: Context;
    readonly input: z.output<Input>;
    readonly actor: Actor;
  }): Promise<Output>;
}
