import assert from 'node:assert/strict';
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { test } from 'node:test';
import { removeFolder, temporaryFolder } from '../../test/servers/process.ts';
import { systemClock } from '../clock.ts';
import { systems } from '../systems/index.ts';
import { chooseConfiguration, requireConfiguration } from './configuration.ts';
import { givenNamesFile, readGivenNames, writeGivenNames } from './given-names.ts';

test('a target that was discovered keeps its name over a restart, whatever has appeared beside it', async (t) => {
  const cwd = temporaryFolder('given-names');
  t.after(() => removeFolder(cwd));
  const start = async (env: Record<string, string>) => {
    const world = { clock: systemClock, cwd, env, systems, notifiers: [] };
    const chosen = await chooseConfiguration(world, undefined);
    writeGivenNames(givenNamesFile(cwd, undefined), chosen.names);
    const { targets } = requireConfiguration(chosen);
    return (url: string) => targets.find(({ settings }) => settings.url === url)?.name;
  };
  const [old, newcomer] = ['redis://127.0.0.1:1001', 'redis://127.0.0.1:1000'];
  const name = (await start({ CACHE_URL: old }))(old);
  assert.ok(name);
  const later = await start({ A_URL: newcomer, CACHE_URL: old });
  assert.equal(later(old), name);
  assert.notEqual(later(newcomer), name);
  await start({ A_URL: newcomer });
  assert.equal((await start({ A_URL: newcomer, CACHE_URL: old }))(old), name, 'after it was away');
});

test('a file of names that is broken counts as none', (t) => {
  const cwd = temporaryFolder('given-names');
  t.after(() => removeFolder(cwd));
  const file = givenNamesFile(cwd, './elsewhere');
  assert.equal(readGivenNames(file).size, 0);
  mkdirSync(dirname(file));
  writeFileSync(file, '{ "redis');
  assert.equal(readGivenNames(file).size, 0);
  writeGivenNames(file, new Map([['redis localhost:1', 'redis']]));
  assert.deepEqual([...readGivenNames(file)], [['redis localhost:1', 'redis']]);
});
