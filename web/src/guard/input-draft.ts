/** What an action wants to be told, read from its JSON Schema, and what was typed as its input. */

export interface Field {
  readonly name: string;
  readonly kind: 'text' | 'number' | 'yes-no' | 'choice' | 'json';
  readonly about: string;
  readonly isNeeded: boolean;
  readonly choices: readonly string[];
  /** What it is where nothing is typed. */
  readonly usual: string;
}

export type Draft = Readonly<Record<string, string>>;

type Part = Readonly<Record<string, unknown>>;

function isPart(value: unknown): value is Part {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

export function fieldsOf(schema: Part): Field[] {
  const needed = Array.isArray(schema.required) ? schema.required : [];
  if (!isPart(schema.properties)) return [];
  return Object.entries(schema.properties).map(([name, value]) => {
    const part = isPart(value) ? value : {};
    return {
      name,
      kind: kindOf(part),
      about: typeof part.description === 'string' ? part.description : '',
      isNeeded: needed.includes(name),
      choices: Array.isArray(part.enum) ? part.enum.map(String) : [],
      usual: part.default === undefined ? '' : String(part.default),
    };
  });
}

function kindOf({ type, enum: choices }: Part): Field['kind'] {
  if (Array.isArray(choices)) return 'choice';
  if (type === 'boolean') return 'yes-no';
  if (type === 'integer' || type === 'number') return 'number';
  return type === 'string' ? 'text' : 'json';
}

/** The input as JSON; undefined while something needed is missing or reads as nothing. */
export function inputOf(fields: readonly Field[], draft: Draft): string | undefined {
  const input: Record<string, unknown> = {};
  for (const { name, kind, isNeeded } of fields) {
    const text = (draft[name] ?? '').trim();
    if (text === '') {
      if (isNeeded) return undefined;
      continue;
    }
    const value = readAs(kind, text);
    if (value === undefined) return undefined;
    input[name] = value;
  }
  return JSON.stringify(input);
}

function readAs(kind: Field['kind'], text: string): unknown {
  if (kind === 'yes-no') return text === 'yes' || text === 'true';
  if (kind === 'number') return Number.isFinite(Number(text)) ? Number(text) : undefined;
  if (kind !== 'json') return text;
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
