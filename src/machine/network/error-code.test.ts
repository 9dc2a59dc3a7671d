import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect } from 'node:net';
import { test } from 'node:test';
import { freePort } from '../../../test/servers/free-port.ts';
import { codeOf, failureByCode, isAborted } from './error-code.ts';

async function refusalOf(to: { port: number; host: string } | { path: string }): Promise<unknown> {
  const socket = connect(to);
  const [error] = await once(socket, 'error');
  return error;
}

test('what nobody listens on has refused, by port, by socket file and by a name of two addresses', async () => {
  const port = await freePort();
  for (const place of [
    { port, host: '127.0.0.1' },
    { port, host: 'localhost' },
    { path: '/nonexistent/upkeep.sock' },
  ]) {
    const code = codeOf(await refusalOf(place)) ?? '';
    assert.equal(failureByCode[code], 'refused', `${JSON.stringify(place)}: ${code}`);
  }
});

test('of several addresses the first tells; what has no code has none', () => {
  const first = Object.assign(new Error('x'), { code: 'ETIMEDOUT' });
  assert.equal(codeOf(new AggregateError([first, new Error('y')])), 'ETIMEDOUT');
  assert.equal(codeOf(new Error('x')), undefined);
  assert.equal(codeOf(Object.assign(new Error('x'), { code: 7 })), undefined);
});

test('a job whose time is up is told from a server that fails', () => {
  assert.equal(isAborted(AbortSignal.abort().reason), true);
  assert.equal(isAborted(new DOMException('late', 'TimeoutError')), true);
  assert.equal(isAborted(new Error('connection terminated')), false);
});
