/** Which backups `upkeep init` proposes: the best engine that works here today, and what the better ones lack. Changes nothing. */
import { accessSync, constants, existsSync, statfsSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { BackupProposal } from '../config/write-backups.ts';
import type { BoundEngine } from '../core/backup/engine.ts';
import { type Need, roomNeeds } from '../core/backup/needs.ts';
import { amount } from '../core/rule-words.ts';
import type { BoundTarget, Proposal, SystemEntry } from '../core/system.ts';
import { readFileSystems } from '../machine/file-systems.ts';
import { installHint, missingOf } from '../machine/tools.ts';
import type { World } from './world.ts';

/** A server that does not answer holds nobody up. */
const askedForMs = 10_000;
/** Thirty days of full copies; those that build on another take less. */
const copiesKept = 30;

interface Candidate {
  readonly engine: Pick<BoundEngine, 'id' | 'keepsLog' | 'elsewhere'>;
  readonly lacking: readonly Need[];
  readonly advice: readonly Need[];
  readonly data: string | null;
  readonly bytes: number | null;
}

export async function proposeBackups(
  world: World,
  proposals: readonly Proposal[],
  guesses: ReadonlySet<string>,
  file: string,
): Promise<BackupProposal[]> {
  const found: BackupProposal[] = [];
  for (const proposal of proposals) {
    const system = world.systems.find(({ kind }) => kind === proposal.system);
    if (!system || system.engines.length === 0) continue;
    const wantsPaths = system.engines.some((engine) => engine.wantsPaths);
    const own = wantsPaths ? ownPaths(file) : [];
    const paths = wantsPaths ? [file, ...own, ...serverPaths(proposals)] : [];
    const chosen = await proposed(world, proposal, system, paths);
    const bare = wantsPaths && own.length === 0 ? [nothingNamed] : [];
    if (chosen)
      found.push({
        ...{ ...chosen, lacking: [...bare, ...chosen.lacking] },
        isGuess: guesses.has(proposal.name),
      });
  }
  return found;
}

async function proposed(
  world: World,
  proposal: Proposal,
  system: SystemEntry,
  paths: readonly string[],
): Promise<Omit<BackupProposal, 'isGuess'> | null> {
  const candidates: Candidate[] = [];
  let isSilent = false;
  const bound = system.bind(proposal.config, { clock: world.clock, folder: world.cwd });
  try {
    const silence = await silenceOf(world, bound);
    isSilent = silence.length > 0;
    for (const engine of ranked(bound.engines ?? [])) {
      const candidate = await tried(world, engine, paths, silence);
      candidates.push(candidate);
      if (candidate.lacking.length === 0) break;
    }
  } finally {
    await bound.close();
  }
  const best = candidates.find(({ lacking }) => lacking.length === 0) ?? candidates.at(-1);
  if (!best) return null;
  const { engine, lacking, advice, bytes } = best;
  const place = await placeFor([...paths, ...(best.data === null ? [] : [best.data])], bytes, world.cwd);
  const room = roomNeeds({ ...place, wanted: bytes, isCopied: false, elsewhere: engine.elsewhere }, (sum) =>
    amount(sum, 'bytes'),
  );
  return {
    ...{ target: proposal.name, engine: engine.id, keepsLog: engine.keepsLog === true, paths, bytes },
    lacking: [...lacking, ...room.filter(({ isAdvice }) => !isAdvice)],
    advice: [...advice, ...room.filter(({ isAdvice }) => isAdvice), ...lastingNeeds(place, bytes)],
    better: candidates
      .filter((one) => one !== best)
      .map((one) => ({
        engine: one.engine.id,
        keepsLog: one.engine.keepsLog === true,
        lacking: one.lacking,
      })),
    isSilent,
    ...{ folder: place.folder, folderWhy: `${amount(place.free, 'bytes')} free there` },
  };
}

function lastingNeeds({ folder, free }: { folder: string; free: number }, bytes: number | null): Need[] {
  if (bytes === null || free >= bytes * copiesKept) return [];
  const what = `thirty days of whole copies take up to ${amount(bytes * copiesKept, 'bytes')} in ${folder}`;
  return [{ what, remedy: 'watch its disk, or let to: name a folder on a larger one', isAdvice: true }];
}

/** What keeps the log loses minutes instead of a day. */
function ranked(engines: readonly BoundEngine[]): BoundEngine[] {
  return engines.toSorted((a, b) => Number(b.keepsLog ?? false) - Number(a.keepsLog ?? false));
}

/** Why it does not let us in; empty where it does. */
async function silenceOf({ clock }: World, { checks }: BoundTarget): Promise<Need[]> {
  const alive = checks.find(({ probe }) => probe.liveness);
  const ctx = { signal: AbortSignal.timeout(askedForMs), timeoutMs: askedForMs, clock };
  const outcome = await alive?.run({ ...ctx, increase: () => undefined });
  if (outcome === undefined || outcome.ok) return [];
  return [{ what: outcome.detail, remedy: 'then upkeep init --stdout writes its backups' }];
}

async function tried(
  { clock }: World,
  engine: BoundEngine,
  paths: readonly string[],
  silence: readonly Need[],
): Promise<Candidate> {
  const missing = missingOf(engine.programs);
  const names = missing.map(({ name }) => name);
  const packages = [...new Set(missing.map(({ apt }) => apt))];
  const programs: Need[] =
    missing.length === 0
      ? []
      : [
          {
            what: `${names.join(', ')} ${names.length === 1 ? 'is' : 'are'} not installed`,
            remedy: installHint({ debian: packages.join(' ') }),
          },
        ];
  const none = { engine, data: null, bytes: null, advice: [] };
  if (!engine.needs || silence.length > 0) return { ...none, lacking: [...silence, ...programs] };
  const ctx = { signal: AbortSignal.timeout(askedForMs), clock, progress() {} };
  const order = { folder: join(usualFolder, 'new'), paths };
  const { needs, data, fullBytes } = await engine.needs(order, ctx);
  const own = needs.map((need) => (need.isSetting ? { ...need, remedy: byGuard } : need));
  return {
    ...{ engine, data, bytes: fullBytes },
    lacking: [...programs, ...own.filter(({ isAdvice }) => !isAdvice)],
    advice: own.filter(({ isAdvice }) => isAdvice),
  };
}

/** The folder of the repository stands in archive_command, so a statement from before it is chosen would be wrong. */
const byGuard = 'set engine: to it, then upkeep backup prepare NAME';
const usualFolder = '/var/backups/upkeep';

/** The roomiest other disk that holds them all; else where this machine keeps its backups. */
async function placeFor(data: readonly string[], bytes: number | null, cwd: string) {
  const taken = new Set(data.filter((path) => existsSync(path)).map((path) => statSync(path).dev));
  const { fileSystems } = await readFileSystems().catch(() => ({ fileSystems: [] }));
  const wanted = (bytes ?? 0) * copiesKept;
  const [other] = fileSystems
    .filter(
      ({ mountPoint, isReadOnly, available }) =>
        !isReadOnly && available > wanted && !/^\/(boot|efi)/.test(mountPoint),
    )
    .filter(
      ({ mountPoint }) =>
        taken.size > 0 && !taken.has(statSync(mountPoint).dev) && mountPoint !== '/' && mayWrite(mountPoint),
    )
    .toSorted((a, b) => b.available - a.available);
  const here = mayWrite(nearest(usualFolder)) ? usualFolder : join(cwd, 'backups');
  const folder = other ? join(other.mountPoint, 'upkeep-backups') : here;
  const above = nearest(folder);
  const { bavail, bsize } = statfsSync(above);
  return {
    folder,
    free: bavail * bsize,
    isWithData: taken.size === 0 ? null : taken.has(statSync(above).dev),
  };
}

function mayWrite(folder: string): boolean {
  try {
    accessSync(folder, constants.W_OK);
    return true;
  } catch {
    return false;
  }
}

function nearest(folder: string): string {
  return existsSync(folder) || dirname(folder) === folder ? folder : nearest(dirname(folder));
}

/** Packages bring their folders below /etc along, and upkeep.yaml was written a moment ago. */
const nothingNamed: Need = {
  what: 'nothing of yours is named yet',
  remedy: 'list in paths: what a rebuilt machine would miss, then take the # away',
};

/** What a rebuilt machine would miss: how this product is put together. */
function ownPaths(file: string): string[] {
  const beside = ['.env', 'compose.yaml', 'compose.yml', 'docker-compose.yml', 'render.yaml'];
  return beside.map((name) => join(dirname(file), name)).filter(existsSync);
}

/** How the servers on it are set up. */
function serverPaths(proposals: readonly Proposal[]): string[] {
  const folders = proposals.flatMap(({ system }) => etc[system] ?? []);
  return [...new Set(folders)].filter(existsSync);
}

const etc: Readonly<Record<string, string>> = {
  haproxy: '/etc/haproxy',
  nginx: '/etc/nginx',
  postgres: '/etc/postgresql',
  redis: '/etc/redis',
  mysql: '/etc/mysql',
};
