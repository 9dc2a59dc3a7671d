import assert from 'node:assert/strict';
import { test } from 'node:test';
import { archiveRemedy, remedyText, timeoutAdvice } from './archiving.ts';

const command = 'pgbackrest --config=/b/c.conf archive-push %p';
const good = {
  ...{ walLevel: 'replica', archiveMode: 'on', archiveCommand: command, archiveLibrary: '' },
  archiveTimeoutSeconds: 60,
};

test('a server that hands its log over needs nothing', () => {
  assert.deepEqual(archiveRemedy(good, command), { wrong: [], statements: [], needsRestart: false });
  assert.equal(timeoutAdvice(good), null);
  assert.match(timeoutAdvice({ ...good, archiveTimeoutSeconds: 0 }) ?? '', /archive_timeout = '60s'$/);
});

test('a fresh server is told every setting and that it must be restarted', () => {
  const fresh = { ...good, walLevel: 'minimal', archiveMode: 'off', archiveCommand: '(disabled)' };
  const text = remedyText(
    archiveRemedy({ ...fresh, archiveTimeoutSeconds: 0 }, command),
    'pg_ctlcluster 15 main restart',
  );
  assert.deepEqual(text.split('\n').slice(1), [
    'ALTER SYSTEM SET wal_level = replica;',
    'ALTER SYSTEM SET archive_mode = on;',
    `ALTER SYSTEM SET archive_command = '${command}';`,
    "ALTER SYSTEM SET archive_timeout = '60s';",
    '-- then, in a shell: pg_ctlcluster 15 main restart',
  ]);
  assert.match(text, /wal_level is minimal, archive_mode is off, archive_command is not set/);
});

test('a command of somebody else, and a library, are replaced without a restart', () => {
  const other = { ...good, archiveCommand: "cp %p '/a'", archiveLibrary: 'basic_archive' };
  const { wrong, needsRestart } = archiveRemedy(other, "it's %p");
  assert.deepEqual(wrong, ['archive_library is basic_archive', 'archive_command is another one']);
  assert.equal(needsRestart, false);
  assert.match(
    remedyText(archiveRemedy(other, "it's %p"), 'systemctl restart postgresql'),
    /archive_command = 'it''s %p';\nSELECT pg_reload_conf\(\);$/,
  );
});
