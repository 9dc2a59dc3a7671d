/** Which of Debian's clusters a server is: each has a folder of settings, /etc/postgresql/15/main, whatever its data folder is called. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

const settingsFolder = '/etc/postgresql';

export interface Cluster {
  readonly version: string;
  readonly name: string;
}

/**
 * By its data folder; by its port where that is not told, or leads nowhere here.
 * @param of `port` of a server on this machine; null where it is not known
 */
export function clusterOf(
  of: { readonly data: string | null; readonly port: number | null },
  root = settingsFolder,
): Cluster | undefined {
  const known = clustersIn(root);
  const byData = known.find(({ settings }) => of.data !== null && settings.data === of.data);
  const byPort = known.filter(({ settings }) => of.port !== null && settings.port === of.port);
  // Two with one port never run together, and nobody here knows which does.
  const found = byData ?? (of.data === null && byPort.length === 1 ? byPort[0] : undefined);
  return found && { version: found.version, name: found.name };
}

export type Deed = 'restart' | 'stop' | 'start';

/** Systemd keeps each cluster as a unit of its own. @param isSystemd whether it is what starts programs here */
export function controlOf({ version, name }: Cluster, deed: Deed, isSystemd: boolean): string {
  return isSystemd
    ? `systemctl ${deed} postgresql@${version}-${name}`
    : `pg_ctlcluster ${version} ${name} ${deed}`;
}

interface Known extends Cluster {
  readonly settings: { readonly data: string; readonly port: number };
}

function clustersIn(root: string): Known[] {
  const names = (folder: string) => (existsSync(folder) ? readdirSync(folder) : []);
  return names(root).flatMap((version) =>
    names(join(root, version)).flatMap((name): Known[] => {
      const text = textOf(join(root, version, name, 'postgresql.conf'));
      if (text === null) return [];
      const data =
        last(text, /^\s*data_directory\s*=\s*'([^']+)'/gm) ?? `/var/lib/postgresql/${version}/${name}`;
      return [
        { version, name, settings: { data, port: Number(last(text, /^\s*port\s*=\s*'?(\d+)/gm) ?? 5_432) } },
      ];
    }),
  );
}

/** What comes later in the file holds. */
function last(text: string, line: RegExp): string | undefined {
  return [...text.matchAll(line)].at(-1)?.[1];
}

function textOf(file: string): string | null {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return null;
  }
}
