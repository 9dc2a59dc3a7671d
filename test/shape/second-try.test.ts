import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';

const runFiles = new URL('../run-files.ts', import.meta.url).href;

test('the runner names the file that failed with its counts, and a second run of it alone counts by itself', (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'upkeep-second-try-'));
  t.after(() => rmSync(folder, { recursive: true }));
  const mark = JSON.stringify(join(folder, 'was-here'));
  const [sound, racing] = ['sound', 'racing'].map((name) => join(folder, `${name}.test.mjs`));
  writeFileSync(sound ?? '', `import { test } from 'node:test'; test('sound', () => {});`);
  writeFileSync(
    racing ?? '',
    `import { test } from 'node:test'; import { existsSync, writeFileSync } from 'node:fs';
    test('sound', () => {});
    test('races', () => { if (!existsSync(${mark})) { writeFileSync(${mark}, ''); throw new Error('lost'); } });`,
  );
  const script = `
    const { runSuites } = await import(${JSON.stringify(runFiles)});
    const said = [];
    const progress = { ended() {}, skipped() {}, failed: (where, name) => said.push(name) };
    const suite = { name: 'tried', files: ${JSON.stringify([sound, racing])}, fileTimeoutMs: 60_000, concurrency: 2 };
    const run = (suite) => runSuites([{ suite, progress, ended: (tally) => said.push(tally) }], 2, new AbortController().signal);
    const failed = await run(suite);
    const again = await run({ ...suite, files: failed.map(({ file }) => file) });
    console.log(JSON.stringify({ said, failed: failed.map(({ tally }) => tally), again }));`;
  const { NODE_TEST_CONTEXT: _, ...env } = process.env;
  const runner = join(folder, 'runner.mjs');
  writeFileSync(runner, script);
  const { stdout, stderr } = spawnSync(process.execPath, [runner], { env, encoding: 'utf8' });
  assert.equal(stderr, '');
  assert.deepEqual(JSON.parse(stdout.trim().split('\n').at(-1) ?? ''), {
    said: ['races', { passed: 2, failed: 1, skipped: 0 }, { passed: 2, failed: 0, skipped: 0 }],
    failed: [{ passed: 1, failed: 1, skipped: 0 }],
    again: [],
  });
});
