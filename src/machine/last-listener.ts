/** Who listened on a port of this machine while it was well: after its end nobody can tell any more. */
import { readFile, readlink } from 'node:fs/promises';
import type { Clock } from '../core/time.ts';
import { processListeningOn } from './listeners.ts';
import { isLocalAddress } from './local-listeners.ts';
import type { Destination } from './network/dial.ts';
import { lookupName } from './network/lookup.ts';
import { describeCommand, processFacts, programName } from './processes.ts';

export interface LastListener {
  readonly pid: number;
  readonly startTicks: number;
  /** `redis-server`; a script's name where an interpreter runs it. */
  readonly name: string;
  /** Without secrets. */
  readonly command: string;
  /** `systemctl status redis-server.service`, `docker ps -a …`; undefined where nothing is known to have started it. */
  readonly keeper: string | undefined;
  /** The file that its error output goes to; undefined where that is no file, or not to be seen. */
  readonly log: string | undefined;
  /** Epoch milliseconds. */
  readonly seenAt: number;
}

interface Note {
  readonly notedAt: number;
  readonly listener: Promise<LastListener | undefined>;
}

const notes = new Map<string, Note>();
const mostNotes = 5_000;
/** A restart gives another pid; between two notes the older one stands. */
const againAfterMs = 60_000;

const keyOf = ({ host, port }: Destination) => `${host} ${port}`;

/** For a probe that was answered. Looks in the background, seldom, and only where the address is this machine's. */
export function noteListener(to: Destination, clock: Clock): void {
  const key = keyOf(to);
  const known = notes.get(key);
  const now = clock.now();
  if (known && now - known.notedAt < againAfterMs) return;
  if (!known && notes.size >= mostNotes) return;
  const before = known?.listener ?? Promise.resolve(undefined);
  const listener = find(to, now).catch(() => undefined);
  notes.set(key, { notedAt: now, listener: listener.then(async (found) => found ?? (await before)) });
}

/** Undefined where it was never seen: on another machine, of another user, or down since before Upkeep began. */
export function lastListener(to: Destination): Promise<LastListener | undefined> {
  return notes.get(keyOf(to))?.listener ?? Promise.resolve(undefined);
}

async function find(to: Destination, now: number): Promise<LastListener | undefined> {
  const addresses = await lookupName(to.host);
  for (const { address } of addresses) {
    if (!isLocalAddress(address)) continue;
    const found = await processListeningOn(address, to.port);
    if (!found) continue;
    return {
      pid: found.pid,
      startTicks: found.startTicks,
      name: programName(found),
      command: describeCommand(found.command),
      keeper: keeperIn(await readFile(`/proc/${found.pid}/cgroup`, 'utf8').catch(() => '')),
      log: fileOf(await readlink(`/proc/${found.pid}/fd/2`).catch(() => '')),
      seenAt: now,
    };
  }
  return undefined;
}

/** A pipe, a socket, a device or a deleted file cannot be read afterwards. */
export function fileOf(link: string): string | undefined {
  return link.startsWith('/') && !/^\/(?:dev|proc)\/| \(deleted\)$/.test(link) ? link : undefined;
}

/** The command that shows what keeps the process, read from /proc/PID/cgroup. */
export function keeperIn(cgroup: string): string | undefined {
  const keeper = keeperOf(cgroup);
  if (keeper?.kind === 'container') return `docker ps -a --filter id=${keeper.id}`;
  return keeper && `systemctl status ${keeper.name}; journalctl -u ${keeper.name} -n 50`;
}

export type Keeper =
  | { readonly kind: 'container'; readonly id: string; readonly program: 'docker' | 'podman' }
  | { readonly kind: 'unit'; readonly name: string };

/** What keeps the process, read from /proc/PID/cgroup; undefined where nothing is known to. */
export function keeperOf(cgroup: string): Keeper | undefined {
  const [, kind, id] = /\/(docker[-/]|libpod-)([0-9a-f]{12})[0-9a-f]{52}/.exec(cgroup) ?? [];
  if (id !== undefined) return { kind: 'container', id, program: kind === 'libpod-' ? 'podman' : 'docker' };
  const units = [...cgroup.matchAll(/\/([\w@.\\:-]+\.service)(?=\/|$)/gm)].map((found) => found[1] ?? '');
  const name = units.findLast((unit) => !unit.startsWith('user@'));
  return name === undefined ? undefined : { kind: 'unit', name };
}

/** Whether that very process still runs; another one may have its pid by now. */
export async function stillRuns({ pid, startTicks }: LastListener): Promise<boolean> {
  const facts = await processFacts(pid);
  return facts !== undefined && facts.startTicks === startTicks && facts.state !== 'zombie';
}
