/** Our sample store and its peers behind one face: make requests ready, send them, say what lies on the disk. */
import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import snappy from 'snappyjs';
import { Pool } from 'undici';
import { systemClock } from '../src/clock.ts';
import type { Sample } from '../src/core/sample.ts';
import { openSampleStore } from '../src/store/samples/index.ts';
import { freePort } from '../test/servers/free-port.ts';
import { type Binary, required } from '../test/servers/installed.ts';
import { removeFolder, startServer, temporaryFolder } from '../test/servers/process.ts';
import { cpuMs, residentBytes } from './usage.ts';

export interface Contender {
  readonly name: string;
  /** What an answer promises. */
  readonly promise: string;
  /** Ready to be sent; made outside of the measured time. */
  prepare(samples: Sample[]): unknown;
  send(request: unknown): Promise<void>;
  /** Bytes as it lies after intake, and after everything was sealed into its long-lived form. */
  asItLies(): Promise<number>;
  sealed(): Promise<number>;
  memory(): number;
  /** Of its process, all threads. */
  cpuMs(): number;
  stop(): Promise<void>;
}

export const prometheus: Binary = { name: 'prometheus', apt: 'prometheus' };
export const victoria: Binary = { name: 'victoria-metrics', apt: 'victoria-metrics' };

export async function ours(): Promise<Contender> {
  const folder = temporaryFolder('bench-samples');
  const file = join(folder, 'metrics.db');
  const retention = { rawMs: 365 * 86_400_000, rollupMs: 3 * 365 * 86_400_000 };
  const store = await openSampleStore({ kind: 'sqlite', file }, { ...retention, clock: systemClock });
  return {
    name: 'Upkeep',
    promise: 'on disk (fsync)',
    prepare: (samples) => samples,
    send: (samples) => store.append(samples as Sample[]),
    asItLies: async () => (await store.stats()).bytes,
    async sealed() {
      const age = 4 * 3_600_000;
      await store.prune(Date.now() + age);
      await store.prune(Date.now() + age);
      return (await store.stats()).bytes;
    },
    memory: () => process.memoryUsage.rss(),
    cpuMs: () => cpuMs(process.pid),
    async stop() {
      await store.close();
      removeFolder(folder);
    },
  };
}

export async function victoriaMetrics(): Promise<Contender> {
  const folder = temporaryFolder('bench-victoria');
  const { server, url, http } = await startPeer(victoria, folder, /starting http server at/, (port) => [
    `-storageDataPath=${folder}/data`,
    `-httpListenAddr=127.0.0.1:${port}`,
    '-retentionPeriod=100y',
  ]);
  return {
    name: 'VictoriaMetrics',
    promise: 'in memory',
    prepare: (samples) => Buffer.from(samples.map(textLine).join('')),
    send: (body) => post(http, '/api/v1/import/prometheus', body as Buffer, {}),
    asItLies: async () => folderBytes(join(folder, 'data')),
    async sealed() {
      await get(url, '/internal/force_flush');
      await get(url, '/internal/force_merge');
      return settled(() => folderBytes(join(folder, 'data')));
    },
    memory: () => residentBytes(server.pid),
    cpuMs: () => cpuMs(server.pid),
    stop: () => stopPeer(server, http, folder),
  };
}

export async function prometheusServer(): Promise<Contender> {
  const folder = temporaryFolder('bench-prometheus');
  const { server, url, http } = await startPeer(
    prometheus,
    folder,
    /Server is ready to receive web requests/,
    (port) => [
      '--config.file=/dev/null',
      `--storage.tsdb.path=${folder}/data`,
      '--storage.tsdb.retention.time=100y',
      `--web.listen-address=127.0.0.1:${port}`,
      '--web.enable-remote-write-receiver',
      '--web.enable-admin-api',
    ],
  );
  const known = new Map<string, Buffer>();
  const headers = { 'content-encoding': 'snappy', 'content-type': 'application/x-protobuf' };
  return {
    name: 'Prometheus',
    promise: 'in its log, no fsync',
    prepare: (samples) => Buffer.from(snappy.compress(writeRequest(samples, known))),
    send: (body) => post(http, '/api/v1/write', body as Buffer, headers),
    asItLies: async () => folderBytes(join(folder, 'data')),
    async sealed() {
      const answer = await fetch(`${url}/api/v1/admin/tsdb/snapshot`, { method: 'POST' });
      const text = await answer.text();
      const name = /"name":"([^"]+)"/.exec(text)?.[1];
      if (!name) throw new Error(`Prometheus made no snapshot: ${text}`);
      return folderBytes(join(folder, 'data', 'snapshots', name));
    },
    memory: () => residentBytes(server.pid),
    cpuMs: () => cpuMs(server.pid),
    stop: () => stopPeer(server, http, folder),
  };
}

