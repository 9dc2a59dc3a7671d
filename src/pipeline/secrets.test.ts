/** What a system, its log or its command line says may hold secrets; whatever leaves Upkeep holds none. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { down, minuteMs, secondMs, startLoop, toyTarget } from '../../test/simulation/loop.ts';
import type { LogTail, RawLine } from '../core/log/view.ts';
import * as journal from '../store/journal.ts';

const secret = 'hunter4plain';
const file = '/var/log/web.log';

test('logs, evidence, findings, messages and the journal hold no secret that a system tells', async () => {
  const pem = 'MIIEvQIBADANBgkqhkiG9w0BAQEFAASCBKcwggSjAgEAAoIBAQC7VJTUt9Us8cKj';
  let lines: RawLine[] = [
    `ERROR cannot run mysql -u root -p${secret} shop`,
    `ERROR SECRET_KEY_BASE=${secret}`,
    '2026-11-23 10:00:00 api -----BEGIN PRIVATE KEY-----',
    `2026-11-23 10:00:00 api ${pem}`,
    '2026-11-23 10:00:00 api -----END PRIVATE KEY-----',
    `ERROR statement: ALTER USER bob PASSWORD '${secret}'`,
  ].map((text) => ({ file, text, isPast: false }));
  const tail: LogTail = {
    async poll() {
      const written = lines;
      lines = [];
      return written;
    },
    sources: () => [{ path: file, unseen: null }],
    close: async () => {},
  };
  const loop = await startLoop({
    targets: [toyTarget('web', { logs: [file] })],
    logs: { openTail: () => tail, timezone: 'UTC' },
    probe: async () => ({ ...down, detail: `cannot reach postgres://app:${secret}@db/shop` }),
    diagnoses: [
      {
        id: 'toy.told',
        summary: 'looks',
        explains: ['toy.down'],
        gather: async (_, target) => [
          {
            ...{ id: 'told', target, at: 0, title: `runs with --password=${secret}` },
            ...{
              how: `curl -u admin:${secret} http://web`,
              facts: { command: `mysql -p${secret}`, rows: 3 },
            },
            table: { columns: ['query', 'n'], rows: [[`CREATE USER a IDENTIFIED BY '${secret}'`, 1]] },
            ...{ text: `AUTH bob ${secret}`, unseen: `password: ${secret}` },
          },
        ],
        conclude: (_, target) => [
          {
            ...{ id: 'toy.told', target, confidence: 0.9, evidence: ['told'], unseen: [] },
            ...{ summary: `started with mysql -p${secret}`, explanation: `token=${secret}` },
            recommendations: [],
          },
        ],
      },
    ],
  });
  await loop.pass(minuteMs);
  await loop.store.transaction((tx) =>
    journal.append(tx, {
      ...{ at: loop.clock.now(), actor: 'bob', kind: 'incident.commented', subject: 'web' },
      payload: { note: [`the password is ${secret}`] },
    }),
  );
  await loop.pass(30 * secondMs);
  const log = loop.pipeline.logs?.view('web', { from: 0, to: loop.clock.now() });
  const incidents = await loop.incidents();
  assert.ok(log && log.lines.length >= 3 && loop.messages.length > 0);
  assert.ok(incidents[0]?.evidence.some(({ id }) => id === 'web.told'));
  for (const [what, kept] of Object.entries({
    ...{ log, incidents, messages: loop.messages, journal: await loop.journal() },
    investigation: await loop.pipeline.diagnostician.investigate(['web'], []),
  })) {
    const text = JSON.stringify(kept, (_, value) => (value instanceof Map ? [...value] : value));
    assert.ok(!text.includes(secret) && !text.includes(pem), `${what}: ${text}`);
  }
  assert.equal(incidents[0]?.evidence.find(({ id }) => id === 'web.told')?.facts?.rows, 3);
  await loop.end();
});
