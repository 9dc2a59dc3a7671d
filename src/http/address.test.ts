import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { HttpBindings } from '@hono/node-server';
import { Hono } from 'hono';
import { addressOf } from './address.ts';

const app = new Hono<{ Bindings: HttpBindings }>();
app.get('/proxied', (c) => c.text(addressOf(c, true)));
app.get('/direct', (c) => c.text(addressOf(c, false)));

async function seen(path: string, peer: string, forwarded?: string): Promise<string> {
  const headers: Record<string, string> = forwarded === undefined ? {} : { 'x-forwarded-for': forwarded };
  const env = { incoming: { socket: { remoteAddress: peer } } };
  return (await app.request(path, { headers }, env)).text();
}

test('without a proxy the other end counts, whatever it claims', async () => {
  assert.equal(await seen('/direct', '127.0.0.1', '1.2.3.4'), '127.0.0.1');
  assert.equal(await seen('/direct', '::ffff:203.0.113.7'), '203.0.113.7');
  assert.equal(await seen('/direct', ''), 'unknown');
});

test('a proxy on this machine is believed for the entry it wrote itself, anybody else for none', async () => {
  assert.equal(await seen('/proxied', '127.0.0.1', '1.2.3.4, 203.0.113.7'), '203.0.113.7');
  assert.equal(await seen('/proxied', '::1', '203.0.113.7'), '203.0.113.7');
  assert.equal(await seen('/proxied', '203.0.113.9', '1.2.3.4'), '203.0.113.9');
  for (const nonsense of ['', 'unknown', '1.2.3.4, ', '<script>', '1.2.3.4:80'])
    assert.equal(await seen('/proxied', '127.0.0.1', nonsense), '127.0.0.1', nonsense);
});

test('addresses of one IPv6 network count as one', async () => {
  const same = ['2001:db8:1:2::1', '2001:DB8:1:2:ffff::', '2001:db8:1:2:3:4:5:6', '2001:db8:1:2::9%eth0'];
  for (const peer of same) assert.equal(await seen('/direct', peer), '2001:db8:1:2::/64', peer);
  assert.equal(await seen('/direct', 'fe80::1'), 'fe80:0:0:0::/64');
  assert.equal(await seen('/direct', '::1'), '::1');
});
