/**
 * Rounds in which something is done with backups, and Upkeep, a program of the engine or PostgreSQL is killed meanwhile. After
 * each Upkeep runs again: nothing may be lost or left, and the next backup of that plan is taken and proven.
 */
import { join } from 'node:path';
import type { BackupView, ProofView } from '../../../src/core/backup/view.ts';
import type { ActionView } from '../../../src/core/view.ts';
import { type Chance, chanceFrom } from '../chance.ts';
import { readStored } from '../stored.ts';
import { aimOf } from './aims.ts';
import { goodOf, idle, insist, listOf } from './asking.ts';
import { broken } from './checks.ts';
import { begin, choose, type Deed, type DeedKind, deedKinds, fits } from './deeds.ts';
import { type Estate, type PlanName, planNames, startEstate } from './estate.ts';
import { killNow, orphansOf } from './machine.ts';
import { type Moment, momentOf, type Victim, victims } from './moments.ts';
import { ageForRemoval, dayMs, expiry, jump } from './removals.ts';
import { type Answer, type Upkeep, upkeepOn } from './upkeep.ts';

export interface BackupRounds {
  readonly rounds: number;
  readonly seed: number;
  readonly say: (line: string) => void;
  /** All where empty. */
  readonly only: readonly DeedKind[];
  readonly victim?: Victim | undefined;
  /** All where empty. */
  readonly plans: readonly PlanName[];
}

interface Lab {
  readonly estate: Estate;
  readonly upkeep: Upkeep;
  readonly chance: Chance;
  readonly killed: number[];
  /** As shop was when each backup of it was taken, and as it may be now. */
  readonly stamps: Set<number>;
  readonly counts: Map<string, number>;
}

const removalEvery = 5;
const ofRemoval: ReadonlySet<DeedKind> = new Set(['mark', 'remove']);

/** Throws with everything that is broken and the seed; gives what was done, as `upkeep during take` with its number. */
export async function playBackupRounds(options: BackupRounds): Promise<ReadonlyMap<string, number>> {
  const wanted = options.only.length > 0 ? options.only : deedKinds;
  const named = options.plans.length > 0 ? options.plans : planNames;
  const estate = await startEstate(
    named.filter((plan) => wanted.some((kind) => fits[kind].some((one) => one === plan))),
  );
  const upkeep = upkeepOn(estate.folder);
  const lab: Lab = {
    estate,
    upkeep,
    chance: chanceFrom(options.seed),
    killed: [],
    stamps: new Set([0]),
    counts: new Map(),
  };
  let isWell = false;
  try {
    await upkeep.start();
    for (const plan of estate.plans) await takeAndProve(lab, plan);
    options.say('every plan has a proven backup');
    const removals = wanted.filter((kind) => ofRemoval.has(kind));
    // The log of a server whose clock nobody moved has no moment of the last day.
    const others = wanted.filter(
      (kind) => !ofRemoval.has(kind) && (kind !== 'drill' || removals.length === 0),
    );
    if (removals.length > 0)
      await ageForRemoval(
        lab,
        fits.remove.filter((plan) => estate.plans.includes(plan)),
        { days: 45, takes: 7 },
      );
    // Until the log is known to reach a moment after the first backup.
    if (others.includes('drill'))
      for (const plan of fits.drill.filter((one) => estate.plans.includes(one)))
        demandGood(plan, await insist(upkeep, `/backups/${plan}/verify`, { atRandom: 'yes' }));
    for (let round = 1; round <= options.rounds; round++) {
      const isRemoval = others.length === 0 || (removals.length > 0 && round % removalEvery === 0);
      const wished = choose(lab.chance, isRemoval ? removals : others, estate.plans);
      await playRound(lab, round, wished, options).catch((error: unknown) => {
        throw new Error(
          `round ${round}: ${error instanceof Error ? error.message : String(error)}; --seed ${options.seed}; ${estate.folder}`,
        );
      });
    }
    await verifyAll(lab);
    isWell = true;
    return lab.counts;
  } finally {
    if (isWell) await upkeep.stop();
    else await upkeep.kill();
    if (isWell || process.env.KEEP === undefined) await estate.stop();
  }
}

