/** A language model that may explain in its own words, where the team has configured one; nothing is sent otherwise. */
export interface ModelSettings {
  /** How the endpoint is spoken to: `/chat/completions` as OpenAI made it, or `/messages` as Anthropic did. */
  readonly dialect: 'openai' | 'anthropic';
  /** `https://api.example.org/v1` */
  readonly url: string;
  readonly name: string;
  /** Stays in this process. */
  readonly key: string | null;
  readonly budget: ModelBudget;
}

/** What one investigation may use at most. */
export interface ModelBudget {
  /** Read and written together. */
  readonly tokens: number;
  /** Of tools. */
  readonly calls: number;
  readonly timeMs: number;
}

/** About a tenth of what models lose themselves in when nobody stops them; raise it where answers are cut off. */
export const defaultModelBudget: ModelBudget = { tokens: 120_000, calls: 16, timeMs: 150_000 };
