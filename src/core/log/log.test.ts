import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createLogBook, linesIn, mark, restoreBook, saveBook, take } from './book.ts';
import { patternShifts } from './compare.ts';
import { levelOf, momentOf } from './line.ts';

const minute = 60_000;
const start = Math.floor(1_790_000_000_000 / minute) * minute;

test('a line says how grave it is by the customs of many programs', () => {
  const levels = (...lines: string[]) => lines.map(levelOf);
  assert.deepEqual(
    levels(
      '2026-11-22 14:00:00.123 UTC [812] FATAL:  sorry, too many clients already',
      '2026/11/22 14:00:00 [error] 812#812: *1 connect() failed (111: Connection refused)',
      '{"level":50,"time":1790000000000,"msg":"it broke"}',
      'level=error msg="cannot"',
      'TypeError: x is not a function',
      '127.0.0.1 - - [22/Nov/2026:14:00:00 +0000] "GET / HTTP/1.1" 502 157 "-" "curl"',
    ),
    Array(6).fill('error'),
  );
  assert.deepEqual(
    levels(
      '812:M 22 Nov 2026 14:00:00.123 # WARNING overcommit_memory is set to 0',
      '2026/11/22 14:00:00 [warn] 812#812: something',
    ),
    ['warning', 'warning'],
  );
  assert.deepEqual(
    levels(
      '127.0.0.1 - - [22/Nov/2026:14:00:00 +0000] "GET /ERROR HTTP/1.1" 200 157 "-" "curl"',
      '2026-11-22 14:00:00 UTC LOG:  checkpoint complete: 0 errors',
      '{"level":30,"msg":"no error"}',
    ),
    ['info', 'info', 'info'],
  );
});

test('a line says when it was written, with its zone or in that of the machine', () => {
  const at = Date.UTC(2026, 10, 22, 14, 0, 5);
  for (const line of [
    '2026-11-22T14:00:05.123Z hello',
    '2026-11-22 14:00:05.123 UTC [812] LOG: x',
    '127.0.0.1 - - [22/Nov/2026:15:00:05 +0100] "GET / HTTP/1.1" 200 1',
    '812:M 22 Nov 2026 14:00:05.123 * Ready',
    '2026/11/22 14:00:05 [error] x',
  ])
    assert.equal(momentOf(line, 'UTC'), at, line);
  assert.equal(momentOf('2026/11/22 15:00:05 [error] x', 'Europe/Berlin'), at);
  assert.equal(momentOf('nothing here', 'UTC'), undefined);
  assert.equal(momentOf('2026-99-22 14:00:05 x', 'UTC'), undefined);
});

function bookOf(lines: readonly (readonly [number, string])[]) {
  const book = createLogBook();
  for (const [at, text] of lines) take(book, { at, text, file: '/var/log/app.log' });
  return book;
}

/** Two lines of 64, as PEM has them, and a short last one. */
const keyBody = [
  'MIIEvQIBADANBgkqhkiG9w0BAQEFAASCBKcwggSjAgEAAoIBAQC7VJTUt9Us8cKj',
  'MzEfYyjiWA4R4/M2bS1GB4t7NXp98C3SC6dVMvDuictGeurT8jNbvJZHtCSuYEvu',
  'Qd9x',
];

for (const [how, lines] of Object.entries({
  'line by line': ['-----BEGIN PRIVATE KEY-----', ...keyBody, '-----END PRIVATE KEY-----'],
  'behind a time and a level': [
    '-----BEGIN RSA PRIVATE KEY-----',
    ...keyBody,
    '-----END RSA PRIVATE KEY-----',
  ].map((line, at) => `2026-11-22 14:00:0${at}.123 [api] INFO: ${line}`),
  'for PGP': [
    '-----BEGIN PGP PRIVATE KEY BLOCK-----',
    'Version: 1',
    '',
    ...keyBody,
    '-----END PGP PRIVATE KEY BLOCK-----',
  ],
  'with other lines between': [
    '-----BEGIN PRIVATE KEY-----',
    keyBody[0] ?? '',
    'ERROR: a line between',
    ...keyBody.slice(1),
    '-----END PRIVATE KEY-----',
  ],
  'from its middle on': [...keyBody.slice(0, 2), '-----END PRIVATE KEY-----'],
})) {
  test(`a private key leaves nothing when it is logged ${how}, and what comes after it is kept`, () => {
    const book = bookOf([...lines, 'ERROR: after the key'].map((line, at) => [start + at, line] as const));
    const kept = JSON.stringify([
      ...linesIn(book, { from: 0, to: start + minute }),
      ...book.patterns.values(),
    ]);
    for (const line of keyBody) assert.ok(!kept.includes(line), kept);
    assert.doesNotMatch(kept, /END [A-Z ]*PRIVATE KEY/);
    assert.match(kept, /ERROR: after the key/);
    if (how.startsWith('with other')) assert.match(kept, /a line between/);
  });
}

