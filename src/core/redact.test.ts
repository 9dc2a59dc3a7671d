import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { printable, redact, redactAll, redactSentence } from './redact.ts';

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

/** Each holds `hunter4plain` or what is listed with it; none of that is left. */
for (const [given, ...secrets] of [
  ['SECRET_KEY_BASE=hunter4plain'],
  ['STRIPE_WEBHOOK_KEY=hunter4plain next'],
  ['export DB_PASSWORD_PROD="hunter4 plain" x', 'hunter4 plain'],
  ['SESSION_SECRET: hunter4plain'],
  ['{"msg":"env","SENTRY_TOKEN":"hunter4plain"}'],
  ['{"msg":"{\\"password\\":\\"hunter4plain\\"}"}'],
  ["statement: ALTER USER bob PASSWORD 'hunter4plain'"],
  ["ALTER ROLE bob WITH ENCRYPTED PASSWORD 'hunter4''plain' VALID UNTIL 'infinity'", 'plain'],
  ["STATEMENT:  create user bob password E'hunter4plain"],
  ["CREATE USER bob IDENTIFIED BY 'hunter4plain'"],
  ["ALTER USER bob IDENTIFIED WITH mysql_native_password BY 'hunter4plain'"],
  ["SET PASSWORD FOR bob = PASSWORD('hunter4plain')"],
  ["SET PASSWORD FOR 'bob'@'%' = 'hunter4plain'"],
  ['AUTH hunter4plain'],
  ['AUTH bob hunter4plain'],
  ['1700000000.1 [0 127.0.0.1:1] "AUTH" "bob" "hunter4plain"'],
  ['redis-cli -h cache AUTH hunter'.replace('hunter', 'hunter4plain')],
  ['HELLO 3 AUTH bob hunter4plain'],
  ['"HELLO" "3" "AUTH" "bob" "hunter4plain"'],
  ['CONFIG SET requirepass hunter4plain'],
  ['"config" "set" "requirepass" "hunter4plain"'],
  ['masterauth hunter4plain'],
  ['ACL SETUSER bob on >hunter4plain ~*'],
  ['mysql -u root -phunter4plain shop'],
  ["/usr/bin/mysqldump --host=db -p'hunter4plain' shop"],
  ['sshpass -p hunter4plain ssh x'],
  ['app --password=hunter4plain --port 3'],
  ['app --db-password hunter4plain'],
  ['curl -s -u admin:hunter4plain https://x'],
  ['curl --user admin:hunter4plain https://x'],
  ['redis-cli -a hunter4plain ping'],
  ['Cookie: sid=hunter4plain; theme=dark'],
  ['Set-Cookie: sid=hunter4plain; Path=/; HttpOnly'],
  ['{"headers":{"cookie":"sid=hunter4plain"}}'],
  ['"authorization":"Bearer hunter4plain"'],
  ['Authorization: Basic aHVudGVyNHBsYWlu', 'aHVudGVyNHBsYWlu'],
  ['DefaultEndpointsProtocol=https;AccountName=x;AccountKey=hunter4plain==;EndpointSuffix=y'],
  ['aws secret access key wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY', 'wJalr'],
  ['GET /oauth/callback?code=hunter4plain&state=x HTTP/1.1'],
  ['GET /blob?sv=1&sig=hunter4plain%3D HTTP/1.1'],
  ['GET /reset?token=hunter4plain HTTP/1.1'],
  ['https://b.s3.amazonaws.com/a?X-Amz-Credential=hunter4plain&X-Amz-Signature=deadbeefdeadbeef', 'deadbeef'],
  ['the secret is hunter4plain'],
  ['your new password is: hunter4plain'],
  ['password: hunter4plain'],
  ['charged 4111 1111 1111 1111 for 3', '4111'],
  ['card=4111111111111111', '4111'],
  ['card 378282246310005 declined', '378282'],
  ['jwt eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.abcdefghij', 'eyJ'],
  ['xoxb-1234567890-hunter4plain'],
  ['sk-proj-abcdefgh1jklmnopqrstuv', 'abcdefgh'],
  ['glpat-abcdefghijklmnopqrst', 'abcdefgh'],
  ['POST https://hooks.slack.com/services/T00000000/B00000000/XXXXXXXXXXXXXXXXXXXXXXXX', 'XXXX'],
  ['-----BEGIN PGP PRIVATE KEY BLOCK-----\nlQOYBF\n', 'lQOYBF'],
  ['{"key":"-----BEGIN PRIVATE KEY-----\\nMIIEvg\\n-----END PRIVATE KEY-----\\n"}', 'MIIE'],
  ['2026-11-23T10:00:00Z api MIIEvQIBADANBgkqhkiG9w0BAQEFAASCBKcwggSjAgEAAoIBAQC7VJTUt9Us8cKj', 'VJTUt9'],
  ['VJTUt9Us8cKj==\n-----END PRIVATE KEY-----', 'VJTUt9'],
] as const) {
  test(`nothing of the secret is left in ${JSON.stringify(given)}`, () => {
    const kept = redact(given);
    for (const secret of [...secrets, 'hunter4plain']) assert.ok(!kept.includes(secret), kept);
    assert.match(kept, /\(hidden\)/);
  });
}

