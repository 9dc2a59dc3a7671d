import { z } from 'zod';
import { editableSections } from '../../practices/postmortem/compose.ts';
import { gatherFacts } from '../../practices/postmortem/facts.ts';
import { writePostmortem } from '../../practices/postmortem/index.ts';
import * as incidentRows from '../../store/incidents.ts';
import * as journal from '../../store/journal.ts';
import * as postmortems from '../../store/postmortems.ts';
import { defineVerb } from '../context.ts';
import { incidentId } from '../incident/fields.ts';
import { impactFor } from '../incident/measured-impact.ts';

export const postmortemEdit = defineVerb({
  name: 'postmortem.edit',
  summary: 'Writes a section of a post-mortem; it stays as written while the rest is computed anew',
  scope: 'operate',
  changes: true,
  repeatable: true,
  route: 'POST /incidents/:id/postmortem',
  positional: ['id', 'section'],
  examples: ['upkeep postmortem edit 01990d2c fix --text "The pool is closed after each request."'],
  input: z.object({
    id: incidentId,
    section: z.enum(editableSections).describe('which section'),
    text: z.string().max(20_000).default('').describe('Markdown; nothing puts what is computed back'),
  }),
  async run({ ctx, input, actor }) {
    const { id } = await incidentRows.find(ctx.store.db, input.id);
    const at = ctx.clock.now();
    const was = await ctx.store.transaction(async (tx) => {
      const before = (await postmortems.read(tx, id))?.sections ?? {};
      const { [input.section]: _, ...others } = before;
      const own = input.text.trim();
      const sections = own === '' ? others : { ...others, [input.section]: own };
      await postmortems.write(tx, id, { sections, editedAt: at, editedBy: actor.name });
      await journal.append(tx, {
        ...{ at, actor: actor.name, kind: 'postmortem.edited', subject: `incident:${id}`, incidentId: id },
        payload: { section: input.section, text: own },
      });
      return before[input.section] ?? null;
    });
    ctx.changed();
    const incident = await incidentRows.require(ctx.store.db, id);
    const written = await writePostmortem(
      await gatherFacts(ctx, incident, await impactFor(ctx, incident)),
      'markdown',
    );
    /** What was written by hand there before; null where it was computed. */
    return {
      id,
      section: input.section,
      was,
      url: `${ctx.baseUrl()}/incidents/${id}/postmortem`,
      ...written,
    };
  },
});
