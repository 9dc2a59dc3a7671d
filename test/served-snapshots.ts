/** Upkeep serving over a real Redis whose snapshots a plan named `snap` keeps; gone with its folder when the test ends. */
import { chmodSync } from 'node:fs';
import type { TestContext } from 'node:test';
import { type ServedApp, serveApp } from './served-app.ts';
import { removeFolder, temporaryFolder } from './servers/process.ts';
import { startRedis } from './servers/redis.ts';

export async function serveSnapshots(t: TestContext): Promise<ServedApp & { readonly folder: string }> {
  const folder = temporaryFolder('snapshots');
  // The user that a proof runs as goes through it.
  chmodSync(folder, 0o711);
  const redis = await startRedis();
  const served = await serveApp({
    yaml: `
name: shop
timezone: UTC
targets: { cache: { system: redis, url: "${redis.url}", every: 60s } }
backups: { snap: { of: cache, to: "${folder}/kept", scratch: "${folder}" } }
`,
  });
  t.after(async () => {
    await served.stop();
    await redis.stop();
    removeFolder(folder);
  });
  return Object.assign(served, { folder });
}
