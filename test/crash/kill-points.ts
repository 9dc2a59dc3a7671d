/** Moments at which Upkeep is killed: any, and those where a wrong order of storing and doing would show. */
import { DatabaseSync } from 'node:sqlite';
import type { Chance } from './chance.ts';
import type { Receiver } from './receiver.ts';
import type { UpkeepProcess } from './upkeep-process.ts';
import type { World } from './world.ts';

export const killPoints = [
  /** Any time within the next seconds, while it starts too. */
  'any moment',
  /** A message has arrived and was not answered. */
  'before the answer',
  /** A message was answered; that may not be stored yet. */
  'after the answer',
  /** An action is stored as being applied; its effect may be still to come. */
  'before the effect',
  /** The process was started; that may not be stored yet. */
  'after the effect',
] as const;
export type KillPoint = (typeof killPoints)[number];

const longestWaitMs = 6_000;

export interface KillSetting {
  readonly upkeep: UpkeepProcess;
  readonly receiver: Receiver;
  readonly world: World;
  readonly chance: Chance;
  /** `state.db` of the embedded store; null on PostgreSQL. */
  readonly stateFile: string | null;
}

/** Kills at that point, or after some seconds when it does not come, and waits until the process is gone. */
export async function killAt(point: KillPoint, setting: KillSetting): Promise<void> {
  const { upkeep, receiver, chance } = setting;
  const laterMs = chance.below(12);
  const killSoon = () => void setTimeout(upkeep.kill, laterMs);
  let stopWatching = () => {};
  let waitMs = longestWaitMs;
  if (point === 'any moment') waitMs = chance.below(4_000);
  if (point === 'before the answer') receiver.setTrap({ before: upkeep.kill, answer: 'none' });
  if (point === 'after the answer') receiver.setTrap({ after: killSoon, answer: 'accepted' });
  if (point === 'before the effect') stopWatching = whenApplying(setting.stateFile, upkeep.kill);
  if (point === 'after the effect') stopWatching = whenStarted(setting.world, killSoon);
  const deadline = setTimeout(upkeep.kill, waitMs);
  await upkeep.gone();
  clearTimeout(deadline);
  stopWatching();
  receiver.setTrap(null);
}

function whenApplying(stateFile: string | null, act: () => void): () => void {
  if (stateFile === null) return () => {};
  const database = new DatabaseSync(stateFile, { readOnly: true, timeout: 5_000 });
  const applying = database.prepare("select count(*) as n from actions where state = 'applying'");
  const timer = setInterval(() => {
    if (Number(applying.get()?.n) === 0) return;
    clearInterval(timer);
    act();
  }, 1);
  return () => {
    clearInterval(timer);
    database.close();
  };
}

function whenStarted(world: World, act: () => void): () => void {
  const before = world.worker.starts().length;
  const timer = setInterval(() => {
    if (world.worker.starts().length > before) {
      clearInterval(timer);
      act();
    }
  }, 2);
  return () => clearInterval(timer);
}
