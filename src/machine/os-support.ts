/** Until when the system of this machine gets security updates for nothing. */
import { readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';

export interface OsSupport {
  /** `Debian GNU/Linux 12 (bookworm)` */
  readonly name: string;
  /** Epoch milliseconds; undefined where neither the table nor distro-info knows. */
  readonly until: number | undefined;
  readonly source: string;
}

/** As published until November 2026; Debian with LTS, Ubuntu without the subscription for ESM. */
const table: Readonly<Record<string, string>> = {
  'debian 10': '2024-06-30',
  'debian 11': '2026-08-31',
  'debian 12': '2028-06-30',
  'debian 13': '2030-06-30',
  'ubuntu 18.04': '2023-05-31',
  'ubuntu 20.04': '2025-05-29',
  'ubuntu 22.04': '2027-06-01',
  'ubuntu 24.04': '2029-05-31',
  'ubuntu 25.04': '2026-01-15',
  'ubuntu 25.10': '2026-07-09',
  'ubuntu 26.04': '2031-05-29',
  'alpine 3.19': '2025-11-01',
  'alpine 3.20': '2026-04-01',
  'alpine 3.21': '2026-11-01',
  'alpine 3.22': '2027-05-01',
  'amzn 2': '2026-06-30',
  'amzn 2023': '2029-06-30',
  'centos 7': '2024-06-30',
  'centos 8': '2021-12-31',
  'centos 9': '2027-05-31',
  'rhel 8': '2029-05-31',
  'rhel 9': '2032-05-31',
  'rhel 10': '2035-05-31',
  'rocky 8': '2029-05-31',
  'rocky 9': '2032-05-31',
  'almalinux 8': '2029-03-01',
  'almalinux 9': '2032-05-31',
};

export function parseOsRelease(text: string): Readonly<Record<string, string>> {
  const entries = [...text.matchAll(/^([A-Z_]+)=(?:"([^"]*)"|(\S*))$/gm)];
  return Object.fromEntries(entries.map(([, name = '', quoted, plain]) => [name, quoted ?? plain ?? '']));
}

/** Days of `distro-info-data`, newer than any table: `version,codename,series,created,release,eol,eol-lts,…`. */
export function supportInDistroInfo(text: string, version: string): string | undefined {
  const [head = '', ...lines] = text.split('\n');
  const names = head.split(',');
  const fields = lines
    .map((line) => line.split(','))
    .find(([first = '']) => first.replace(/ LTS$/, '') === version);
  if (fields === undefined) return undefined;
  const value = (name: string) => fields[names.indexOf(name)] || undefined;
  return value('eol-lts') ?? value('eol-server') ?? value('eol');
}

export async function readOsSupport(): Promise<OsSupport | undefined> {
  const text = await readFile('/etc/os-release', 'utf8').catch(() => undefined);
  if (text === undefined) return undefined;
  const { ID = '', VERSION_ID = '', PRETTY_NAME = ID } = parseOsRelease(text);
  const known = /^(debian|ubuntu)$/.test(ID)
    ? await readFile(`/usr/share/distro-info/${ID}.csv`, 'utf8').catch(() => undefined)
    : undefined;
  const told = known === undefined ? undefined : supportInDistroInfo(known, VERSION_ID);
  const day =
    told ??
    table[`${ID} ${VERSION_ID}`] ??
    table[`${ID} ${VERSION_ID.split('.')[0]}`] ??
    table[`${ID} ${VERSION_ID.split('.').slice(0, 2).join('.')}`];
  return {
    name: PRETTY_NAME,
    until: day === undefined ? undefined : Date.parse(`${day}T23:59:59Z`),
    source: told === undefined ? "Upkeep's table of November 2026" : 'distro-info-data',
  };
}

export type RebootReading =
  | { readonly kind: 'known'; readonly isRequired: boolean; readonly why: string }
  | { readonly kind: 'unknown'; readonly why: string };

/** By the mark that packages leave, else by a kernel that is installed and newer than the one that runs. */
export async function readReboot(root = '/', release?: string): Promise<RebootReading> {
  for (const mark of ['run/reboot-required', 'var/run/reboot-required']) {
    const isThere = await stat(join(root, mark)).then(
      () => true,
      () => false,
    );
    if (!isThere) continue;
    const packages = await readFile(join(root, `${mark}.pkgs`), 'utf8').catch(() => '');
    const names = [...new Set(packages.split('\n').filter(Boolean))].join(', ');
    return { kind: 'known', isRequired: true, why: names === '' ? mark : `updated: ${names}` };
  }
  const running = release ?? (await readFile('/proc/sys/kernel/osrelease', 'utf8')).trim();
  const kernels = (await readdir(join(root, 'boot')).catch(() => [])).flatMap(
    (name) => /^vmlinuz-(.+)$/.exec(name)?.[1] ?? [],
  );
  if (!kernels.includes(running))
    return { kind: 'unknown', why: `the kernel that runs (${running}) is none of those in /boot` };
  const flavour = flavourOf(running);
  const newer = kernels
    .filter((each) => flavourOf(each) === flavour && isNewer(each, running))
    .sort((a, b) => (isNewer(a, b) ? -1 : 1))[0];
  return {
    kind: 'known',
    isRequired: newer !== undefined,
    why:
      newer === undefined
        ? `kernel ${running} is the newest installed`
        : `kernel ${newer} is installed, ${running} runs`,
  };
}

/** `cloud-amd64` of `6.1.0-41-cloud-amd64`. */
function flavourOf(release: string): string {
  return release.replace(/^[\d.]+(?:-\d+)?-?/, '').replace(/\d+/g, '');
}

function isNewer(a: string, b: string): boolean {
  return a.localeCompare(b, 'en', { numeric: true }) > 0;
}
