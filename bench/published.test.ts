/** What `npm run build` makes runs like the clone it was made from: its workers, rules, dashboard and documents are found. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { removeFolder, startServer, temporaryFolder } from '../test/servers/process.ts';
import { publishedProgram } from './published.ts';

const clone = join(import.meta.dirname, '..', 'bin', 'upkeep.js');

describe('the published form', { concurrency: false }, () => {
  const folder = temporaryFolder('published');
  let program = '';
  before(() => {
    program = publishedProgram();
  });
  after(() => removeFolder(folder));
  const said = (file: string, ...words: string[]) =>
    execFileSync(process.execPath, [file, ...words], { cwd: folder, encoding: 'utf8' });

  for (const words of [
    ['--version'],
    ['drill', '--help'],
    ['rule', 'show', 'postgres.connections'],
    ['backup', '--help'],
  ])
    test(`says the same to upkeep ${words.join(' ')}`, () => {
      assert.equal(said(program, ...words), said(clone, ...words));
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