async function startPeer(binary: Binary, folder: string, ready: RegExp, args: (port: number) => string[]) {
  const port = await freePort();
  const server = await startServer({ command: required(binary), args: args(port), folder, ready }).catch(
    (error: unknown) => {
      removeFolder(folder);
      throw error;
    },
  );
  const url = `http://127.0.0.1:${port}`;
  return { server, url, http: new Pool(url, { connections: 8 }) };
}

async function stopPeer(server: { stop(): Promise<void> }, http: Pool, folder: string): Promise<void> {
  await http.close();
  await server.stop();
  removeFolder(folder);
}

async function post(http: Pool, path: string, body: Buffer, headers: Record<string, string>): Promise<void> {
  const answer = await http.request({ method: 'POST', path, body, headers });
  const text = await answer.body.text();
  if (answer.statusCode >= 300) throw new Error(`${path} answered ${answer.statusCode}: ${text}`);
}

async function get(url: string, path: string): Promise<void> {
  await (await fetch(url + path)).text();
}

function textLine({ target, metric, labels, at, value }: Sample): string {
  return `${metric.replace('.', '_')}{target="${target}",part="${labels?.part}"} ${value} ${at}\n`;
}

/** prometheus.WriteRequest in protobuf: one time series for each sample, its labels made once. */
function writeRequest(samples: readonly Sample[], known: Map<string, Buffer>): Buffer {
  const parts: Buffer[] = [];
  for (const { target, metric, labels, at, value } of samples) {
    const key = `${target} ${metric} ${labels?.part}`;
    const names = known.get(key) ?? labelBytes(metric, target, labels?.part ?? '');
    known.set(key, names);
    const number = Buffer.alloc(9);
    number[0] = (1 << 3) | 1;
    number.writeDoubleLE(value, 1);
    const sample = field(2, Buffer.concat([number, Buffer.from([2 << 3]), varint(at)]));
    parts.push(field(1, Buffer.concat([names, sample])));
  }
  return Buffer.concat(parts);
}

function labelBytes(metric: string, target: string, part: string): Buffer {
  const pairs = [
    ['__name__', metric.replace('.', '_')],
    ['part', part],
    ['target', target],
  ] as const;
  return Buffer.concat(
    pairs.map(([name, value]) =>
      field(1, Buffer.concat([field(1, Buffer.from(name)), field(2, Buffer.from(value))])),
    ),
  );
}

function field(number: number, body: Buffer): Buffer {
  return Buffer.concat([Buffer.from([(number << 3) | 2]), varint(body.length), body]);
}

function varint(value: number): Buffer {
  const bytes: number[] = [];
  let rest = value;
  while (rest >= 128) {
    bytes.push((rest % 128) + 128);
    rest = Math.floor(rest / 128);
  }
  bytes.push(rest);
  return Buffer.from(bytes);
}

function folderBytes(folder: string): number {
  let total = 0;
  for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true })) {
    if (entry.isFile())
      total += statSync(join(entry.parentPath, entry.name), { throwIfNoEntry: false })?.size ?? 0;
  }
  return total;
}

/** Merging goes on in the background: waits until the size has not changed for two seconds, 20 at most. */
async function settled(measure: () => number): Promise<number> {
  let last = measure();
  for (let quiet = 0, looks = 0; quiet < 4 && looks < 40; looks++) {
    await systemClock.sleep(500);
    const now = measure();
    quiet = now === last ? quiet + 1 : 0;
    last = now;
  }
  return last;
}
