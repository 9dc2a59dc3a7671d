/** Every verb: as a command, as a route, with its input. */
import type { AnyVerb } from '../../src/verbs/context.ts';
import { fieldTable } from './fields.ts';
import { fence, page } from './table.ts';

export function verbsPage(verbs: readonly AnyVerb[]): string {
  return page('Verbs', [
    'Everything that anybody can do. Each verb is a command (`upkeep <noun> <verb>`, with `--json`) and a route below `/api/v1`. A route takes its input from path and query (`GET`) or from path and JSON body, and needs a session or a token with the scope. Errors: [errors.md](errors.md).',
    ...verbs.map(verbPart),
  ]);
}

function verbPart(verb: AnyVerb): string {
  const [method, path] = verb.route.split(' ');
  const input = fieldTable(verb.input, 'Input');
  return [
    `## ${verb.name}`,
    `${verb.summary}. Scope \`${verb.scope}\`, route \`${method} /api/v1${path}\`.`,
    ...(input === null ? [] : [input]),
    fence('sh', verb.examples.join('\n')),
  ].join('\n\n');
}
