/** OpenAPI 3.1 written from the verbs; nothing of them is kept by hand. */
import { z } from 'zod';
import { type ErrorCode, errorCodes } from '../core/verb.ts';
import type { AnyVerb } from '../verbs/context.ts';

/** What any call may answer, whatever the verb. */
const commonErrors: readonly ErrorCode[] = ['bad-input', 'not-signed-in', 'not-allowed', 'internal'];

export function openApi(verbs: readonly AnyVerb[], version: string) {
  const paths: Record<string, Record<string, unknown>> = { ...fixedPaths };
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
      license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
    },
    servers: [{ url: '/' }],
    security: [{ token: [] }, { session: [] }],
    tags: [...new Set(verbs.map(nounOf))].map((name) => ({ name })),
    paths,
    components: {
      securitySchemes: {
        token: { type: 'http', scheme: 'bearer', description: 'Made by `upkeep token create`' },
        session: {
          type: 'apiKey',
          in: 'cookie',
          name: 'upkeep_session',
          description: 'Of the dashboard; requests that change something also need the header `X-Upkeep: 1`',
        },
      },
      schemas: { Error: errorSchema },
    },
  };
}

const errorSchema = {
  type: 'object',
  required: ['error'],
  properties: {
    error: {
      type: 'object',
      required: ['code', 'message'],
      properties: {
        code: { type: 'string', enum: Object.keys(errorCodes), description: 'stable' },
        message: { type: 'string', description: 'for people' },
      },
    },
  },
};

function answers(description: string, type: string) {
  return { responses: { 200: { description, content: { [type]: {} } }, ...errorAnswers(commonErrors) } };
}

const fixedPaths = {
  '/healthz': {
    get: {
      operationId: 'health',
      summary: 'Says that the process answers; needs no credentials',
      security: [],
      responses: { 200: { description: 'it answers', content: { 'text/plain': {} } } },
    },
  },
  '/readyz': {
    get: {
      operationId: 'ready',
      summary: 'Says whether everything has started; needs no credentials',
      security: [],
      responses: { 200: { description: 'ready' }, 503: { description: 'starting, or stopping' } },
    },
  },
  '/metrics': {
    get: {
      operationId: 'metrics',
      summary: "Upkeep's own metrics in the Prometheus text format",
      'x-scope': 'read',
      ...answers('the metrics', 'text/plain'),
    },
  },
  '/api/v1/events': {
    get: {
      operationId: 'events',
      summary: 'Journal entries and target states as server-sent events, as they happen',
      'x-scope': 'read',
      ...answers('the stream', 'text/event-stream'),
    },
  },
};

function operation(verb: AnyVerb, method: string, route: string) {
  const schema = z.toJSONSchema(verb.input, { io: 'input', unrepresentable: 'any' });
  const properties = schema.properties ?? {};
  const required = schema.required ?? [];
  const inPath = [...route.matchAll(/:(\w+)/g)].map((match) => match[1] ?? '');
  const others = Object.keys(properties).filter((name) => !inPath.includes(name));
  const parameter = (name: string, place: 'path' | 'query') => ({
    name,
    in: place,
    required: place === 'path' || required.includes(name),
    schema: properties[name] ?? {},
  });
  const isGet = method === 'GET';
  const mustSend = required.filter((name) => others.includes(name));
  const body = {
    required: mustSend.length > 0,
    content: {
      'application/json': {
        schema: { type: 'object', required: mustSend, properties: pick(properties, others) },
      },
    },
  };
  return {
    operationId: verb.name,
    summary: verb.summary,
    tags: [nounOf(verb)],
    'x-scope': verb.scope,
    parameters: [
      ...inPath.map((name) => parameter(name, 'path')),
      ...(isGet ? others.map((name) => parameter(name, 'query')) : []),
    ],
    ...(isGet || others.length === 0 ? {} : { requestBody: body }),
    responses: {
      200: { description: 'done', content: { 'application/json': { schema: {} } } },
      ...errorAnswers(errorsOf(verb, inPath)),
    },
  };
}

function errorsOf(verb: AnyVerb, inPath: readonly string[]): ErrorCode[] {
  const namesSomething = inPath.length > 0 || 'target' in verb.input.shape;
  return [
    ...commonErrors,
    ...(namesSomething ? (['not-found'] as const) : []),
    ...(verb.changes ? (['conflict', 'expired', 'too-large'] as const) : []),
  ];
}

function errorAnswers(codes: readonly ErrorCode[]): Record<string, unknown> {
  const content = { 'application/json': { schema: { $ref: '#/components/schemas/Error' } } };
  return Object.fromEntries(codes.map((code) => [errorCodes[code], { description: code, content }]));
}

function nounOf({ name }: Pick<AnyVerb, 'name'>): string {
  return name.split('.')[0] ?? name;
}

function pick(properties: Readonly<Record<string, unknown>>, names: readonly string[]) {
  return Object.fromEntries(names.map((name) => [name, properties[name]]));
}
