import assert from 'node:assert/strict';
import { execFile, spawnSync } from 'node:child_process';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const canCut =
  spawnSync('unshare', ['--net', 'ip', 'link', 'add', 'out', 'type', 'veth', 'peer', 'name', 'in']).status ===
  0;
const skip =
  canCut || process.env.CI === 'true'
    ? false
    : 'network namespaces need root, util-linux and ip (apt-get install util-linux iproute2)';
const program = fileURLToPath(new URL('./cut-off.ts', import.meta.url));

async function cutOff(which: 'all' | 'one') {
  const run = await promisify(execFile)('unshare', ['--net', process.execPath, program, which], {
    timeout: 180_000,
  });
  const line = run.stdout.trim().split('\n').at(-1) ?? '';
  const told: { titles: string[]; firstAfterMs: number; hereAfterMs: number } = JSON.parse(line);
  return told;
}

test('upstream is lost, the gateway answers, no canary is configured: one message that it is us', {
  skip,
}, async () => {
  const { titles, hereAfterMs } = await cutOff('all');
  assert.equal(titles.length, 2, titles.join('\n'));
  assert.match(titles[0] ?? '', /^upkeep: cannot see out/);
  assert.match(titles[1] ?? '', /^here/, 'what runs on this machine is paged meanwhile');
  // It is no second with time to spare, and far below the minutes that what lies outside is held.
  assert.ok(hereAfterMs < 15_000, `${hereAfterMs} ms, with a check each second`);
});

test('one target is lost and the others answer: it is paged at once', { skip }, async () => {
  const { titles } = await cutOff('one');
  assert.match(titles[0] ?? '', /^far1/);
  assert.match(titles[1] ?? '', /^here/);
  assert.equal(titles.length, 2, titles.join('\n'));
});
