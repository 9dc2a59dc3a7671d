/**
 * Rounds of faults during which Upkeep is killed and started again; after each, what must hold is looked at.
 * A fault of a round: the endpoint fails, the worker is killed, a transaction blocks another.
 */
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import * as actionRows from '../../src/store/actions.ts';
import type { Incident } from '../../src/store/incidents.ts';
import * as incidentRows from '../../src/store/incidents.ts';
import type { StoreLocation } from '../../src/store/index.ts';
import { temporaryFolder } from '../servers/process.ts';
import { type Chance, chanceFrom } from './chance.ts';
import { broken } from './invariants.ts';
import { type KillPoint, killAt, killPoints } from './kill-points.ts';
import { type Receiver, startReceiver } from './receiver.ts';
import { integrityOfSamples, look, readStored } from './stored.ts';
import { type UpkeepProcess, upkeepProcess } from './upkeep-process.ts';
import { startWorld, type World } from './world.ts';

export interface RoundsOptions {
  readonly rounds: number;
  readonly seed: number;
  readonly say: (line: string) => void;
  /** Of an empty PostgreSQL database; the embedded store where left out. */
  readonly store?: string;
}

export interface RoundsResult {
  readonly kills: number;
  readonly incidents: number;
  readonly deliveries: number;
  readonly actions: number;
}

type FaultOf = 'web' | 'worker' | 'db';

interface Lab {
  readonly world: World;
  readonly receiver: Receiver;
  readonly upkeep: UpkeepProcess;
  readonly chance: Chance;
  readonly location: StoreLocation;
  readonly workerFaults: number[];
  /** Newest incident before the transaction that blocks was opened; null while none is. */
  blockedSince: number | null;
}

/** Throws with everything that is broken, the seed, and the folder that is kept for a look. */
export async function playRounds(options: RoundsOptions): Promise<RoundsResult> {
  const folder = temporaryFolder('crash');
  const log = join(folder, 'upkeep.log');
  const receiver = await startReceiver();
  const world = await startWorld({ folder, hook: receiver.url, store: options.store ?? './data' });
  const runFile = join(folder, 'data', 'run.json');
  const upkeep = upkeepProcess({ folder, config: world.config, runFile, log });
  const location: StoreLocation =
    options.store === undefined
      ? { kind: 'sqlite', file: join(folder, 'data', 'state.db') }
      : { kind: 'postgres', url: options.store };
  const chance = chanceFrom(options.seed);
  const lab: Lab = { world, receiver, upkeep, chance, location, workerFaults: [], blockedSince: null };
  try {
    upkeep.start();
    await upkeep.ready();
    for (let round = 1; round <= options.rounds; round++) await play(lab, round, options);
    const result = await end(lab);
    await upkeep.stop();
    rmSync(folder, { recursive: true, force: true });
    return result;
  } catch (error) {
    const what = error instanceof Error ? error.message : String(error);
    throw new Error(`${what}\n  seed ${options.seed}; Upkeep's log and store are kept in ${folder}`);
  } finally {
    upkeep.kill();
    await world.stop();
    await receiver.close();
  }
}

async function play(lab: Lab, round: number, { say }: RoundsOptions): Promise<void> {
  const { world, chance, upkeep } = lab;
  const startedAt = Date.now();
  const faults = chooseFaults(lab);
  for (const fault of faults) await inject(lab, fault, startedAt);
  const points: KillPoint[] = [];
  for (let left = 1 + chance.below(2); left > 0; left--)
    points.push(await crash(lab, chance.pick(killPoints)));
  await upkeep.ready();
  for (const fault of faults) if (fault !== 'db') await hasOpened(lab, fault, startedAt);
  if (faults.includes('web')) {
    if (chance.is(0.4)) points.push(await crash(lab, 'any moment', world.web.mend));
    else world.web.mend();
  }
  if (chance.is(0.4)) points.push(await crash(lab, chance.pick(killPoints)));
  await upkeep.ready();
  for (const fault of faults) if (fault !== 'db') await hasEnded(lab, fault, startedAt);
  await check(lab, round);
  const seconds = ((Date.now() - startedAt) / 1_000).toFixed(1);
  say(`round ${round}: ${faults.join(', ')}; killed at ${points.join(', ')}; ${seconds} s`);
}

function chooseFaults({ chance, blockedSince }: Lab): FaultOf[] {
  const faults: FaultOf[] = chance.is(0.6) ? ['web'] : ['worker'];
  if (chance.is(0.3)) faults.push(faults[0] === 'web' ? 'worker' : 'web');
  if (blockedSince === null) faults.push('db');
  return faults;
}

async function inject(lab: Lab, fault: FaultOf, now: number): Promise<void> {
  const { world, chance } = lab;
  if (fault === 'web') world.web.fail(chance.pick(['error', 'cut']));
  if (fault === 'worker') {
    world.worker.kill();
    lab.workerFaults.push(Date.now());
  }
  if (fault === 'db') {
    await world.db.block();
    lab.blockedSince = now;
  }
}

