import { existsSync } from 'node:fs';
import type { Proposal, Surroundings } from '../../core/system.ts';
import { allProcesses } from '../../machine/processes.ts';
import { type Directive, readConfiguration } from './configuration.ts';

const usualFile = '/etc/nginx/nginx.conf';

/** Running masters: the file they were started with, and the page of stub_status that it declares. */
export async function discover(surroundings: Surroundings): Promise<Proposal[]> {
  const listeners = surroundings.listeners.filter(({ process }) => /^nginx|openresty/.test(process ?? ''));
  if (listeners.length === 0) return [];
  const masters = (await allProcesses()).filter(({ command }) =>
    /^nginx: master process/.test(command.join(' ')),
  );
  const files = new Set(masters.map(({ command }) => fileIn(command.join(' ')) ?? usualFile));
  const proposals: Proposal[] = [];
  for (const file of files) {
    if (!existsSync(file)) continue;
    const read = await readConfiguration(file).catch(() => undefined);
    const url = statusUrlIn(read?.directives ?? []) ?? firstUrl(listeners);
    proposals.push({
      name: proposals.length === 0 ? 'nginx' : `nginx-${proposals.length + 1}`,
      system: 'nginx',
      config: { url, config: file },
      found: `running with ${file}`,
    });
  }
  return proposals;
}

/** The title of a master is its command line. */
export function fileIn(title: string): string | undefined {
  return /\s-c (\/\S+)/.exec(title)?.[1];
}

export function statusUrlIn(directives: readonly Directive[]): string | undefined {
  const status = directives.find(({ name }) => name === 'stub_status');
  const path = /^location (?:= )?(\/[\w./-]*)$/.exec(status?.within.at(-1) ?? '')?.[1];
  if (status === undefined || path === undefined) return undefined;
  const server = status.within.slice(0, -1);
  // Servers beside each other stand in blocks of one name; its own lines come before.
  const listen = directives
    .slice(0, directives.indexOf(status))
    .findLast(
      (one) =>
        one.name === 'listen' && one.file === status.file && one.within.join('\n') === server.join('\n'),
    );
  const where = listen?.args[0] ?? '80';
  if (where.startsWith('unix:')) return undefined;
  const port = /(?:^|:)(\d+)$/.exec(where)?.[1] ?? '80';
  const host = /^([\d.]+):/.exec(where)?.[1];
  return `http://${host === undefined || host === '0.0.0.0' ? '127.0.0.1' : host}:${port}${path}`;
}

function firstUrl(listeners: Surroundings['listeners']): string {
  const [first] = listeners;
  const host =
    first && /^[\d.]+$/.test(first.address) && first.address !== '0.0.0.0' ? first.address : '127.0.0.1';
  return `http://${host}:${first?.port ?? 80}/`;
}
