/** OpenAPI 3.1 written from the verbs; nothing of it is kept by hand. */
import { z } from 'zod';
import { errorCodes } from '../core/verb.ts';
import type { AnyVerb } from '../verbs/context.ts';

export function openApi(verbs: readonly AnyVerb[], version: string) {
  const paths: Record<string, Record<string, unknown>> = {};
  for (const verb of verbs) {
    const [method = 'GET', route = '/'] = verb.route.split(' ');
    const path = `/api/v1${route.replace(/:(\w+)/g, '{$1}')}`;
    paths[path] = { ...paths[path], [method.toLowerCase()]: operation(verb, method, route) };
  }
  return {
    openapi: '3.1.0',
    info: {
      title: 'Upkeep',
      version,
      description: 'Made from the verbs; the same verbs are commands of `upkeep`.',
    },
    servers: [{ url: '/' }],
    security: [{ token: [] }],
    paths,
    components: { securitySchemes: { token: { type: 'http', scheme: 'bearer' } } },
  };
}

function operation(verb: AnyVerb, method: string, route: string) {
  const schema = z.toJSONSchema(verb.input, { io: 'input', unrepresentable: 'any' });
  const properties = schema.properties ?? {};
  const inPath = [...route.matchAll(/:(\w+)/g)].map((match) => match[1] ?? '');
  const others = Object.keys(properties).filter((name) => !inPath.includes(name));
  const parameter = (name: string, place: 'path' | 'query') => ({
    name,
    in: place,
    required: place === 'path' || (schema.required ?? []).includes(name),
    schema: properties[name],
  });
  const isGet = method === 'GET';
  return {
    operationId: verb.name,
    summary: verb.summary,
    'x-scope': verb.scope,
    parameters: [
      ...inPath.map((name) => parameter(name, 'path')),
      ...(isGet ? others.map((name) => parameter(name, 'query')) : []),
    ],
    ...(isGet || others.length === 0
      ? {}
      : {
          requestBody: {
            content: { 'application/json': { schema: { ...schema, properties: pick(properties, others) } } },
          },
        }),
    responses: {
      200: { description: 'done', content: { 'application/json': {} } },
      default: { description: `an error: ${Object.keys(errorCodes).join(', ')}` },
    },
  };
}

function pick(properties: Readonly<Record<string, unknown>>, names: readonly string[]) {
  return Object.fromEntries(names.map((name) => [name, properties[name]]));
}
