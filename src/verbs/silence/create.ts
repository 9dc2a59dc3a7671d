import { z } from 'zod';
import { formatMatcher, type Matcher, parseMatcher } from '../../core/mute.ts';
import { strangersAmong } from '../../core/mute-strangers.ts';
import { parseDuration } from '../../core/time.ts';
import { UpkeepError } from '../../core/verb.ts';
import { releaseAt } from '../../pipeline/holds.ts';
import * as journal from '../../store/journal.ts';
import * as silences from '../../store/silences.ts';
import { defineVerb } from '../context.ts';
import { reachable } from './reachable.ts';
import { firingNow, silenceView } from './view.ts';

const longestMs = 90 * 86_400_000;

export const silenceCreate = defineVerb({
  name: 'silence.create',
  summary:
    'Holds matching alerts back until a time; they are judged when it ends. Refuses conditions that match nothing known',
  scope: 'operate',
  changes: true,
  route: 'POST /silences',
  positional: ['matchers'],
  examples: [
    'upkeep silence create target=web-* --for 2h --reason "moving to the new rack"',
    'upkeep silence create rule=postgres.*,level!=critical --for 30m --reason "load test"',
  ],
  input: z.object({
    matchers: z
      .union([z.array(z.string()).min(1).max(20), z.string()])
      .describe(
        'conditions, all of which must hold: rule, target, service, system, level, environment or a label, = or !=, * for any text; with commas between',
      ),
    for: z.string().default('1h').describe('how long: 30m, 2h, 3d; at most 90d'),
    reason: z.string().trim().min(3).max(500).describe('why; everybody sees it'),
    force: z
      .preprocess((value) => value === 'true' || value, z.boolean().default(false))
      .describe('also where a condition names nothing that is known'),
  }),
  async run({ ctx, input, actor }) {
    const matchers = matchersOf(input.matchers);
    const forMs = parseDuration(input.for);
    if (forMs === undefined || forMs <= 0)
      throw new UpkeepError(
        'bad-input',
        `for: ${JSON.stringify(input.for)} is no duration; use ms, s, m, h, d or w, such as 30m, 2h or 3d`,
      );
    if (forMs > longestMs) throw new UpkeepError('bad-input', `for: ${input.for} is too long; at most 90d`);
    const known = await reachable(ctx);
    const strange = strangersAmong(matchers, known);
    if (strange.length > 0 && !input.force)
      throw new UpkeepError(
        'bad-input',
        `matchers: ${strange.join('; ').replace(/(?<!\?)$/, '.')} Nothing was silenced; with force (--force) it is made all the same`,
      );
    const now = ctx.clock.now();
    const silence = {
      id: ctx.newId(),
      matchers,
      reason: input.reason,
      createdBy: actor.name,
      createdAt: now,
      startsAt: now,
      endsAt: now + forMs,
    };
    await ctx.store.transaction(async (tx) => {
      await silences.insert(tx, silence);
      await releaseAt(tx, silence.endsAt);
      await journal.append(tx, {
        at: now,
        actor: actor.name,
        kind: 'silence.created',
        subject: `silence:${silence.id}`,
        payload: { matchers: matchers.map(formatMatcher), reason: input.reason, endsAt: silence.endsAt },
      });
    });
    ctx.changed();
    return silenceView(silence, now, await firingNow(ctx), known);
  },
});

function matchersOf(given: string | readonly string[]): Matcher[] {
  const texts = (typeof given === 'string' ? given.split(',') : given).filter((text) => text.trim() !== '');
  const matchers = texts.map((text) => {
    const matcher = parseMatcher(text);
    if (!matcher)
      throw new UpkeepError(
        'bad-input',
        `matchers: ${JSON.stringify(text)} is no condition; write target=web-* or level!=critical`,
      );
    return matcher;
  });
  if (matchers.length === 0)
    throw new UpkeepError(
      'bad-input',
      'matchers: name at least one condition; a silence of everything is not made by accident',
    );
  return matchers;
}
