/** Calls a verb for a model: only one that its scopes allow, with input that the verb knows, answered in words. */
import { hintFor } from '../core/suggest.ts';
import { needsAct, type Scope, UpkeepError } from '../core/verb.ts';
import { type AnyVerb, actWords } from '../verbs/context.ts';
import { type Tool, toolName, toolsFor } from './tool.ts';
import { fenced } from './untrusted.ts';

/** On whose behalf a model calls, and where its calls go. */
export interface Behalf {
  readonly scopes: readonly Scope[];
  /** Only verbs of these nouns; all where left out. */
  readonly nouns?: readonly string[] | undefined;
  /** Only these verbs; all where left out. */
  readonly names?: readonly string[] | undefined;
  call(verb: AnyVerb, input: Readonly<Record<string, unknown>>): Promise<unknown>;
  /** Hard to guess, new each time. */
  newMark(): string;
  /** That it was turned away for want of a scope; goes into the journal where there is one. */
  refused?(verb: AnyVerb): Promise<void>;
}

export interface Answer {
  readonly text: string;
  readonly isError: boolean;
}

export interface Caller {
  readonly tools: readonly Tool[];
  /** Never throws: what went wrong is an answer that the model can act on. */
  callTool(name: string, input: Readonly<Record<string, unknown>>, longest?: number): Promise<Answer>;
  /** For resources. @throws UpkeepError */
  ask(verb: string, input: Readonly<Record<string, unknown>>): Promise<unknown>;
  newMark(): string;
}

export function createCaller(verbs: readonly AnyVerb[], behalf: Behalf): Caller {
  const { names } = behalf;
  const tools = toolsFor(verbs, behalf.scopes, behalf.nouns).filter(
    ({ verb }) => names === undefined || names.includes(verb.name),
  );

  async function toolNamed(name: string): Promise<Tool> {
    const tool = tools.find((one) => one.name === name);
    if (tool) return tool;
    const verb = verbs.find((one) => toolName(one.name) === name);
    if (!verb) throw new UpkeepError('not-found', `there is no tool ${name.slice(0, 80)}${meant(name)}`);
    if (verb.credential)
      throw new UpkeepError('not-allowed', `${verb.name} handles a credential, which no model may`);
    if (behalf.scopes.includes(verb.scope) && needsAct(verb) && !behalf.scopes.includes('act')) {
      await behalf.refused?.({ ...verb, scope: 'act' });
      throw new UpkeepError('not-allowed', actWords(verb));
    }
    if (behalf.scopes.includes(verb.scope))
      throw new UpkeepError('not-allowed', `${verb.name} is not among the tools that were asked for`);
    await behalf.refused?.(verb);
    throw new UpkeepError(
      'not-allowed',
      `${verb.name} needs the scope ${verb.scope}; this token has ${behalf.scopes.join(', ') || 'none'}`,
    );
  }

  function meant(name: string): string {
    const hint = hintFor(
      name,
      tools.map((one) => one.name),
    );
    return hint === undefined ? '' : `; ${hint}`;
  }

  return {
    tools,
    newMark: behalf.newMark,
    async callTool(name, input, longest) {
      try {
        const { verb } = await toolNamed(name);
        requireKnown(verb, input);
        return { text: fenced(await behalf.call(verb, input), behalf.newMark(), longest), isError: false };
      } catch (error) {
        const what = error instanceof Error ? error.message : String(error);
        const code = error instanceof UpkeepError ? error.code : 'internal';
        // Messages quote names and texts of watched systems.
        return { text: fenced({ error: { code, message: what } }, behalf.newMark(), 4_000), isError: true };
      }
    },
    async ask(name, input) {
      const { verb } = await toolNamed(toolName(name));
      return behalf.call(verb, input);
    },
  };
}

/** A misspelt key that is passed over in silence is a filter that a model believes was applied. */
function requireKnown(verb: AnyVerb, input: Readonly<Record<string, unknown>>): void {
  const known = Object.keys(verb.input.shape);
  const stranger = Object.keys(input).find((name) => !known.includes(name));
  if (stranger === undefined) return;
  const hint = hintFor(stranger, known);
  throw new UpkeepError(
    'bad-input',
    `${verb.name} has no input ${stranger.slice(0, 80)}${hint === undefined ? '' : `; ${hint}`}; it has ${known.join(', ') || 'none'}`,
  );
}
