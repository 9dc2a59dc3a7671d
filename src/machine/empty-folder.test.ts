import assert from 'node:assert/strict';
import { existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { removeFolder, temporaryFolder } from '../../test/servers/process.ts';
import { clearUnfinished, fillFolder, folderObstacle, unfinishedMark, workInFolder } from './empty-folder.ts';

const above = temporaryFolder('empty');
after(() => removeFolder(above));

/** As a process that is gone left it. */
function cutOff(name: string, isNew: boolean): string {
  const folder = join(above, name);
  mkdirSync(folder);
  const by = 'pid:[1]/1/1';
  writeFileSync(join(folder, unfinishedMark), JSON.stringify({ by: isNew ? null : by, isNew }));
  writeFileSync(join(folder, 'half'), 'x');
  return folder;
}

test('a folder bears its mark while it is filled, and is as before when that fails', async () => {
  const folder = join(above, 'filled');
  const failing = fillFolder(folder, async () => {
    assert.ok(existsSync(join(folder, unfinishedMark)));
    assert.match(folderObstacle(folder) ?? '', /holds a restore that was not finished/);
    assert.equal(await clearUnfinished(folder), false, 'who fills it is at work');
    writeFileSync(join(folder, 'half'), 'x');
    throw new Error('no room');
  });
  await assert.rejects(failing, /no room/);
  assert.equal(existsSync(folder), false);
  await fillFolder(folder, async () => writeFileSync(join(folder, 'whole'), 'x'));
  assert.deepEqual(readdirSync(folder), ['whole']);
  assert.equal(await clearUnfinished(folder), false);
  assert.deepEqual(readdirSync(folder), ['whole'], 'what is whole stays');
  await assert.rejects(
    fillFolder(folder, async () => {}),
    /is not empty/,
  );
});

test('what was cut off is cleared away, and a folder that was there before stays', async () => {
  const made = cutOff('made', true);
  assert.equal(await clearUnfinished(made), true);
  assert.equal(existsSync(made), false);
  const strange = cutOff('strange', false);
  assert.equal(await clearUnfinished(strange), false, 'a pid of another space says nothing here');
  assert.deepEqual(readdirSync(strange).toSorted(), [unfinishedMark, 'half']);
});

test('a folder to work in is gone afterwards, also what an earlier work left in it', async () => {
  const folder = cutOff('work', true);
  const seen = await workInFolder(folder, async () => {
    writeFileSync(join(folder, 'log'), 'x');
    return readdirSync(folder).toSorted();
  });
  assert.deepEqual(seen, [unfinishedMark, 'log']);
  assert.equal(existsSync(folder), false);
});
