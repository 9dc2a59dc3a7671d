/** The keys of a zod object as rows of a table. */
import { z } from 'zod';
import { code, table } from './table.ts';

interface Field {
  readonly type?: string | readonly string[];
  readonly description?: string;
  readonly default?: unknown;
  readonly enum?: readonly unknown[];
  readonly const?: unknown;
  readonly anyOf?: readonly Field[];
  readonly items?: Field;
  readonly properties?: Readonly<Record<string, Field>>;
  readonly required?: readonly string[];
  readonly secret?: boolean;
}

/** Null where there are no keys. */
export function fieldTable(schema: z.ZodObject, heading = 'Key'): string | null {
  const rows = rowsOf(z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any' }) as Field, '');
  return rows.length === 0 ? null : table([heading, 'Type', 'Default', 'Meaning'], rows);
}

function rowsOf(object: Field, prefix: string): string[][] {
  return Object.entries(object.properties ?? {}).flatMap(([name, field]) => {
    const path = `${prefix}${name}`;
    const isRequired = object.required?.includes(name) ?? false;
    const standard =
      field.default === undefined || isEmptyObject(field.default) ? '' : code(JSON.stringify(field.default));
    const meaning = `${field.description ?? ''}${field.secret ? ' Secret.' : ''}`.trim();
    const row = [code(path), typeOf(field), isRequired ? 'required' : standard, meaning];
    return [row, ...rowsOf(field, `${path}.`)];
  });
}

function isEmptyObject(value: unknown): boolean {
  return (
    typeof value === 'object' && value !== null && !Array.isArray(value) && Object.keys(value).length === 0
  );
}

function typeOf(field: Field): string {
  if (field.enum) return field.enum.map((choice) => code(String(choice))).join(', ');
  if (field.const !== undefined) return code(String(field.const));
  if (field.anyOf) return [...new Set(field.anyOf.map(typeOf))].join(', ');
  if (field.type === 'array') return `list of ${field.items ? typeOf(field.items) : 'values'}`;
  if (field.type === 'object') return 'map';
  if (field.type === 'string') return 'text';
  return typeof field.type === 'string' ? field.type : 'text';
}
