import { z } from 'zod';
import type { OverrideView } from '../../core/oncall/view.ts';
import * as oncallRows from '../../store/oncall.ts';
import { defineVerb } from '../context.ts';

const aheadMs = 400 * 86_400_000;

export const oncallList = defineVerb({
  name: 'oncall.list',
  summary: 'Lists people, rotations, policies and clocks, and the overrides and absences to come',
  scope: 'read',
  changes: false,
  route: 'GET /oncall',
  positional: [],
  examples: ['upkeep oncall list', 'upkeep oncall list --json'],
  input: z.object({}),
  async run({ ctx }) {
    const now = ctx.clock.now();
    const { oncall, escalation } = ctx.configuration();
    const made = await oncallRows.overrides(ctx.store.db, now, now + aheadMs);
    const imported = await oncallRows.absences(ctx.store.db, now, now + aheadMs);
    const overrides: OverrideView[] = [...oncall.rotations.flatMap((one) => one.overrides), ...made]
      .filter((one) => one.to > now)
      .map(({ madeAt: _, ...one }) => one)
      .sort((a, b) => a.from - b.from);
    return {
      // Addresses and calendars are theirs; which ways there are is enough.
      people: oncall.people.map(({ reach, calendar, ...person }) => ({
        ...person,
        reach: Object.keys(reach),
        hasCalendar: calendar !== null,
      })),
      rotations: oncall.rotations.map(({ overrides: _, ...rotation }) => rotation),
      policies: oncall.policies,
      escalation,
      policyOf: oncall.policyOf,
      services: oncall.services,
      clocks: oncall.clocks,
      overrides,
      absences: [...oncall.absences.filter((one) => one.to > now), ...imported].sort(
        (a, b) => a.from - b.from,
      ),
    };
  },
});
