/** A tool for a model, made from a verb: its name, its typed input, and what it does to what is there. */
import { z } from 'zod';
import { needsAct, type Scope } from '../core/verb.ts';
import type { AnyVerb } from '../verbs/context.ts';

export interface Tool {
  /** `incident_show`: the name of the verb in letters that every model's API takes. */
  readonly name: string;
  readonly verb: AnyVerb;
  readonly description: string;
  /** JSON Schema 2020-12 of an object. */
  readonly inputSchema: { readonly type: 'object'; readonly [key: string]: unknown };
  /** As the Model Context Protocol means them: hints for whoever confirms a call, no protection. */
  readonly annotations: {
    readonly title: string;
    readonly readOnlyHint: boolean;
    readonly destructiveHint: boolean;
    readonly idempotentHint: boolean;
    readonly openWorldHint: boolean;
  };
}

/**
 * Those that a model with these scopes may call: what reads and what proposes, with `act` also what takes effect at once.
 * None that handles a credential.
 */
export function toolsFor(
  verbs: readonly AnyVerb[],
  scopes: readonly Scope[],
  nouns?: readonly string[],
): Tool[] {
  return verbs
    .filter((verb) => !verb.credential && scopes.includes(verb.scope))
    .filter((verb) => !needsAct(verb) || scopes.includes('act'))
    .filter(({ name }) => nouns === undefined || nouns.includes(nounOf(name)))
    .map(toolOf);
}

function toolOf(verb: AnyVerb): Tool {
  return {
    name: toolName(verb.name),
    verb,
    description: describe(verb),
    inputSchema: inputSchemaOf(verb),
    annotations: {
      title: verb.name.replace('.', ' '),
      readOnlyHint: !verb.changes,
      destructiveHint: verb.changes && verb.adds !== true,
      idempotentHint: !verb.changes || verb.repeatable === true,
      // What it answers comes from the systems that are watched, and nobody knows what stands there.
      openWorldHint: true,
    },
  };
}

export function toolName(verb: string): string {
  return verb.replace('.', '_');
}

export function nounOf(verb: string): string {
  return verb.split('.')[0] ?? verb;
}

function describe(verb: AnyVerb): string {
  const { summary, scope, changes } = verb;
  const wanted = [...(scope === 'read' ? [] : [scope]), ...(needsAct(verb) ? ['act'] : [])];
  const needs = wanted.length === 0 ? '' : ` Needs the scope ${wanted.join(' and ')}.`;
  const effect = needsAct(verb) ? ' Takes effect at once: no person is asked.' : '';
  const waits = verb.proposes
    ? ' What a model proposes always waits for a person, and the guard may refuse it.'
    : '';
  return `${summary}.${changes ? '' : ' Changes nothing.'}${effect}${waits}${needs}`;
}

function inputSchemaOf({ input }: AnyVerb): Tool['inputSchema'] {
  const { properties = {}, required = [] } = z.toJSONSchema(input, { io: 'input', unrepresentable: 'any' });
  return {
    type: 'object',
    properties,
    ...(required.length > 0 ? { required } : {}),
    additionalProperties: false,
  };
}
