import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { removeFolder, temporaryFolder } from '../../../../test/servers/process.ts';
import { serverWords } from './physical-scratch.ts';

test('why a scratch server ended is told, however often it was asked meanwhile', (t) => {
  const folder = temporaryFolder('words');
  t.after(() => removeFolder(folder));
  const file = join(folder, 'log');
  const why = 'FATAL:  recovery ended before configured recovery target was reached';
  const asked = [
    'FATAL:  the database system is starting up',
    'FATAL:  the database system is in recovery mode',
    'FATAL:  the database system is not accepting connections',
  ];
  const end = [
    'startup process (PID 7) exited with exit code 1',
    'terminating any other',
    'shutting down',
    'LOG:  database system is shut down',
  ];
  writeFileSync(file, [...asked, why, ...end.slice(0, 2), ...asked, ...end.slice(2), ''].join('\n'));
  assert.equal(serverWords(file), [why, ...end].join('; '));
});
