/** Streamable HTTP: one exchange, one server, no session; whoever asks has been let in before. */
import { type Actor, asModel, type Scope, UpkeepError } from '../core/verb.ts';
import type { AnyVerb, VerbContext } from '../verbs/context.ts';
import { createCaller } from './caller.ts';

export interface McpEndpoint {
  readonly verbs: readonly AnyVerb[];
  readonly ctx: VerbContext;
}

/**
 * Answers one request of the protocol.
 * @param refused is told of each call for which the scopes do not suffice
 */
export type AnswerMcp = (
  request: Request,
  actor: Actor,
  refused: (verb: { readonly name: string; readonly scope: Scope }) => Promise<void>,
) => Promise<Response>;

const largestBody = 256 * 1024;

export function createMcpEndpoint({ verbs, ctx }: McpEndpoint): AnswerMcp {
  return async (request, actor, refused) => {
    // The SDK is loaded when the first assistant comes.
    const [{ createMcpHandler }, { serverFor }] = await Promise.all([
      import('@modelcontextprotocol/server'),
      import('./server.ts'),
    ]);
    const model = asModel(actor);
    const caller = createCaller(verbs, {
      scopes: actor.scopes,
      nouns: nounsIn(new URL(request.url).searchParams.get('only'), verbs),
      call: (verb, input) => verb.call(ctx, input, model),
      newMark: ctx.newSecret,
      refused,
    });
    const handler = createMcpHandler(serverFor(caller, ctx.version), { maxRequestBodySize: largestBody });
    return handler.fetch(request);
  };
}

/**
 * `incident,action`: a model that is offered less reads less before it begins.
 * @throws UpkeepError bad-input
 */
export function nounsIn(only: string | null | undefined, verbs: readonly AnyVerb[]): string[] | undefined {
  if (only === null || only === undefined || only === '') return undefined;
  const known = new Set(verbs.map(({ name }) => name.split('.')[0] ?? name));
  const nouns = only.split(',').map((noun) => noun.trim());
  const stranger = nouns.find((noun) => !known.has(noun));
  if (stranger !== undefined)
    throw new UpkeepError('bad-input', `only: there is no ${stranger}; there are ${[...known].join(', ')}`);
  return nouns;
}
