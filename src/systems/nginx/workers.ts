/** The processes of nginx on this machine, and how much of their limits they use. */
import { readdir, readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { processListeningOn } from '../../machine/listeners.ts';
import { isLocalAddress } from '../../machine/local-listeners.ts';
import { lookupName } from '../../machine/network/lookup.ts';
import { allProcesses, type ProcessFacts, processFacts } from '../../machine/processes.ts';
import { destination, type NginxConnection } from './client.ts';
import { argsOf } from './configuration.ts';

export interface Worker {
  readonly pid: number;
  readonly startedAt: number;
  readonly startTicks: number;
  /** It takes no new connections: a reload or an orderly stop has reached it. */
  readonly isLeaving: boolean;
  /** Undefined where only root may see them. */
  readonly openFiles: number | undefined;
  readonly fileLimit: number | undefined;
}

export interface Nginx {
  readonly master: ProcessFacts;
  readonly workers: readonly Worker[];
}

/** Undefined where it runs elsewhere, or not at all, or cannot be seen. */
export async function findNginx(conn: NginxConnection): Promise<Nginx | undefined> {
  const master = (await fromPidFile(conn)) ?? (await fromListener(conn));
  if (master === undefined) return undefined;
  const children = (await allProcesses()).filter(
    ({ parentPid, state }) => parentPid === master.pid && state !== 'zombie',
  );
  // `master_process off` leaves one process that does it all.
  const working = children.filter(({ command }) => /worker process/.test(command.join(' ')));
  return { master, workers: await Promise.all((working.length > 0 ? working : [master]).map(workerOf)) };
}

async function fromPidFile(conn: NginxConnection): Promise<ProcessFacts | undefined> {
  const declared = argsOf(conn.configuration, 'pid')?.[0];
  for (const file of [declared, '/run/nginx.pid', '/var/run/nginx.pid']) {
    if (file === undefined || (file !== declared && declared !== undefined)) continue;
    const pid = Number(await readFile(resolve(file), 'utf8').catch(() => ''));
    const facts = Number.isInteger(pid) && pid > 0 ? await processFacts(pid) : undefined;
    if (facts && isNginx(facts)) return facts;
  }
  return undefined;
}

async function fromListener(conn: NginxConnection): Promise<ProcessFacts | undefined> {
  const { host, port } = destination(conn);
  const found = await lookupName(host).catch(() => []);
  for (const { address } of found) {
    if (!isLocalAddress(address)) continue;
    const listener = await processListeningOn(address, port);
    if (listener && isNginx(listener)) return listener;
  }
  return undefined;
}

function isNginx({ name, command, state }: ProcessFacts): boolean {
  return state !== 'zombie' && /nginx|openresty|angie/.test(`${name} ${command[0] ?? ''}`);
}

async function workerOf({ pid, startedAt, startTicks, command }: ProcessFacts): Promise<Worker> {
  const [files, limits] = await Promise.all([
    readdir(`/proc/${pid}/fd`).catch(() => undefined),
    readFile(`/proc/${pid}/limits`, 'utf8').catch(() => ''),
  ]);
  const limit = /^Max open files\s+(\d+)/m.exec(limits)?.[1];
  return {
    ...{ pid, startedAt, startTicks },
    isLeaving: / is shutting down/.test(command.join(' ')),
    openFiles: files?.length,
    fileLimit: limit === undefined ? undefined : Number(limit),
  };
}
