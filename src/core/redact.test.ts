import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { printable, redact } from './redact.ts';

for (const [given, wanted] of [
  ['postgres://shop:hunter2@db/shop', 'postgres://shop:(hidden)@db/shop'],
  ['PGPASSWORD=hunter2 pg_dump', 'PGPASSWORD=(hidden) pg_dump'],
  ['{"password": "hunter2", "user": "a"}', '{"password": (hidden), "user": "a"}'],
  ['Authorization: Bearer abcdefghijkl', 'Authorization: Bearer (hidden)'],
  ['restic --password hunter2 backup', 'restic --password (hidden) backup'],
  ['key AKIAIOSFODNN7EXAMPLE used', 'key (hidden) used'],
  ['ghp_abcdefghijklmnopqrstuvwxyz012345', '(hidden)'],
  ['-----BEGIN RSA PRIVATE KEY-----\nMIIE\n', '(hidden)'],
  ['https://host/?token=abc&x=1', 'https://host/?token=(hidden)&x=1'],
  [
    'the configuration does not pass: unknown directive',
    'the configuration does not pass: unknown directive',
  ],
  ['bypass: yes, compass=north', 'bypass: yes, compass=north'],
  ['smtp: { user: bob, pass: hunter2 }', 'smtp: { user: bob, pass: (hidden) }'],
  ['login bob pass: hunter2', 'login bob pass: (hidden)'],
  ['may not pass=hunter2', 'may not pass=(hidden)'],
  ['DBPASS=hunter2 userpass: hunter2', 'DBPASS=(hidden) userpass: (hidden)'],
  ['it does not pass: password: hunter2', 'it does not pass: password: (hidden)'],
  ['backed up 120 files in 3 s', 'backed up 120 files in 3 s'],
] as const) {
  test(`${JSON.stringify(given)} is kept as ${JSON.stringify(wanted)}`, () =>
    assert.equal(redact(given), wanted));
}

test('a terminal obeys nothing in it', () => {
  assert.equal(printable('\u001b[2J\u202Eabc\r\nok\tyes'), '\\u{1b}[2J\\u{202e}abc\nok\tyes');
});

test('property: hostile text is redacted in time', () => {
  const piece = fc.constantFrom(
    'password',
    '=',
    '"',
    ':',
    '/',
    '@',
    'a',
    ' ',
    '-----BEGIN ',
    'token',
    '\n',
    'eyJ',
  );
  fc.assert(
    fc.property(fc.array(piece, { minLength: 2_000, maxLength: 4_000 }), (parts) => {
      const began = performance.now();
      redact(parts.join(''));
      assert.ok(performance.now() - began < 500);
    }),
    { numRuns: 30 },
  );
});
