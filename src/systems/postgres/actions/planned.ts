/** What the actions share: names in their inputs, and that only what was planned is done. */
import { escapeIdentifier } from 'pg';
import { z } from 'zod';

/** As the catalogue has it, without quotes. */
export const nameInput = (of: string) =>
  z.string().min(1).max(63).describe(`${of} as the catalogue has it, without quotes`);
export const schemaInput = nameInput('Schema').default('public');

/** `"public"."orders"`: always quoted, so that a name is never anything else. */
export function qualified(schema: string, name: string): string {
  return `${escapeIdentifier(schema)}.${escapeIdentifier(name)}`;
}

/** People write `public.orders` where the name alone is asked for. */
export function placed(schema: string, name: string): { readonly schema: string; readonly name: string } {
  const [first = '', ...rest] = name.split('.');
  const isWhole = rest.length > 0 && first !== '' && rest.every((part) => part !== '');
  const isMeant = isWhole && (schema === 'public' || schema === first);
  return isMeant ? { schema: first, name: rest.join('.') } : { schema, name };
}

const megabyte = 1_048_576;

export function sizeOf(bytes: number): string {
  return bytes >= 1_024 * megabyte
    ? `${(bytes / (1_024 * megabyte)).toFixed(1)} GiB`
    : `${Math.max(1, Math.round(bytes / megabyte))} MiB`;
}

/** Slow disks sort and write an index of a table at about 5 MiB/s (J); six hours at most. */
export function buildLimitMs(bytes: number): number {
  return Math.round(Math.min(6 * 3_600_000, Math.max(60_000, (bytes / (5 * megabyte)) * 1_000)));
}
