/** A real name server (Knot DNS) with the zones of a test, signed where it says so. */
import { execFileSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { freePort } from './free-port.ts';
import type { Binary } from './installed.ts';
import { required } from './installed.ts';
import { removeFolder, startServer, temporaryFolder } from './process.ts';

export const knotServer: Binary = { name: 'knotd', apt: 'knot' };

export interface KnotZone {
  readonly name: string;
  /** Records as a zone file has them, below `$ORIGIN name.` and `$TTL 300`; the SOA is added. */
  readonly records: readonly string[];
  readonly serial?: number;
  /** Signed, with signatures that last so many seconds. */
  readonly signedFor?: number;
}

export interface KnotServer {
  /** `127.0.0.1:5353` */
  readonly address: string;
  /** DS records of a signed zone, as its parent would have them. */
  ds(zone: string): string[];
  stop(): Promise<void>;
}

export async function startKnot(zones: readonly KnotZone[]): Promise<KnotServer> {
  const folder = temporaryFolder('knot');
  const port = await freePort();
  for (const part of ['run', 'zones', 'db']) mkdirSync(join(folder, part));
  for (const { name, records, serial = 1 } of zones) {
    const soa = `@ SOA ns1.${name}. admin.${name}. ${serial} 3600 900 604800 60`;
    writeFileSync(
      join(folder, 'zones', `${name}.zone`),
      [`$ORIGIN ${name}.`, '$TTL 300', soa, ...records, ''].join('\n'),
    );
  }
  const policies = zones.flatMap(({ name, signedFor }) =>
    signedFor === undefined
      ? []
      : [
          `  - id: ${name}`,
          '    algorithm: ecdsap256sha256',
          '    single-type-signing: on',
          `    rrsig-lifetime: ${signedFor}`,
          `    rrsig-refresh: ${Math.floor(signedFor / 2)}`,
          '    rrsig-pre-refresh: 60',
          '    propagation-delay: 0',
          '    zone-max-ttl: 300',
        ],
  );
  const lines = [
    'server:',
    `  rundir: ${folder}/run`,
    `  listen: 127.0.0.1@${port}`,
    '  user: root:root',
    'database:',
    `  storage: ${folder}/db`,
    'log:',
    '  - target: stdout',
    '    any: info',
    ...(policies.length > 0 ? ['policy:', ...policies] : []),
    'zone:',
    ...zones.flatMap(({ name, signedFor }) => [
      `  - domain: ${name}`,
      `    file: ${folder}/zones/${name}.zone`,
      '    zonefile-sync: -1',
      '    zonefile-load: difference-no-serial',
      '    journal-content: all',
      ...(signedFor === undefined ? [] : ['    dnssec-signing: on', `    dnssec-policy: ${name}`]),
    ]),
  ];
  writeFileSync(join(folder, 'knot.conf'), `${lines.join('\n')}\n`);
  const config = ['-c', join(folder, 'knot.conf')];
  const server = await startServer({
    command: required(knotServer),
    args: config,
    folder,
    ready: new RegExp(zones.map(({ name }) => `(?=[\\s\\S]*\\[${name}\\.\\] loaded, serial)`).join('')),
  });
  return {
    address: `127.0.0.1:${port}`,
    ds(zone) {
      const keymgr = required({ name: 'keymgr', apt: 'knot' });
      return execFileSync(keymgr, [...config, zone, 'ds'], { stdio: 'pipe' })
        .toString()
        .trim()
        .split('\n');
    },
    async stop() {
      await server.stop();
      removeFolder(folder);
    },
  };
}
