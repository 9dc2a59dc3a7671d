import { z } from 'zod';
import { defineAction } from '../../../core/action.ts';
import { demandPermit, demandSteps, demandUnchanged } from '../../../core/demand.ts';
import { act, shortWork } from '../acting.ts';
import type { PostgresConnection } from '../client.ts';
import { settingPrivileges } from './set-setting.ts';
import { settingNames } from './setting-bounds.ts';
import {
  obstacle,
  readSetting,
  resetSteps,
  runSteps,
  setSteps,
  settingFacts,
  stateOf,
} from './setting-state.ts';

const input = z.strictObject({
  name: z
    .enum(settingNames)
    .describe('A setting that ALTER SYSTEM has changed and that takes effect without a restart'),
});

export const resetSetting = defineAction<PostgresConnection, typeof input>({
  id: 'postgres.reset-setting',
  summary:
    'Takes back what ALTER SYSTEM made of one setting, without a restart; its value of before is put back to undo it',
  risk: 'risky',
  input,
  privileges: settingPrivileges,

  async plan(conn, { name }, ctx) {
    const state = await readSetting(conn, ctx.signal, name);
    const refused = obstacle(name, state);
    if (state === undefined || refused !== undefined) return { refused: refused ?? `no setting ${name}` };
    if (!state.isInAutoConf) {
      const where = state.file === null ? 'is at its default' : `stands in ${state.file}, line ${state.line}`;
      return { refused: `${name} = ${state.value} ${where}; ALTER SYSTEM has not changed it` };
    }
    return {
      summary: `Take back ALTER SYSTEM SET ${name} = ${state.value}`,
      steps: resetSteps(name),
      before: settingFacts(state),
      expect: `${name} is what postgresql.conf says, or its default (${state.bootValue ?? 'unknown'})`,
      undo: { possible: true, how: setSteps(name, state.value).join('; ') },
      subjects: [`setting ${name}`],
      verifyWithinMs: 30_000,
      holdMs: 60_000,
    };
  },

  async apply(conn, plan, permit, ctx) {
    demandPermit(permit);
    const { name } = input.parse(plan.input);
    const steps = resetSteps(name);
    demandSteps(plan, steps);
    return act(conn, ctx.signal, { ...shortWork, leaves: name }, async (query) => {
      const state = await stateOf(query, name);
      if (state && !state.isInAutoConf) return `${name} was taken back already`;
      demandUnchanged(plan, state ? settingFacts(state) : { value: null }, name);
      await runSteps(query, steps);
      return `ALTER SYSTEM SET ${name} was taken back`;
    });
  },

  async verify(conn, plan, ctx) {
    const { name } = input.parse(plan.input);
    const state = await readSetting(conn, ctx.signal, name);
    const good = state !== undefined && !state.isInAutoConf;
    const after = { value: state?.value ?? null, isInAutoConf: state?.isInAutoConf ?? null };
    return {
      good,
      detail: `${name} is ${state?.value ?? 'unknown'}${good ? '' : ', still by ALTER SYSTEM'}`,
      after,
    };
  },

  async undo(conn, plan, permit, ctx) {
    demandPermit(permit);
    const { name } = input.parse(plan.input);
    const value = String(plan.before.value);
    return act(conn, ctx.signal, { ...shortWork, leaves: name }, async (query) => {
      const state = await stateOf(query, name);
      if (state?.isInAutoConf && state.value === value) return `${name} is ${value} again already`;
      if (state === undefined || state.isInAutoConf) {
        throw new Error(
          `${name} was changed again meanwhile, to ${state?.value ?? 'nothing'}; it is left as it is`,
        );
      }
      await runSteps(query, setSteps(name, value));
      return `${name} was set to ${value} again`;
    });
  },
});
