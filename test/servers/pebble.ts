/** Pebble, Let's Encrypt's authority for tests (RFC 8555): its own HTTPS certificate, its own root. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { makeCertificate } from './certificates.ts';
import { type DnsServer, startDns } from './dns.ts';
import { freePort } from './free-port.ts';
import { type Binary, required } from './installed.ts';
import { removeFolder, startServer, temporaryFolder } from './process.ts';

export const pebbleServer: Binary = { name: 'pebble', apt: 'pebble' };

export interface PebbleOptions {
  /** Of the certificates it issues; 90 where left out. */
  readonly lifetimeDays?: number;
  /** Every one of them leads to 127.0.0.1 for the authority. */
  readonly names: readonly string[];
}

export interface PebbleServer {
  readonly port: number;
  readonly url: string;
  /** File with the authority of its HTTPS certificate. */
  readonly ca: string;
  /** File with the root of what it issues. */
  readonly root: string;
  /** Where it asks for HTTP-01 challenges. */
  readonly httpPort: number;
  readonly dns: DnsServer;
  readonly folder: string;
  readonly pid: number;
  output(): string;
  stop(): Promise<void>;
}

export async function startPebble({ lifetimeDays = 90, names }: PebbleOptions): Promise<PebbleServer> {
  const command = required(pebbleServer);
  const folder = temporaryFolder('pebble');
  const [port, managementPort, httpPort, tlsPort] = [
    await freePort(),
    await freePort(),
    await freePort(),
    await freePort(),
  ];
  const authority = await makeCertificate(folder, 'authority', {
    names: ['Pebble HTTPS'],
    isAuthority: true,
  });
  const own = await makeCertificate(folder, 'own', {
    names: ['localhost', 'IP:127.0.0.1'],
    issuer: authority,
  });
  const dns = await startDns();
  for (const name of names) dns.set(name, [{ type: 'A', data: '127.0.0.1' }]);
  const config = join(folder, 'pebble.json');
  const pebble = {
    listenAddress: `127.0.0.1:${port}`,
    managementListenAddress: `127.0.0.1:${managementPort}`,
    certificate: own.certificateFile,
    privateKey: own.keyFile,
    httpPort,
    tlsPort,
    ocspResponderURL: '',
    externalAccountBindingRequired: false,
    certificateValidityPeriod: lifetimeDays * 86_400,
  };
  writeFileSync(config, JSON.stringify({ pebble }));
  const server = await startServer({
    command,
    args: ['-config', config, '-dnsserver', dns.address],
    folder,
    ready: /ACME directory available at/,
    env: { PEBBLE_VA_NOSLEEP: '1', PEBBLE_AUTHZREUSE: '0' },
  });
  const root = join(folder, 'root.pem');
  writeFileSync(root, await get(`https://127.0.0.1:${managementPort}/roots/0`, authority.certificateFile));
  return {
    ...{
      port,
      url: `https://127.0.0.1:${port}/dir`,
      ca: authority.certificateFile,
      root,
      httpPort,
      dns,
      folder,
    },
    pid: server.pid,
    output: server.output,
    async stop() {
      await server.stop();
      await dns.stop();
      removeFolder(folder);
    },
  };
}

async function get(url: string, ca: string): Promise<string> {
  const { Agent, fetch } = await import('undici');
  const dispatcher = new Agent({ connect: { ca: readFileSync(ca, 'utf8') } });
  try {
    return await (await fetch(url, { dispatcher })).text();
  } finally {
    await dispatcher.close();
  }
}