async function playRound(
  lab: Lab,
  round: number,
  wished: Pick<Deed, 'kind' | 'plan'>,
  options: BackupRounds,
): Promise<void> {
  const { estate, upkeep, chance, killed } = lab;
  const from = Date.now();
  const { plan, kind } = wished;
  const victim = options.victim ?? chance.pick(victims);
  // After days that were skipped the guard lets nothing be restored over without a proof of these days.
  if (ofRemoval.has(kind) || kind === 'over') await takeAndProve(lab, plan);
  if (kind === 'over') lab.stamps.add(round);
  const deed = await begin({ upkeep, estate, round }, wished);
  const aim = aimOf(chance, { kind, plan, estate });
  const { pid } = upkeep;
  const watched = { pid, stateFile: join(estate.folder, 'data/state.db'), over: deed.over };
  const moment = await momentOf(chance, watched, aim);
  const survived = await strike(lab, victim, moment.program, deed);
  const answer = await deed.over;
  if (moment.isMissed) demandDone(kind, answer);
  // What a server that was away kept from being cleared is cleared by the next look, or start.
  if (victim === 'postgres') await upkeep.stop();
  if (victim === 'upkeep') killed.push(pid);
  if (!upkeep.isRunning) await upkeep.start();
  await demandAllWell(lab);
  if (kind === 'copy') await demandCopied(lab, plan);
  if (kind === 'mark') await demandTombstones(lab, plan);
  const next = await takeAndProve(lab, plan);
  await verifyOne(lab, plan, next);
  await demandAllWell(lab);
  if (kind === 'remove') await jump(lab, 8 * dayMs);
  const name = nameOf(victim, kind, moment);
  lab.counts.set(name, (lab.counts.get(name) ?? 0) + 1);
  const seconds = ((Date.now() - from) / 1_000).toFixed(1);
  options.say(
    `round ${round}: ${victim} killed at ${moment.said} of ${kind} ${plan} (answer ${answer.status}${survived}); ${seconds} s`,
  );
}

/** Where nothing was killed before its end, it must have been done: a round in which nothing is done shows nothing. */
function demandDone(kind: DeedKind, { status, body }: Answer): void {
  const state = kind === 'remove' ? (body as ActionView | null)?.state : 'done';
  if (status !== 200 || state !== 'done')
    throw new Error(`${kind} was not done, and nobody was killed: ${status} ${JSON.stringify(body)}`);
}

function nameOf(victim: Victim, kind: DeedKind, { isMissed, program }: Moment): string {
  if (victim === 'engine' && program === undefined) return `nobody killed during ${kind}: no program ran`;
  return isMissed ? `${victim} killed after ${kind} was over` : `${victim} killed during ${kind}`;
}

/** A copy that was cut off goes on, and is whole: every part of it is read back. */
async function demandCopied({ upkeep }: Lab, plan: PlanName): Promise<void> {
  await insist(upkeep, `/backups/${plan}/copy`, {});
  const { backups } = await listOf(upkeep, plan);
  const copies = backups.filter(({ copyOf }) => copyOf !== null);
  const wrong = copies.find(({ state }) => state !== 'good' && state !== 'removed');
  if (wrong) throw new Error(`copy ${wrong.id} of ${plan} is ${wrong.state}: ${wrong.detail}`);
  const [newest] = copies;
  const source = backups.find(({ id, state }) => id === newest?.copyOf && state === 'good');
  if (newest === undefined || source === undefined) throw new Error(`${plan} has no copy of a good backup`);
  await demandProven(upkeep, newest, { by: 'files' });
}

