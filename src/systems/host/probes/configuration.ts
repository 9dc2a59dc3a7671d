import { createHash } from 'node:crypto';
import { readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { Snapshot } from '../../../core/change.ts';
import type { Probe } from '../../../core/system.ts';
import { parseMounts, realMounts } from '../../../machine/file-systems.ts';
import type { HostConnection } from '../connection.ts';
import { onLinux } from './on-linux.ts';

const dpkgStatus = '/var/lib/dpkg/status';

/** Settings of the kernel that faults were traced to; the rest changes by itself or says little. */
const kernelSettings = [
  'fs.file-max',
  'kernel.pid_max',
  'net.core.somaxconn',
  'net.ipv4.ip_local_port_range',
  'net.ipv4.tcp_max_syn_backlog',
  'net.ipv4.tcp_tw_reuse',
  'net.netfilter.nf_conntrack_max',
  'vm.overcommit_memory',
  'vm.swappiness',
  'vm.dirty_ratio',
] as const;

/** What the machine's own people put there; the rest comes with packages, which are told by their versions. */
const jobFolders = ['/etc/cron.d', '/etc/systemd/system', '/var/spool/cron/crontabs'];
const mostFiles = 300;

export const configuration: Probe<HostConnection> = {
  id: 'host.configuration',
  summary: 'Packages, kernel settings, mounts, resolvers and jobs, for the ledger of changes',
  atMostEveryMs: 60_000,
  metrics: {
    'host.packages': { summary: 'Installed packages', unit: 'count', kind: 'gauge' },
  },
  run: (conn) =>
    onLinux(async () => {
      const packages = await packagesOf(conn);
      const snapshots = await Promise.all([kernel(), mounts(), resolvers(), jobs()]);
      const known = packages === undefined ? [] : [packages];
      const readings = known.map(({ values }) => ({
        metric: 'host.packages',
        value: Object.keys(values).length,
      }));
      return { ok: true, readings, snapshots: [...known, ...snapshots.filter((each) => each !== undefined)] };
    }),
};

/** The file is large and seldom written: it is read when its time changes. */
async function packagesOf(conn: HostConnection): Promise<Snapshot | undefined> {
  const writtenAt = (await stat(dpkgStatus).catch(() => undefined))?.mtimeMs;
  if (writtenAt === undefined) return undefined;
  if (conn.packages?.writtenAt === writtenAt) return conn.packages.snapshot;
  const values = parsePackages(await readFile(dpkgStatus, 'utf8'));
  const snapshot: Snapshot = { document: 'host.packages', kind: 'package', values };
  conn.packages = { writtenAt, snapshot };
  return snapshot;
}

/** Version by name, of packages that are installed (deb822, as dpkg keeps its status). */
export function parsePackages(text: string): Record<string, string> {
  const found: Record<string, string> = {};
  for (const paragraph of text.split('\n\n')) {
    const field = (name: string) => new RegExp(`^${name}: (.+)$`, 'm').exec(paragraph)?.[1];
    const [name, version] = [field('Package'), field('Version')];
    if (name !== undefined && version !== undefined && field('Status')?.endsWith(' installed') === true)
      found[name] = version;
  }
  // Parts of a text keep the whole of it in memory, which is megabytes here.
  return JSON.parse(JSON.stringify(found));
}

async function kernel(): Promise<Snapshot | undefined> {
  const entries = await Promise.all(
    kernelSettings.map(async (name) => {
      const text = await readFile(`/proc/sys/${name.replaceAll('.', '/')}`, 'utf8').catch(() => undefined);
      return text === undefined ? [] : [[name, text.trim().replace(/\s+/g, ' ')] as const];
    }),
  );
  return {
    document: 'host.kernel-settings',
    kind: 'configuration',
    values: Object.fromEntries(entries.flat()),
  };
}

async function mounts(): Promise<Snapshot | undefined> {
  const text = await readFile('/proc/self/mountinfo', 'utf8').catch(() => undefined);
  if (text === undefined) return undefined;
  const values = realMounts(parseMounts(text)).map(
    ({ mountPoint, type, isReadOnly }) => [mountPoint, `${type}${isReadOnly ? ', read-only' : ''}`] as const,
  );
  return { document: 'host.mounts', kind: 'configuration', values: Object.fromEntries(values) };
}

async function resolvers(): Promise<Snapshot | undefined> {
  const text = await readFile('/etc/resolv.conf', 'utf8').catch(() => undefined);
  if (text === undefined) return undefined;
  const values: Record<string, string> = {};
  for (const [, word = '', rest = ''] of text.matchAll(/^(nameserver|search|options)\s+(.+)$/gm))
    values[word] = values[word] === undefined ? rest.trim() : `${values[word]}, ${rest.trim()}`;
  return { document: 'host.resolvers', kind: 'configuration', values };
}

/** Digests alone: jobs may hold secrets. */
async function jobs(): Promise<Snapshot | undefined> {
  const values: Record<string, string> = {};
  for (const folder of jobFolders)
    for (const name of (await readdir(folder).catch(() => [])).sort().slice(0, mostFiles)) {
      const text = await readFile(join(folder, name)).catch(() => undefined);
      if (text !== undefined)
        values[join(folder, name)] = createHash('sha256').update(text).digest('hex').slice(0, 12);
    }
  return { document: 'host.jobs', kind: 'configuration', values };
}
