/** Changes one setting of the running server, verified and taken back by the same command. */
import type { Plan } from '../../../core/action.ts';
import { demandSteps, demandUnchanged } from '../../../core/demand.ts';
import type { Ask } from '../session.ts';

type Name = 'maxmemory' | 'maxmemory-policy';

export const settingStep = (name: Name, value: string) => `CONFIG SET ${name} ${value}`;

export async function readSetting(ask: Ask, name: Name): Promise<string> {
  const reply = await ask('CONFIG', 'GET', name);
  if (!Array.isArray(reply) || reply.length < 2) throw new Error(`the server does not say what ${name} is`);
  return String(reply[1]);
}

/** @throws when it is neither what was planned for nor what it shall be */
export async function changeSetting(ask: Ask, plan: Plan, name: Name, value: string): Promise<string> {
  demandSteps(plan, [settingStep(name, value)]);
  const now = await readSetting(ask, name);
  if (now === value) return `${name} is ${value} already`;
  demandUnchanged(plan, { [name]: now }, name);
  await ask('CONFIG', 'SET', name, value);
  return `${name} was set from ${now} to ${value}`;
}

/** @throws when somebody has changed it again */
export async function putBack(ask: Ask, plan: Plan, name: Name, value: string): Promise<string> {
  const before = String(plan.before[name]);
  const now = await readSetting(ask, name);
  if (now === before) return `${name} is ${before} again already`;
  if (now !== value) throw new Error(`${name} was changed again meanwhile, to ${now}; it is left as it is`);
  await ask('CONFIG', 'SET', name, before);
  return `${name} was set back to ${before}`;
}
