/** The steps are really pasted into a shell. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { processConfig } from '../config.ts';
import { startSteps, stopSteps } from './steps.ts';

test('the steps of a restart, pasted into a shell, start what is declared and end it again', () => {
  const folder = mkdtempSync(join(tmpdir(), "upkeep it's "));
  try {
    const script = `process.stdout.write(process.argv[1]); setInterval(() => {}, 1e6)`;
    const config = processConfig.parse({
      start: [process.execPath, '-e', script, 'a "b" $HOME it\'s'],
      ...{ pidFile: 'it.pid', writePidFile: true, log: 'it.log', stopTimeout: '5s' },
    });
    const wait = 'until [ -s it.log ]; do sleep 0.05; done';
    execFileSync('/bin/sh', ['-ec', [...startSteps(config, folder), wait].join('\n')], { timeout: 180_000 });
    assert.equal(readFileSync(join(folder, 'it.log'), 'utf8'), 'a "b" $HOME it\'s');
    const pid = Number(readFileSync(join(folder, 'it.pid'), 'utf8'));
    assert.ok(process.kill(pid, 0));
    execFileSync('/bin/sh', ['-ec', stopSteps(pid, config.stopTimeout).join('\n')], { timeout: 180_000 });
    assert.throws(() => process.kill(pid, 0), /ESRCH/);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});

test('secrets stay out of the steps', () => {
  const config = processConfig.parse({
    start: ['api', '--password', 'hunter22', 'TOKEN=abc'],
    env: { API_KEY: 'sekret' },
  });
  const text = startSteps(config, '/srv').join('\n');
  assert.doesNotMatch(text, /hunter22|abc|sekret/);
  assert.match(text, /API_KEY="\$API_KEY"/);
});
