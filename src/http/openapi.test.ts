import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Validator } from '@seriousme/openapi-schema-validator';
import { z } from 'zod';
import { verbs } from '../verbs/index.ts';
import { openApi } from './openapi.ts';

interface Operation {
  readonly operationId: string;
  readonly parameters: readonly { name: string; in: string; required: boolean; schema: object }[];
  readonly requestBody?: {
    required: boolean;
    content: { 'application/json': { schema: { required: string[]; properties: object } } };
  };
  readonly responses: Readonly<Record<string, unknown>>;
}

const document = JSON.parse(JSON.stringify(openApi(verbs, '1.2.3')));

test('the document is valid OpenAPI 3.1', async () => {
  const { valid, errors } = await new Validator().validate(structuredClone(document));
  assert.equal(valid, true, JSON.stringify(errors, null, 1));
  assert.equal(document.openapi, '3.1.0');
});

for (const verb of verbs) {
  test(`${verb.name}: every input has one place, with what it must be, and errors have their shape`, () => {
    const [method = '', route = ''] = verb.route.split(' ');
    const path = `/api/v1${route.replace(/:(\w+)/g, '{$1}')}`;
    const operation: Operation = document.paths[path]?.[method.toLowerCase()];
    assert.equal(operation?.operationId, verb.name);
    const schema = z.toJSONSchema(verb.input, { io: 'input', unrepresentable: 'any' });
    const body = operation.requestBody?.content['application/json'].schema;
    const places = [...operation.parameters.map(({ name }) => name), ...Object.keys(body?.properties ?? {})];
    assert.deepEqual(places.sort(), Object.keys(schema.properties ?? {}).sort());
    const must = [
      ...operation.parameters.filter(({ required }) => required).map(({ name }) => name),
      ...(body?.required ?? []),
    ];
    assert.deepEqual(must.sort(), [...(schema.required ?? [])].sort());
    for (const { name, schema: described } of operation.parameters)
      assert.ok(Object.keys(described).length > 0, `${name} has no schema`);
    for (const status of ['400', '401', '403', '500'])
      assert.match(JSON.stringify(operation.responses[status]), /schemas\/Error/);
  });
}