for (const innocent of [
  'order 018f3f6e-7a5b-7cc0-98c4-dc0c0c07398f shipped',
  'deployed commit da39a3ee5e6b4b0d3255bfef95601890afd80709',
  'the secret was rotated in commit da39a3ee5e6b4b0d3255bfef95601890afd80709',
  'sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08',
  'layer 9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08',
  "SELECT id, name FROM users WHERE email = 'a@b.test' AND age > 30 ORDER BY 2",
  'FATAL:  password authentication failed for user "bob"',
  'the password is wrong',
  'token is not valid',
  'secret is missing in namespace shop',
  'duplicate key value violates unique constraint "orders_pkey"',
  'DETAIL:  Key (id)=(812) already exists.',
  'AUTH failed: WRONGPASS invalid username-password pair',
  'SMTP AUTH is not supported',
  'auth service took 12 ms',
  'NOAUTH Authentication required.',
  'psql -p 5432 -U shop',
  'ssh -p2222 host',
  'nmap -p80 host',
  'GET /orders?page=3&code=404 HTTP/1.1',
  'GET /cart?key=12 HTTP/1.1',
  'PRIMARY_KEY=id',
  'CACHE_KEY=cart:12',
  'primary_key: id',
  'routing_key=orders.new',
  'max_tokens=4096 tokens: 12 used',
  'password_encryption=scram-sha-256',
  'took 1790000000000 ms, id 1790000000000123456',
  'span 4bf92f3577b34da6a3ce929d0e0e4736 trace 00f067aa0ba902b7',
  'sequence 4111111111111112 is no card',
  'requirepass is not set',
  'masterauth is not set',
  'shop ALL=(root) NOPASSWD: /usr/sbin/nginx',
  'cookie expired',
  'Cookie: missing',
  'the task-runner-skeleton-of-the-scheduler started',
  'com.example.shop.orders.OrderServiceImplementation.createOrderForCustomer(Order.java:12)',
  'at Object.<anonymous> (/srv/app/node_modules/library/dist/some/very/long/path/to/a/File1.js:1:2)',
  'GET /assets/images/products/large/2026/11/23/abcdefghijklmnopqrstuvwxyz',
  'restic --password-file /etc/restic/key backup',
  'curl -s http://localhost:8080/health',
  'checkpoint complete: wrote 812 buffers (5.0%); 0 WAL file(s) added',
]) {
  test(`nothing is taken out of ${JSON.stringify(innocent)}`, () => assert.equal(redact(innocent), innocent));
}

test('sentences of Upkeep keep their words, and lose what a system put into them', () => {
  for (const own of [
    'The primary is alive and wants a password: set masterauth (and masteruser) of the replica to what it has',
    'CONFIG SET masterauth, and keep it in its file',
    'Its password was taken away, which opens it to everybody',
    '2 accounts with an empty password: bob, ann',
    'which side changed its password: nothing outside the two can tell',
    'ACL SETUSER <user> +info',
    'approved by token:ci and done',
  ])
    assert.equal(redactSentence(own), own);
  assert.equal(redactSentence('it says password: hunter4plain'), 'it says password: (hidden)');
  assert.equal(redactSentence('runs mysql -phunter2 all day'), 'runs mysql -p(hidden) all day');
  assert.deepEqual(redactAll({ by: 'token:ci', said: 'token:abc def' }), {
    ...{ by: 'token:ci', said: 'token:(hidden) def' },
  });
});

test('texts are cleaned at whatever depth', () => {
  const given = { a: ['password=hunter2', 3, null], b: { c: 'mysql -phunter2' }, password: 'column' };
  assert.deepEqual(redactAll(given), {
    ...{ a: ['password=(hidden)', 3, null], b: { c: 'mysql -p(hidden)' } },
    password: 'column',
  });
});

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