/** Halfway through the week, whatever was killed, everything that is marked is still there, marked once, and nothing goes. */
async function demandTombstones(lab: Lab, plan: PlanName): Promise<void> {
  const marked = async () =>
    (await goodOf(lab.upkeep, plan)).flatMap(({ id, markedAt }) =>
      markedAt === null ? [] : `${id} ${markedAt}`,
    );
  await takeAndProve(lab, plan);
  const told = await expiry(lab, plan);
  const before = await marked();
  if (before.length === 0) throw new Error(`nothing of ${plan} is marked: ${JSON.stringify(told.deletions)}`);
  await jump(lab, 3 * dayMs, { isKilled: true });
  await takeAndProve(lab, plan);
  const { proposals } = await expiry(lab, plan);
  const after = new Set(await marked());
  const lost = before.filter((one) => !after.has(one));
  if (lost.length > 0) throw new Error(`marks of ${plan} were lost or moved: ${lost.join(', ')}`);
  const early = proposals.filter((one) => one.plan === plan);
  if (early.length > 0 && !told.proposals.some((one) => one.plan === plan))
    throw new Error(`${plan}: three days after it was marked it is to go: ${JSON.stringify(early)}`);
}

async function strike(
  { estate, upkeep }: Lab,
  victim: Victim,
  program: number | undefined,
  deed: Deed,
): Promise<string> {
  if (victim === 'postgres') {
    await estate.crashPostgres();
    // A backup that cannot go on says so by itself; nobody kills it.
    await Promise.race([deed.over, new Promise((resolve) => setTimeout(resolve, 150_000).unref())]);
    if (!upkeep.isRunning) throw new Error('Upkeep ended when PostgreSQL was killed');
    return '';
  }
  if (victim === 'engine') {
    if (program !== undefined) killNow(program);
    await deed.over;
    if (!upkeep.isRunning) throw new Error('Upkeep ended when a program of its was killed');
    return program === undefined ? ', no program ran' : '';
  }
  const { pid } = upkeep;
  await upkeep.kill();
  // What is tied to it ends within moments; what that began in turn is for the next start to end.
  await new Promise((resolve) => setTimeout(resolve, 200));
  const left = orphansOf(pid);
  return left.length === 0
    ? ''
    : `, left for the next start: ${left.map(({ command }) => command.slice(0, 40)).join(', ')}`;
}

/** What is due at a start is under way meanwhile; what is broken is so still when nothing is. */
async function demandAllWell({ estate, upkeep, killed, stamps }: Lab): Promise<void> {
  for (let tries = 0; ; tries++) {
    await idle(upkeep);
    const { backups } = await listOf(upkeep);
    const stored = await readStored({ kind: 'sqlite', file: join(estate.folder, 'data/state.db') });
    const found = await broken({ estate, stored, backups, killed, stamps });
    if (found.length === 0) return;
    if (tries === 2) throw new Error(found.join('; '));
    await new Promise((resolve) => setTimeout(resolve, 1_000));
  }
}

async function takeAndProve({ upkeep }: Lab, plan: string): Promise<BackupView> {
  const taken = (await insist(upkeep, '/backups', { name: plan, prove: 'yes' })) as BackupView;
  if (taken.state !== 'good' || taken.proofs[0]?.isGood !== true)
    throw new Error(`the next backup of ${plan} is not proven: ${JSON.stringify(taken).slice(0, 1_500)}`);
  return taken;
}

/** One that was there before is as whole as it was. */
async function verifyOne({ upkeep, chance }: Lab, plan: PlanName, next: BackupView): Promise<void> {
  const before = (await goodOf(upkeep, plan)).filter(({ id }) => id !== next.id);
  const one = before[chance.below(Math.max(1, before.length))];
  if (one) await demandProven(upkeep, one, { by: 'files' });
}

async function demandProven(upkeep: Upkeep, { id, plan }: BackupView, wish: object): Promise<void> {
  demandGood(`${plan} ${id}`, await insist(upkeep, `/backups/${id}/verify`, wish));
}

function demandGood(what: string, proof: unknown): void {
  if ((proof as ProofView).isGood !== true)
    throw new Error(`${what} is listed as good and is not: ${JSON.stringify(proof).slice(0, 1_500)}`);
}

/** In the end every backup that is listed as good, copies too, is looked at again. */
async function verifyAll({ upkeep }: Lab): Promise<void> {
  await idle(upkeep);
  for (const one of (await listOf(upkeep)).backups)
    if (one.state === 'good') await demandProven(upkeep, one, { by: 'files' });
}
