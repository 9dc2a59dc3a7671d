/** Whatever a caller gets wrong in the input of any verb is answered in Upkeep's own words. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { z } from 'zod';
import { inputProblems } from '../core/input-words.ts';
import { verbs } from './index.ts';

const libraryText =
  /Invalid|expected .*received|Unrecognized|Too (small|big)|No matching|must match pattern|[<>]=|undefined|NaN|9007199254740991/;

const anywhere: readonly unknown[] = [
  ...[undefined, null, true, 0, -1, 1.5, 1e15, Number.NaN, Number.POSITIVE_INFINITY, -(2 ** 60)],
  ...['', ' ', 'x', '%', 'no such choice', '2026-13-45', 'x'.repeat(300_000), '\u0000\n'],
  ...[[], [1], ['', ''], [[]], Array.from({ length: 5_000 }, () => 'x'), {}, { stranger: 1 }, { '': '' }],
];

/** Values that the schema should refuse, each with one part wrong; some pass, which does no harm. */
function wrongValues(schema: z.core.$ZodType): unknown[] {
  if (schema instanceof z.ZodObject) {
    const parts = Object.entries(schema.shape).flatMap(([key, part]) =>
      wrongValues(part).map((value) => ({ [key]: value })),
    );
    return [...anywhere, ...parts];
  }
  if (schema instanceof z.ZodArray) return [...anywhere, ...wrongValues(schema.element).map((one) => [one])];
  if (schema instanceof z.ZodRecord)
    return [...anywhere, ...wrongValues(schema.valueType).map((one) => ({ key: one }))];
  if (schema instanceof z.ZodUnion) return schema.options.flatMap(wrongValues);
  if (schema instanceof z.ZodPipe) return [schema.def.in, schema.def.out].flatMap(wrongValues);
  if (schema instanceof z.ZodOptional || schema instanceof z.ZodNullable)
    return wrongValues(schema.def.innerType);
  if (schema instanceof z.ZodDefault || schema instanceof z.ZodPrefault)
    return wrongValues(schema.def.innerType);
  return [...anywhere];
}

test('no wrong input of any verb is answered with a text of the library', () => {
  const foreign = new Set<string>();
  let refusals = 0;
  for (const verb of verbs) {
    for (const [name, part] of Object.entries(verb.input.shape)) {
      for (const value of wrongValues(part)) {
        const { error } = verb.input.safeParse({ [name]: value });
        const lines = error ? inputProblems(error, z.object({})) : [];
        refusals += lines.length;
        for (const line of lines)
          if (libraryText.test(line)) foreign.add(`${verb.name}: ${line.slice(0, 200)}`);
      }
    }
    const { error } = verb.input.strict().safeParse({ 'no-such-input': 1 });
    for (const line of error ? inputProblems(error, z.object({})) : [])
      if (libraryText.test(line)) foreign.add(`${verb.name}: ${line}`);
  }
  assert.ok(refusals > 1_000, `only ${refusals} refusals were looked at`);
  assert.deepEqual([...foreign], []);
});
