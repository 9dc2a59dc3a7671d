import { z } from 'zod';
import { defineAction, type Plan } from '../../../core/action.ts';
import { demandPermit, demandSteps, demandUnchanged } from '../../../core/demand.ts';
import { act, shortWork } from '../acting.ts';
import type { PostgresConnection } from '../client.ts';
import type { Query } from '../session.ts';
import { isSameValue, objectionTo, type SettingName, settingNames } from './setting-bounds.ts';
import {
  backSteps,
  obstacle,
  readSetting,
  runSteps,
  setSteps,
  settingFacts,
  stateOf,
} from './setting-state.ts';

const input = z.strictObject({
  name: z.enum(settingNames).describe('A setting that takes effect without a restart'),
  value: z.string().min(1).max(40).describe('With its unit: 64MB, 30s, 1.1'),
});

export const settingPrivileges = [
  'GRANT pg_monitor TO upkeep;                                    -- to see where a setting comes from',
  'GRANT ALTER SYSTEM ON PARAMETER work_mem TO upkeep;            -- for each setting that it may change; PostgreSQL 15 and newer',
  'GRANT EXECUTE ON FUNCTION pg_reload_conf() TO upkeep;',
].join('\n');

export const setSetting = defineAction<PostgresConnection, typeof input>({
  id: 'postgres.set-setting',
  summary:
    'Changes one setting of the server within bounds, without a restart; the value of before is put back to undo it',
  risk: 'risky',
  input,
  privileges: settingPrivileges,

  async plan(conn, { name, value }, ctx) {
    const objection = objectionTo(name, value);
    if (objection !== undefined) return { refused: `${name} ${objection}; ${value} is not taken` };
    const state = await readSetting(conn, ctx.signal, name);
    const refused = obstacle(name, state);
    if (state === undefined || refused !== undefined) return { refused: refused ?? `no setting ${name}` };
    if (isSameValue(name, state.value, value)) return { refused: `${name} is ${state.value} already` };
    return {
      summary: `Set ${name} from ${state.value} to ${value} for the whole server`,
      steps: setSteps(name, value),
      before: settingFacts(state),
      expect: `${name} is ${value} in new and running sessions, and what it was changed for is better`,
      undo: { possible: true, how: backSteps(name, settingFacts(state)).join('; ') },
      subjects: [`setting ${name}`],
      verifyWithinMs: 30_000,
      holdMs: 60_000,
    };
  },

  async apply(conn, plan, permit, ctx) {
    demandPermit(permit);
    const { name, value } = inputOf(plan);
    const steps = setSteps(name, value);
    demandSteps(plan, steps);
    return act(conn, ctx.signal, { ...shortWork, leaves: name }, async (query) => {
      const state = await stateOf(query, name);
      if (state?.isInAutoConf && isSameValue(name, state.value, value)) return `${name} is ${value} already`;
      demandUnchanged(plan, state ? settingFacts(state) : { value: null }, name);
      await runSteps(query, steps);
      return `${name} was set to ${value}`;
    });
  },

  async verify(conn, plan, ctx) {
    const { name, value } = inputOf(plan);
    const state = await readSetting(conn, ctx.signal, name);
    const good = state !== undefined && isSameValue(name, state.value, value);
    const now = state?.value ?? 'unknown';
    return { good, detail: `${name} is ${now}${good ? '' : `, not ${value}`}`, after: { value: now } };
  },

  async undo(conn, plan, permit, ctx) {
    demandPermit(permit);
    const { name, value } = inputOf(plan);
    return act(conn, ctx.signal, { ...shortWork, leaves: name }, (query) =>
      putBack(query, plan, name, value),
    );
  },
});

function inputOf(plan: Plan) {
  const parsed = input.parse(plan.input);
  const objection = objectionTo(parsed.name, parsed.value);
  if (objection !== undefined) throw new Error(`${parsed.name} ${objection}; nothing was done`);
  return parsed;
}

async function putBack(query: Query, plan: Plan, name: SettingName, value: string): Promise<string> {
  const before = { value: String(plan.before.value), isInAutoConf: plan.before.isInAutoConf === true };
  const state = await stateOf(query, name);
  if (state?.value === before.value && state.isInAutoConf === before.isInAutoConf) {
    return `${name} is ${before.value} again already`;
  }
  if (state === undefined || !isSameValue(name, state.value, value)) {
    throw new Error(
      `${name} was changed again meanwhile, to ${state?.value ?? 'nothing'}; it is left as it is`,
    );
  }
  await runSteps(query, backSteps(name, before));
  return `${name} was set back to ${before.value}`;
}
