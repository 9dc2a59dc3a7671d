import assert from 'node:assert/strict';
import { test } from 'node:test';
import { z } from 'zod';
import { inputProblems } from './input-words.ts';

const schema = z.object({
  reason: z.string().trim().min(3).max(5).describe('why; it stands in the journal'),
  name: z.string().min(1).optional(),
  limit: z.coerce.number().int().min(1).max(500).optional(),
  level: z.enum(['high', 'low']).optional(),
  names: z.array(z.string()).min(1).max(2).optional(),
  code: z.string().regex(/^\d+$/, 'write digits only').optional(),
  mail: z.email().optional(),
  share: z.union([z.number(), z.boolean()]).optional(),
  scopes: z.union([z.array(z.enum(['read', 'write'])).max(2), z.string().max(5)]).optional(),
  way: z.union([z.object({ by: z.literal('mail') }), z.object({ by: z.literal('post') })]).optional(),
  family: z.union([z.literal(4), z.literal(6), z.literal('any')]).optional(),
  above: z.number().positive().optional(),
  pin: z.string().length(4).optional(),
  letters: z
    .string()
    .regex(/^[a-z]+$/)
    .optional(),
  labels: z.record(z.string().min(2), z.string()).optional(),
  even: z
    .number()
    .refine((value) => value % 2 === 0)
    .optional(),
});

function said(input: Readonly<Record<string, unknown>>): string[] {
  const { error } = schema.safeParse({ reason: 'good', ...input });
  return error ? inputProblems(error, schema, (name) => `--${name}`) : [];
}

test('each rule that was broken says what is wanted, with the name that was typed', () => {
  assert.deepEqual(said({ reason: 'x' }), [
    '--reason: needs at least 3 characters (why; it stands in the journal)',
  ]);
  assert.deepEqual(said({ reason: undefined }), ['--reason: is missing (why; it stands in the journal)']);
  for (const [input, words] of [
    [{ name: '' }, '--name: must not be empty'],
    [{ limit: 'x' }, '--limit: must be a number'],
    [{ limit: 1.5 }, '--limit: must be a whole number'],
    [{ limit: 0 }, '--limit: must be at least 1'],
    [{ limit: 501 }, '--limit: must be at most 500'],
    [{ level: 'hihg' }, '--level: must be high or low'],
    [{ names: [] }, '--names: must not be empty'],
    [{ names: ['a', 'b', 'c'] }, '--names: may have 2 entries at most'],
    [{ names: [1] }, '--names.0: must be text'],
    [{ code: 'x' }, '--code: write digits only'],
    [{ mail: 'x' }, '--mail: is no mail address'],
    [{ share: 'x' }, '--share: must be a number, or must be true or false'],
    [{ scopes: ['raed'] }, '--scopes.0: must be read or write'],
    [{ scopes: ['read', 'read', 'read'] }, '--scopes: may have 2 entries at most'],
    [{ scopes: 1 }, '--scopes: must be a list, or must be text'],
    [{ way: { by: 'air' } }, '--way.by: must be mail or post'],
    [{ family: 5 }, '--family: must be 4, 6 or any'],
    [{ above: 0 }, '--above: must be more than 0'],
    [{ limit: 2 ** 60 }, '--limit: is too large; --limit: must be at most 500'],
    [{ pin: 'x' }, '--pin: needs exactly 4 characters'],
    [{ letters: '1' }, '--letters: does not have the form /^[a-z]+$/'],
    [{ labels: { x: 'y' } }, '--labels.x: has a key that needs at least 2 characters'],
    [{ even: 1 }, '--even: is not understood'],
    [{ name: [] }, '--name: must be text'],
  ] as const)
    assert.equal(said(input).join('; '), words);
});

test('no text of the library is shown', () => {
  const all = said({ reason: 'far too long', name: 1, limit: {}, level: 1, names: 'x', code: 1, share: 'x' });
  assert.equal(all.length, 7);
  for (const one of all) assert.doesNotMatch(one, /Invalid|Too |expected|received|>=|<=/);
});
