import { z } from 'zod';
import { changeKinds } from '../../core/change.ts';
import { parseInstant } from '../../core/oncall/wall-time.ts';
import { hintFor } from '../../core/suggest.ts';
import { UpkeepError } from '../../core/verb.ts';
import { defineVerb } from '../context.ts';

const mostDifferences = 200;
const text = z.string().trim().max(500);

export const changeRecord = defineVerb({
  name: 'change.record',
  summary: 'Writes into the change ledger that something was changed: a deployment, a setting, a package',
  scope: 'push',
  changes: true,
  adds: true,
  route: 'POST /changes',
  positional: ['summary'],
  examples: [
    'upkeep change record "release 4.2.1" --kind deployment --service shop --url https://ci.example/run/7',
    'upkeep change record "openssl 3.0.15" --kind package --target machine',
  ],
  input: z.object({
    summary: text.min(3).describe('one line: what was changed'),
    kind: z.enum(changeKinds).default('deployment').describe('what kind of change'),
    target: text.optional().describe('name of the target it was made to'),
    service: text.optional().describe('name of the service it was made to'),
    at: z
      .string()
      .optional()
      .describe('when: 2026-11-22T14:05:00Z, or a wall time of the team; now when left out'),
    url: z
      .url({ protocol: /^https?$/ })
      .max(1_000)
      .optional()
      .describe('where to read more'),
    differences: z
      .array(z.object({ name: text.min(1), before: text.nullable(), after: text.nullable() }))
      .max(mostDifferences)
      .default([])
      .describe('what differs: name, before and after; null for nothing'),
  }),
  async run({ ctx, input, actor }) {
    const { target = null, service = null, kind, summary, differences, url = null } = input;
    const places = {
      target: [...ctx.estate().targets.keys()],
      service: ctx.configuration().services.map(({ name }) => name),
    };
    known('target', target, places);
    known('service', service, places);
    const at = input.at === undefined ? undefined : parseInstant(input.at, ctx.configuration().timezone);
    if (input.at !== undefined && at === undefined)
      throw new UpkeepError('bad-input', `at: ${input.at} is no time; write it as 2026-11-22T14:05:00Z`);
    if (at !== undefined && at > ctx.clock.now() + aheadMs)
      throw new UpkeepError('bad-input', 'at: a change is recorded once it was made, not before');
    const report = { kind, target, service, summary, differences, url, ...(at === undefined ? {} : { at }) };
    return ctx.ledger.report(report, actor.name);
  },
});

type Place = 'target' | 'service';

/** Clocks of other machines run ahead by so much. */
const aheadMs = 5 * 60_000;

function known(what: Place, name: string | null, places: Readonly<Record<Place, readonly string[]>>): void {
  const other = what === 'target' ? 'service' : 'target';
  const [names, others] = [places[what], places[other]];
  if (name === null || names.includes(name)) return;
  const hint = others.includes(name) ? `${name} is a ${other}: --${other} ${name}` : hintFor(name, names);
  throw new UpkeepError(
    'not-found',
    `no ${what} is called ${name}${hint === undefined ? '' : `; ${hint}`}; there are ${names.join(', ') || 'none'}. Nothing was recorded: leave --${what} out for what is not watched`,
  );
}
