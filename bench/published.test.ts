/** What `npm run build` makes runs like the clone it was made from: its workers, rules, dashboard and documents are found. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { removeFolder, startServer, temporaryFolder } from '../test/servers/process.ts';
import { publishedProgram } from './published.ts';

const launcher = join(import.meta.dirname, '..', 'bin', 'upkeep.js');

describe('the published form', { concurrency: false }, () => {
  const folder = temporaryFolder('published');
  const clone = join(folder, 'bin', 'upkeep');
  const shop = join(folder, 'shop.yaml');
  let program = '';
  before(() => {
    program = publishedProgram();
    mkdirSync(dirname(clone));
    symlinkSync(launcher, clone);
    writeFileSync(
      shop,
      `name: shop\nstore: ${join(folder, 'shop')}\ntargets:\n  db: { system: postgres, url: "postgres://127.0.0.1:1/shop" }\n`,
    );
  });
  after(() => removeFolder(folder));
  /** By PATH, as a global installation is: hints name whatever somebody typed, so both are called by the same name. */
  const said = (file: string, ...words: string[]) =>
    execFileSync('upkeep', words, {
      ...{ cwd: folder, encoding: 'utf8' },
      env: { ...process.env, PATH: [dirname(file), dirname(process.execPath), process.env.PATH].join(':') },
    });

  for (const words of [
    ['--version'],
    ['drill', '--help'],
    ['rule', 'show', 'postgres.connections', '--config', shop],
    ['backup', '--help'],
  ])
    test(`says the same to upkeep ${words.join(' ')}`, () => {
      const published = said(program, ...words);
      assert.equal(published, said(clone, ...words));
      assert.doesNotMatch(published, /upkeep\.js/, 'it is called as it was installed');
    });

  test('watches, keeps what it saw and serves the dashboard', async () => {
    const config = join(folder, 'upkeep.yaml');
    writeFileSync(
      config,
      `name: published\nstore: ${join(folder, 'data')}\ntargets:\n  here: { system: host, every: 1s }\n`,
    );
    const server = await startServer({
      command: process.execPath,
      args: [program, 'run', '--config', config, '--port', '0'],
      folder,
      ready: /Ctrl-C stops/,
    });
    try {
      const [origin = ''] = /http:\/\/127\.0\.0\.1:\d+/.exec(server.output()) ?? [];
      assert.match(await (await fetch(`${origin}/`)).text(), /<div id="root">/);
      assert.equal((await fetch(`${origin}/healthz`)).status, 200);
      const status = said(program, 'status', '--config', config);
      assert.match(status, /here/);
    } finally {
      await server.stop();
    }
    assert.doesNotMatch(server.output(), /error/i);
  });
});
