/**
 * A model looks into trouble with the same tools as any assistant: it reads, and may propose what a person then decides.
 * Deterministic findings come first and stand beside its words; budgets end it whatever it wants.
 */
import type { ModelBudget } from '../core/model.ts';
import type { Clock } from '../core/time.ts';
import type { Caller } from '../mcp/caller.ts';
import { instructions, promptText } from '../mcp/prompts.ts';
import { fenced } from '../mcp/untrusted.ts';
import { ModelTrouble, type Options, type Prompt, type Speaker, type Spoken } from './speak.ts';

export interface ModelCall {
  readonly tool: string;
  readonly input: Readonly<Record<string, unknown>>;
  readonly isError: boolean;
}

export interface ModelAnswer {
  /** Its words; nobody has checked them. */
  readonly text: string;
  readonly calls: readonly ModelCall[];
  /** Read and written; estimated where the endpoint does not say. */
  readonly tokens: number;
  /** What ended it early, in words; null where it came to an end by itself. */
  readonly stopped: string | null;
}

export interface Question {
  readonly subject: string;
  /** What Upkeep found without a model. */
  readonly findings: unknown;
}

export interface ModelTools {
  readonly speaker: Speaker;
  readonly caller: Caller;
  readonly clock: Clock;
  readonly budget: ModelBudget;
}

const answerTokens = 2_000;
/** About 3,000 tokens a result: a model of small context forgets its task otherwise. */
const resultCharacters = 12_000;
const charactersPerToken = 4;

export async function investigateWith(tools: ModelTools, question: Question): Promise<ModelAnswer> {
  const { speaker, caller, clock, budget } = tools;
  const stop = new AbortController();
  const cancel = clock.after(budget.timeMs, () => stop.abort());
  const prompt: Prompt = opening(question, caller);
  const calls: ModelCall[] = [];
  const asked = new Set<string>();
  let tokens = 0;
  let words = '';
  const ended = (stopped: string | null): ModelAnswer => ({ text: words, calls, tokens, stopped });
  try {
    for (;;) {
      if (tokens + answerTokens > budget.tokens)
        return ended(`its budget of ${budget.tokens} tokens is used up`);
      const mayCall = calls.length < budget.calls;
      const spoken = await speaker.speak({
        prompt,
        tools: toolsOf(caller),
        toolChoice: { type: mayCall ? 'auto' : 'none' },
        maxOutputTokens: answerTokens,
        temperature: 0,
        abortSignal: stop.signal,
      });
      tokens += tokensOf(spoken, prompt);
      words = textOf(spoken) || words;
      const wanted = spoken.content.flatMap((part) => (part.type === 'tool-call' ? [part] : []));
      if (wanted.length === 0) return ended(words === '' ? 'it said nothing' : null);
      if (!mayCall) return ended(`its budget of ${budget.calls} calls is used up`);
      const answered: ToolMessage = { role: 'tool', content: [] };
      const repeated: AssistantMessage = { role: 'assistant', content: [] };
      if (textOf(spoken) !== '') repeated.content.push({ type: 'text', text: textOf(spoken) });
      for (const { toolCallId, toolName, input: raw } of wanted) {
        const input = parsed(raw);
        const answer =
          calls.length < budget.calls
            ? await answerTo(caller, asked, toolName, input)
            : { text: 'No call is left: conclude from what you have.', isError: true };
        if (calls.length < budget.calls)
          calls.push({ tool: toolName, input: input ?? {}, isError: answer.isError });
        repeated.content.push({ type: 'tool-call', toolCallId, toolName, input: input ?? {} });
        answered.content.push({
          ...{ type: 'tool-result', toolCallId, toolName },
          output: { type: 'text', value: answer.text },
        });
        if (stop.signal.aborted) return ended(timeIsUp(budget));
      }
      prompt.push(repeated, answered);
    }
  } catch (error) {
    if (stop.signal.aborted) return ended(timeIsUp(budget));
    if (error instanceof ModelTrouble) return ended(error.message);
    throw error;
  } finally {
    cancel();
  }
}

type AssistantMessage = Extract<Prompt[number], { role: 'assistant' }>;
type ToolMessage = Extract<Prompt[number], { role: 'tool' }>;

function timeIsUp({ timeMs }: ModelBudget): string {
  return `its time of ${Math.round(timeMs / 1_000)} s is up`;
}

function opening({ subject, findings }: Question, caller: Caller): Prompt {
  const text = [
    promptText({ subject }),
    '',
    'What Upkeep found without a model:',
    fenced(findings, caller.newMark(), resultCharacters),
  ].join('\n');
  return [
    { role: 'system', content: instructions },
    { role: 'user', content: [{ type: 'text', text }] },
  ];
}

function toolsOf(caller: Caller): NonNullable<Options['tools']> {
  return caller.tools.map(({ name, description, inputSchema }) => ({
    ...{ type: 'function', name, description, inputSchema },
  }));
}

/** A model that asks the same again and again never ends. */
async function answerTo(
  caller: Caller,
  asked: Set<string>,
  tool: string,
  input: Readonly<Record<string, unknown>> | null,
) {
  if (input === null) return { text: 'The input is no JSON object.', isError: true };
  const key = JSON.stringify([tool, input]);
  if (asked.has(key)) return { text: 'You asked this before; the answer stands above.', isError: true };
  asked.add(key);
  return caller.callTool(tool, input, resultCharacters);
}

function parsed(raw: string): Record<string, unknown> | null {
  try {
    const value: unknown = raw.trim() === '' ? {} : JSON.parse(raw);
    return value !== null && typeof value === 'object' && !Array.isArray(value) ? { ...value } : null;
  } catch {
    return null;
  }
}

function textOf({ content }: Spoken): string {
  return content
    .flatMap((part) => (part.type === 'text' ? [part.text] : []))
    .join('\n')
    .trim();
}

function tokensOf({ usage, content }: Spoken, prompt: Prompt): number {
  const read = usage.inputTokens.total ?? JSON.stringify(prompt).length / charactersPerToken;
  const written = usage.outputTokens.total ?? JSON.stringify(content).length / charactersPerToken;
  return Math.ceil(read + written);
}
