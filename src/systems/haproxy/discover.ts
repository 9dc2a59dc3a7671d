import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import type { Proposal, Surroundings } from '../../core/system.ts';
import { allProcesses } from '../../machine/processes.ts';
import { parseConfiguration } from './configuration-file.ts';

/** Running processes, whose command line names the file that names the socket. */
export async function discover(surroundings: Surroundings): Promise<Proposal[]> {
  const pids = new Set(
    surroundings.listeners.flatMap(({ process, pid }) =>
      process === 'haproxy' && pid !== undefined ? [pid] : [],
    ),
  );
  if (pids.size === 0) return [];
  const files = new Set<string>();
  for (const facts of await allProcesses()) {
    if (facts.name !== 'haproxy') continue;
    for (const file of filesIn(facts.command)) files.add(file);
  }
  const found = await Promise.all([...files].map(proposalFor));
  return found
    .flat()
    .map((proposal, at) => (at === 0 ? proposal : { ...proposal, name: `haproxy-${at + 1}` }));
}

/** Values of `-f`, where they are full paths: what else they could mean depends on where it was started. */
export function filesIn(command: readonly string[]): string[] {
  return command.flatMap((word, at) => {
    const file = word === '-f' ? command[at + 1] : undefined;
    return file?.startsWith('/') ? [resolve(file)] : [];
  });
}

async function proposalFor(file: string): Promise<Proposal[]> {
  const text = await readFile(file, 'utf8').catch(() => '');
  const socket = socketIn(text);
  if (socket === undefined) return [];
  return [
    {
      name: 'haproxy',
      system: 'haproxy',
      config: { socket, config: file },
      found: `running with ${file}`,
    },
  ];
}

/** The first `stats socket` that can be addressed. */
export function socketIn(text: string): string | undefined {
  const global = parseConfiguration(text)
    .filter(({ name }) => name === 'global')
    .flatMap(({ lines }) => lines);
  for (const line of global) {
    const [first, second, where = ''] = line.split(' ');
    if (first !== 'stats' || second !== 'socket') continue;
    const bare = where.replace(/^(unix|ipv4|ipv6)@/, '');
    if (bare.startsWith('/')) return bare;
    if (/^(\*|0\.0\.0\.0|::)?:\d+$/.test(bare)) return `127.0.0.1:${bare.split(':').at(-1)}`;
    if (/^[^\s:/]+:\d+$/.test(bare)) return bare;
  }
  return undefined;
}
