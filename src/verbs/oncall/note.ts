import { z } from 'zod';
import type { HandOffNoteView } from '../../core/oncall/view.ts';
import * as journal from '../../store/journal.ts';
import { defineVerb } from '../context.ts';
import { rotationNamed } from './roster.ts';

export const oncallNote = defineVerb({
  name: 'oncall.note',
  summary: 'Writes down what whoever takes over must know; it stands in the hand-off note of the shift',
  scope: 'operate',
  changes: true,
  adds: true,
  route: 'POST /oncall/notes',
  positional: ['rotation', 'text'],
  examples: ['upkeep oncall note primary "the restore drill of db runs until Tuesday"'],
  input: z.object({
    rotation: z.string().describe('name of the rotation'),
    text: z.string().trim().min(1).max(4_000).describe('Markdown'),
  }),
  async run({ ctx, input, actor }): Promise<HandOffNoteView> {
    const rotation = rotationNamed(ctx, input.rotation).name;
    const at = ctx.clock.now();
    await ctx.store.transaction((tx) =>
      journal.append(tx, {
        at,
        actor: actor.name,
        kind: 'oncall.note',
        subject: `rotation:${rotation}`,
        payload: { text: input.text },
      }),
    );
    ctx.changed();
    return { rotation, by: actor.name, at, text: input.text };
  },
});
