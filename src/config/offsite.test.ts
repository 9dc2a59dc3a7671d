import assert from 'node:assert/strict';
import { test } from 'node:test';
import { systems } from '../systems/index.ts';
import { formatProblem } from './problem.ts';
import { readConfiguration } from './read.ts';

const env = { OFF_ACCESS: 'AKWRITER', OFF_SECRET: 'hush-hush', OFF_PASS: 'correct horse battery staple' };
const least = `bucket: acme, accessKey: "\${OFF_ACCESS}", secretKey: "\${OFF_SECRET}", passphrase: "\${OFF_PASS}"`;

function read(offsite: string) {
  const reading = readConfiguration({
    file: '/srv/upkeep.yaml',
    text: `targets:\n  db: { system: postgres, url: "postgres://u@h/d" }\nbackups:\n  shop: { of: db, to: /b, offsite: ${offsite} }\n`,
    ...{ env, systems, notifiers: [] },
    readFile: () => {
      throw new Error('none');
    },
  });
  return {
    offsite: reading.configuration?.backups[0]?.offsite,
    problems: reading.problems.map(formatProblem),
  };
}

const day = 86_400_000;

test('what is left out is a weekly copy to Amazon below upkeep/, without lock and without deletion', () => {
  assert.deepEqual(read(`{ ${least} }`).offsite, {
    ...{ bucket: 'acme', endpoint: null, region: 'us-east-1', prefix: 'upkeep', every: 'weekly' },
    ...{ passphrase: env.OFF_PASS, writer: { accessKey: 'AKWRITER', secretKey: 'hush-hush' } },
    ...{ deleter: null, lockMs: null },
  });
});

test('all that can be said is taken, and every problem is told at its place without a secret', () => {
  const whole = `{ ${least}, endpoint: "https://s3.example.org/", region: eu, prefix: /a/b/, lock: 30d, every: each, deleter: { accessKey: D, secretKey: s } }`;
  const { offsite, problems } = read(whole);
  assert.deepEqual(problems, []);
  assert.deepEqual(
    [offsite?.endpoint, offsite?.prefix, offsite?.lockMs, offsite?.deleter?.accessKey, offsite?.every],
    ['https://s3.example.org', 'a/b', 30 * day, 'D', 'each'],
  );
  for (const [text, expected] of [
    [`{ accessKey: a, secretKey: b, passphrase: "\${OFF_PASS}" }`, /offsite: has no bucket/],
    [`{ bucket: acme, passphrase: "\${OFF_PASS}" }`, /has no accessKey[\s\S]*has no secretKey/],
    ['{ bucket: acme, accessKey: a, secretKey: b }', /has no passphrase/],
    [
      '{ bucket: acme, accessKey: a, secretKey: b, passphrase: short }',
      /passphrase: has 5 characters; 16 are the least/,
    ],
    [`{ ${least}, endpoint: s3.example.org }`, /"s3\.example\.org" is no address of a server/],
    [`{ ${least}, endpoint: "https://u:p@h" }`, /endpoint: holds credentials/],
    [`{ ${least}, lock: 30 }`, /"30" has no unit/],
    [`{ ${least}, every: hourly }`, /"hourly" is not one of each, daily, weekly, monthly/],
    [
      `{ ${least}, deleter: { accessKey: "\${OFF_ACCESS}", secretKey: x } }`,
      /deleter: has the accessKey of the writer/,
    ],
    [`{ ${least}, buckets: acme }`, /is not a key that belongs here/],
  ] as const) {
    const said = read(text).problems.join('\n');
    assert.match(said, expected, text);
    assert.doesNotMatch(said, /hush-hush|correct horse/);
  }
});

test('engines that keep a repository of their own are told what to do instead, where nothing would ever be copied', () => {
  const text = (engine: string, more = '') =>
    `targets:\n  db: { system: postgres, url: "postgres://u@h/d" }\n  host: { system: host }\nbackups:\n  shop: { ${engine}, to: /b, ${more} offsite: { ${least} } }\n`;
  const said = (yaml: string) =>
    readConfiguration({
      ...{ file: '/srv/upkeep.yaml', text: yaml, env, systems, notifiers: [] },
      readFile: () => '',
    })
      .problems.map(formatProblem)
      .join('\n');
  const whole = said(text('of: db, engine: postgres.pgbackrest'));
  assert.match(whole, /offsite: is of no use to postgres\.pgbackrest[\s\S]*repo2-type=s3/);
  assert.match(
    said(text('of: host', 'paths: [/etc],')),
    /offsite: is of no use to host\.files[\s\S]*restic copy/,
  );
  assert.equal(said(text('of: db, engine: postgres.plain')), '');
});
