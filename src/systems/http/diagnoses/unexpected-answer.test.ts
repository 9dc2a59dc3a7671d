/** An endpoint that is reached, answers, and answers something else than was declared. */
import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { after, test } from 'node:test';
import { tryTarget } from '../../../../test/try-target.ts';
import type { DiagnosisContext } from '../../../core/system.ts';
import { http } from '../index.ts';

let answer: { status: number; body: string; headers?: Record<string, string>; afterMs?: number } = {
  ...{ status: 200, body: '' },
};
const server = createServer((_, response) => {
  setTimeout(() => response.writeHead(answer.status, answer.headers).end(answer.body), answer.afterMs ?? 0);
});
await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
after(() => server.close());
const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;

async function found(made: typeof answer, expect: object, known: Partial<DiagnosisContext> = {}) {
  answer = made;
  // One of its own each time: investigations share a look for two seconds.
  return (await tryTarget(http, { url, expect }).diagnose('http.unexpected-answer', known)).findings;
}

test('a wrong body with a good status says what was declared and what came, never the body itself', async () => {
  const page = { status: 200, body: '<h1>secret plans</h1>', headers: { 'content-type': 'text/html; x=1' } };
  const [wrong] = await found(page, { body: { contains: '"status":"ok"' } });
  assert.equal(
    wrong?.summary,
    `tried answers 200 OK, and not as declared: the body lacks '"status":"ok"' (21 bytes of text/html came)`,
  );
  assert.match(wrong?.explanation ?? '', /command of the evidence shows the answer whole/);
  assert.doesNotMatch(JSON.stringify(wrong), /secret plans/);
  assert.equal(wrong?.isWhereOnly, true);
  assert.equal(wrong?.isNoSlowness, true, 'it waited for nothing');
  const [empty] = await found({ status: 200, body: '' }, { body: { matches: 'v[0-9]' } });
  assert.match(empty?.summary ?? '', /the body does not match \/v\[0-9\]\/ \(an empty body came\)$/);
});

test('a status below 500 that was not declared, a header that is missing, an answer that came too late', async () => {
  const [gone] = await found({ status: 404, body: 'no' }, {});
  assert.match(
    gone?.summary ?? '',
    /^tried answers 404 Not Found, and not as declared: expected 2xx \(2 bytes came\)$/,
  );
  const [header] = await found({ status: 200, body: 'ok' }, { headers: { 'x-build': '7' } });
  assert.match(header?.summary ?? '', /: header x-build is missing \(2 bytes came\)$/);
  const [late] = await found({ status: 200, body: 'ok', afterMs: 60 }, { maxMs: 20 });
  assert.match(late?.summary ?? '', /: took \d+ ms, expected at most 20 ms$/);
  assert.equal(late?.isNoSlowness, undefined);
});

test('what a stranger names as the kind of its answer is told only where it is one, and the declaration is bounded', async () => {
  const odd = { status: 200, body: 'x', headers: { 'content-type': 'text/<b>$(reboot)' } };
  const [one] = await found(odd, { body: { contains: 'y'.repeat(900) } });
  assert.match(one?.summary ?? '', /… \(1 byte came\)$/);
  assert.ok((one?.summary.length ?? 999) < 400);
  assert.doesNotMatch(JSON.stringify(one), /reboot/);
});

test('nothing to tell where the answer is good, or where others know better', async () => {
  const wrong = { body: { contains: 'ok' } };
  assert.deepEqual(await found({ status: 200, body: 'ok' }, wrong), []);
  for (const status of [401, 403, 429, 500, 503])
    assert.deepEqual(await found({ status, body: 'no' }, wrong), []);
  assert.deepEqual(await found({ status: 200, body: 'connect ECONNREFUSED 127.0.0.1:5432' }, wrong), []);
  const down: Partial<DiagnosisContext> = {
    dependencies: ['partner'],
    latest: (name, metric) =>
      name === 'partner' && metric === 'http.up' ? [{ labels: {}, value: 0, at: Date.now() }] : [],
  };
  assert.deepEqual(await found({ status: 200, body: 'sorry' }, wrong, down), []);
});
