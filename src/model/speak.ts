/** One exchange with a language model, in the dialect of its endpoint. */
import type { ModelSettings } from '../core/model.ts';
import { plain } from '../core/plain.ts';
import { redact } from '../core/redact.ts';
import type { Clock } from '../core/time.ts';

type Providers = typeof import('@ai-sdk/openai-compatible');
type Model = Pick<ReturnType<ReturnType<Providers['createOpenAICompatible']>>, 'doGenerate'>;
export type Options = Parameters<Model['doGenerate']>[0];
export type Prompt = Options['prompt'];
export type Spoken = Awaited<ReturnType<Model['doGenerate']>>;

export interface Speaker {
  /** @throws ModelTrouble */
  speak(options: Options): Promise<Spoken>;
}

/** In words that hold neither the key nor what was sent. */
export class ModelTrouble extends Error {
  override readonly name = 'ModelTrouble';
}

const retryAfterMs = 2_000;

/** The SDK of the dialect is loaded when a model is first spoken to. */
export async function openModel(settings: ModelSettings, clock: Clock): Promise<Speaker> {
  const model = await modelOf(settings);
  return {
    async speak(options) {
      try {
        return await model.doGenerate(options);
      } catch (error) {
        if (!isRetryable(error) || options.abortSignal?.aborted) throw trouble(error, settings);
      }
      try {
        await clock.sleep(retryAfterMs, options.abortSignal);
        return await model.doGenerate(options);
      } catch (error) {
        throw trouble(error, settings);
      }
    },
  };
}

async function modelOf({ dialect, url, name, key }: ModelSettings): Promise<Model> {
  // Without a key of ours the SDK would take one from the environment that nobody configured.
  const common = { baseURL: url, apiKey: key ?? 'none', fetch: withoutRedirects };
  if (dialect === 'anthropic') {
    const { createAnthropic } = await import('@ai-sdk/anthropic');
    return createAnthropic(common)(name);
  }
  const { createOpenAICompatible } = await import('@ai-sdk/openai-compatible');
  return createOpenAICompatible({ name: 'model', ...common })(name);
}

/** What is sent goes to the endpoint that was configured and to no other. */
const withoutRedirects: typeof fetch = (input, init) => fetch(input, { ...init, redirect: 'error' });

function isRetryable(error: unknown): boolean {
  return error instanceof Error && 'isRetryable' in error && error.isRetryable === true;
}

function trouble(error: unknown, { url, name, key }: ModelSettings): ModelTrouble {
  const status =
    error instanceof Error && 'statusCode' in error && typeof error.statusCode === 'number'
      ? `answered ${error.statusCode}: `
      : '';
  const said = redact(error instanceof Error ? error.message : String(error));
  const clean = key === null ? said : said.replaceAll(key, '(hidden)');
  return new ModelTrouble(`${name} at ${new URL(url).host} ${status}${plain(clean, 300)}`);
}