/** Kills, does something while nothing watches, and starts again, sometimes only to be killed while it starts. */
async function crash(lab: Lab, point: KillPoint, meanwhile: () => void = () => {}): Promise<KillPoint> {
  const { upkeep, chance, receiver, world, location } = lab;
  const stateFile = location.kind === 'sqlite' ? location.file : null;
  await killAt(point, { upkeep, receiver, world, chance, stateFile });
  const samples = integrityOfSamples(location);
  if (samples !== 'ok') throw new Error(`integrity_check of the samples says ${samples}`);
  meanwhile();
  if (chance.is(0.2)) receiver.setTrap({ answer: 'unavailable' });
  upkeep.start();
  if (chance.is(0.2)) {
    await new Promise((resolve) => setTimeout(resolve, chance.below(2_500)));
    upkeep.kill();
    await upkeep.gone();
    upkeep.start();
  }
  if (chance.is(0.7)) await upkeep.ready();
  return point;
}

async function hasOpened(lab: Lab, target: FaultOf, since: number): Promise<Incident> {
  return until(`an incident of ${target}`, async () => (await incidentsOf(lab, target, since))[0]);
}

async function hasEnded(lab: Lab, target: FaultOf, since: number): Promise<void> {
  const opened = await hasOpened(lab, target, since);
  await until(`${target}'s incident ${opened.id} resolves`, async () => {
    const all = await incidentsOf(lab, target, since);
    if (target === 'worker') await standInFor(lab, opened.id);
    return all.every(({ status }) => status === 'resolved') ? all : undefined;
  });
  const all = await incidentsOf(lab, target, since);
  if (all.length !== 1) throw new Error(`one fault of ${target} became ${all.length} incidents`);
  if (target === 'worker' && !lab.world.worker.isAlive()) throw new Error('the worker does not run');
}

const patienceMs = 20_000;

/** What failed is not tried again blindly, and after two failures a person decides: an operator starts the worker. */
async function standInFor({ location, world }: Lab, incidentId: string): Promise<void> {
  const [last] = await look(location, (db) => actionRows.list(db, { incidentId, limit: 1 }));
  const isLeft =
    (last?.state === 'failed' && Date.now() - (last.endedAt ?? 0) > patienceMs) ||
    (last?.state === 'awaiting-approval' && Date.now() - last.proposedAt > patienceMs);
  if (isLeft && !world.worker.isAlive()) await world.worker.startByHand();
}

function incidentsOf({ location }: Lab, target: FaultOf, since: number): Promise<Incident[]> {
  return look(location, async (db) =>
    (await incidentRows.list(db, { limit: 100 })).filter(
      (one) => one.targets.includes(target) && one.openedAt >= since,
    ),
  );
}

async function check(lab: Lab, round: number): Promise<void> {
  const { location, upkeep, receiver, world, workerFaults } = lab;
  if (lab.blockedSince !== null && !world.db.isBlocked && (await hasSettled(lab, lab.blockedSince))) {
    await hasEnded(lab, 'db', lab.blockedSince);
    await world.db.unblock();
    lab.blockedSince = null;
  }
  const complaints = await until('every message is delivered', async () => {
    const done = {
      receivedBefore: receiver.received.length,
      starts: world.worker.starts(),
      terminations: await world.db.terminations(),
    };
    const stored = await readStored(location);
    if (stored.undelivered > 0) return undefined;
    return broken({ ...done, stored, received: [...receiver.received], kills: upkeep.kills, workerFaults });
  });
  if (complaints.length > 0) throw new Error(`after round ${round}:\n  ${complaints.join('\n  ')}`);
}

async function hasSettled(lab: Lab, since: number): Promise<boolean> {
  const all = await incidentsOf(lab, 'db', since);
  return all.length > 0 && all.every(({ status }) => status === 'resolved');
}

/** The blocked transaction's action holds its outcome for half a minute; the last one is waited for. */
async function end(lab: Lab): Promise<RoundsResult> {
  if (lab.blockedSince !== null) await hasEnded(lab, 'db', lab.blockedSince);
  await check(lab, Number.POSITIVE_INFINITY);
  const { incidents, actions } = await readStored(lab.location);
  return {
    kills: lab.upkeep.kills.length,
    incidents: incidents.length,
    deliveries: lab.receiver.received.length,
    actions: actions.length,
  };
}

async function until<T>(what: string, seen: () => Promise<T | undefined>, withinMs = 120_000): Promise<T> {
  const deadline = Date.now() + withinMs;
  for (;;) {
    const found = await seen();
    if (found !== undefined) return found;
    if (Date.now() > deadline) throw new Error(`not seen within ${withinMs / 1_000} s: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 150));
  }
}
