import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isNameFailure } from '../../core/incident/own-trouble.ts';
import { Interrupted } from './dial.ts';
import { networkFailure } from './failure.ts';

const to = { host: 'shop.example.test', port: 443 };
const failed = (code: string) => Object.assign(new Error(`getaddrinfo ${code}`), { code });

test('what fails for want of a name is known as that by its words, and nothing else is', () => {
  const said = (error: unknown) => networkFailure(error, to, 5_000).detail;
  for (const error of [new Interrupted('name lookup'), ...['EAI_AGAIN', 'EAI_FAIL', 'ENOTFOUND'].map(failed)])
    assert.ok(isNameFailure(said(error)), said(error));
  for (const error of [new Interrupted('connect'), ...['EHOSTUNREACH', 'ETIMEDOUT'].map(failed)])
    assert.ok(!isNameFailure(said(error)), said(error));
});
