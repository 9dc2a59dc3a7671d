import assert from 'node:assert/strict';
import { test } from 'node:test';
import { destinationOf, hostOf } from './destination.ts';

test('the host of an address, and none of what is no address', () => {
  for (const [address, host] of [
    ['https://shop.example.test/health', 'shop.example.test'],
    ['postgres://u@db:5432/shop', 'db'],
    ['tcp://[::1]:80', '::1'],
    ['10.0.0.1:6379', '10.0.0.1'],
    ['sends alerts here', null],
    ['', null],
  ] as const) {
    assert.equal(hostOf(address), host, address);
  }
});

test('where connections to an address go, and none to what takes none', () => {
  for (const [address, at] of [
    ['https://shop.example.test/health', 'shop.example.test:443'],
    ['postgres://u@db/shop', 'db:5432'],
    ['tcp://10.0.0.1:7000', '10.0.0.1:7000'],
    ['10.0.0.1', ''],
    ['sends alerts here', ''],
  ] as const) {
    const found = destinationOf(address);
    assert.equal(found ? `${found.host}:${found.port}` : '', at, address);
  }
});
