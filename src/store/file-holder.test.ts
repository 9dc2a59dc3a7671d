import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { systemClock } from '../clock.ts';

import { inUseWords } from './file-holder.ts';
import { openSampleStore } from './samples/index.ts';

test('samples that another process keeps are refused with its pid', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'file-holder-'));
  const file = join(folder, 'metrics.db');
  const script = `const { DatabaseSync } = require('node:sqlite');
    const held = new DatabaseSync(process.argv[1]);
    held.exec('pragma locking_mode = exclusive; pragma journal_mode = wal; create table held (id)');
    console.log('held'); setInterval(() => held, 1_000);`;
  const other = spawn(process.execPath, ['-e', script, file], { stdio: ['ignore', 'pipe', 'inherit'] });
  try {
    assert.match(inUseWords(import.meta.filename), /in use by another process: stop it \(sudo fuser -v /);
    await once(other.stdout, 'data');
    await assert.rejects(
      openSampleStore({ kind: 'sqlite', file }, { rawMs: 1e9, rollupMs: 1e9, clock: systemClock }),
      new RegExp(
        `metrics\\.db is in use by pid ${other.pid} \\(node.*\\): stop it \\(kill ${other.pid}\\), or name`,
      ),
    );
  } finally {
    other.kill('SIGKILL');
    await once(other, 'exit');
    rmSync(folder, { recursive: true });
  }
});