test('lines are grouped, and neither secrets nor control characters are kept', () => {
  const key = [
    '-----BEGIN RSA PRIVATE KEY-----',
    'MIIEabcdefg',
    'HIJKLMN==',
    '-----END RSA PRIVATE KEY-----',
  ];
  const book = bookOf([
    [start, 'ERROR: cannot reach postgres://app:hunter2@db/shop in 12 ms'],
    [start + 1, 'ERROR: cannot reach postgres://app:hunter2@db/shop in 99 ms'],
    ...key.map((line, at) => [start + 2 + at, line] as const),
    [start + 9, 'INFO \u001b[31mred\u001b[0m and \u202ebackwards'],
  ]);
  const kept = JSON.stringify([saveBook(book), linesIn(book, { from: 0, to: start + minute })]);
  assert.doesNotMatch(kept, /hunter2|MIIE|HIJK/);
  assert.ok(!kept.includes('\u001b') && !kept.includes('\u202e'));
  const pattern = [...book.patterns.values()].find(({ level }) => level === 'error');
  assert.equal(pattern?.count, 2);
  assert.match(pattern?.text ?? '', /cannot reach <url>/);
});

test('a stack trace belongs to its error', () => {
  const book = bookOf([
    [start, 'TypeError: cannot read x'],
    [start, '    at run (/srv/api.js:10:4)'],
    [start, '    at main (/srv/api.js:2:1)'],
  ]);
  assert.equal(book.patterns.size, 1);
  assert.equal(linesIn(book, { from: 0, to: start }).length, 3);
});

test('a flood of lines and patterns stays bounded, and what surrounds an onset outlives it', () => {
  const book = bookOf([
    [start - 1_000, 'INFO quiet before'],
    [start, 'ERROR the first sign of trouble'],
  ]);
  mark(book, start);
  take(book, { at: start + 1_000, text: 'INFO right after', file: '/var/log/app.log' });
  for (let index = 0; index < 5_000; index++) {
    const word = String.fromCharCode(97 + (index % 26), 97 + ((index >> 3) % 26), 97 + ((index >> 6) % 26));
    take(book, { at: start + 10 * minute + index, text: `${word} ${word}x ${word}y z`, file: '/f' });
  }
  assert.ok(book.patterns.size <= 360, String(book.patterns.size));
  assert.ok(book.recent.length <= 550);
  const around = linesIn(book, { from: start - minute, to: start + minute }).map(({ text }) => text);
  assert.deepEqual(around, ['INFO quiet before', 'ERROR the first sign of trouble', 'INFO right after']);
});

test('at an onset some patterns are new, some rise, some stop, and the usual ones are silent', () => {
  const lines: [number, string][] = [];
  for (let at = start; at < start + 70 * minute; at += 10_000) {
    lines.push([at, 'INFO served a page']);
    if (at < start + 60 * minute) lines.push([at, 'INFO replica caught up']);
    if (at % (10 * minute) === 0) lines.push([at, 'WARN retrying the payment']);
    if (at >= start + 60 * minute) {
      lines.push([at, 'WARN retrying the payment']);
      lines.push([at, 'ERROR too many clients already']);
    }
  }
  const book = bookOf(lines);
  const found = patternShifts([...book.patterns.values()], {
    onset: start + 60 * minute,
    until: start + 70 * minute,
    since: start,
  });
  assert.deepEqual(
    found.map(({ kind, pattern }) => `${kind} ${pattern.text}`),
    [
      'new ERROR too many clients already',
      'rose WARN retrying the payment',
      'stopped INFO replica caught up',
    ],
  );
  const young = patternShifts([...book.patterns.values()], {
    onset: start + 2 * minute,
    until: start + 4 * minute,
    since: start,
  });
  assert.deepEqual(young, [], 'a log followed for two minutes has nothing that is known to be new');
});

test('what was known before a restart is not new after it', () => {
  const book = restoreBook(JSON.parse(JSON.stringify(saveBook(bookOf([[start, 'ERROR disk 3 is slow']])))));
  take(book, { at: start + 600 * minute, text: 'ERROR disk 7 is slow', file: '/f' });
  assert.equal(book.patterns.size, 1);
  const [pattern] = book.patterns.values();
  assert.equal(pattern?.count, 2);
  assert.equal(pattern?.firstAt, start);
});
