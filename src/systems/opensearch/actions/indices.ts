import { z } from 'zod';

/** One name: no wildcard, no list, no `_all`; what the server itself allows in a name. */
const indexName = z
  .string()
  .min(1)
  .max(255)
  .regex(/^[^\s,*?"<>|\\/#:A-Z_+-][^\s,*?"<>|\\/#:A-Z]*$/, {
    error: 'one index by its name, without wildcards',
  });

export const oneIndex = indexName.describe('Name of the index');

export const someIndices = z
  .array(indexName)
  .min(1)
  .max(50)
  .describe('Names of indices, without wildcards; 50 at most');

export function settingsPath(index: string): string {
  return `${encodeURIComponent(index)}/_settings`;
}
