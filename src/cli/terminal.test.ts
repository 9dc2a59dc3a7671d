import assert from 'node:assert/strict';
import { test } from 'node:test';
import { toldOf } from '../core/journal-words.ts';
import { printResult } from './print/result.ts';
import { jsonText, plain, plainLines } from './terminal.ts';

const terminal = { out() {}, err() {}, hasColour: false, width: 200 };
/** Of a watched system: colours, a moved cursor, a title, C1 codes, text turned around, a faked new line. */
const hostile =
  'app\u001b[31m\u001b[2J\u001b]0;x\u0007\u009b2J\u202egnp.exe\u2066\u200b\u2028\r\nfaked: ok\rover';
const dangerous = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u;

test('text of others stays on its line and does nothing to the terminal', () => {
  assert.doesNotMatch(plain(hostile), dangerous);
  assert.doesNotMatch(plainLines(hostile).replaceAll('\n', ''), dangerous);
  assert.equal(plain('Größe: 5 µs – naïve 日本語'), 'Größe: 5 µs – naïve 日本語');
  assert.equal(plainLines('a\r\nb'), 'a\nb');
});

test('whatever a verb answers is printed plain, keys and reports too', () => {
  const entry = {
    seq: 1,
    at: 0,
    actor: hostile,
    kind: 'k',
    subject: 's',
    hash: '',
    payload: { detail: hostile },
    told: toldOf({ actor: hostile, kind: 'k', payload: { detail: hostile } }),
  };
  for (const [verb, result] of [
    ['journal.list', [entry]],
    ['report.daily', { markdown: hostile }],
    ['configuration.show', { [hostile]: hostile, nested: { [hostile]: [hostile, { [hostile]: 1 }] } }],
  ] as const)
    assert.doesNotMatch(printResult(terminal, verb, result, 0).replaceAll('\n', ''), dangerous, verb);
});

test('JSON escapes what would steer a terminal or turn its text around, and loses nothing of it', () => {
  const value = { title: 'a\u202eb\u0085\u009bc\u061c\u2066\ufeff\u007f\u0007é', 'k\u200f': 1 };
  const text = jsonText(value);
  assert.match(text, /^[\n\x20-\x7eé]+$/);
  assert.deepEqual(JSON.parse(text), value);
});
