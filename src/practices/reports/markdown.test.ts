import assert from 'node:assert/strict';
import { test } from 'node:test';
import { count } from '../../core/count.ts';
import { escapeMarkdown, unescapeMarkdown } from '../../core/markdown-text.ts';
import { availability, latency, listing, percent } from './words.ts';

test('untrusted text means nothing in Markdown', () => {
  assert.equal(escapeMarkdown('a|b\n# c'), 'a\\|b # c');
  assert.equal(escapeMarkdown('# title'), '\\# title');
  assert.equal(escapeMarkdown('1. one'), '1\\. one');
  assert.equal(escapeMarkdown('- item'), '\\- item');
  assert.equal(escapeMarkdown('[x](javascript:alert(1))'), '\\[x\\](javascript:alert(1))');
  assert.equal(escapeMarkdown('<script>`*'), '\\<script\\>\\`\\*');
  assert.equal(escapeMarkdown('shop_app is _loud_'), 'shop_app is \\_loud\\_');
});

test('an availability never rounds up to a full hundred, nor does a share of the time', () => {
  assert.equal(availability(0.9999999), '99.999 %');
  assert.equal(availability(0.970417, 0.999), '97.041 %');
  assert.equal(availability(null), '–');
  assert.equal(percent(1), '100 %');
  assert.equal(percent(0.9999999), '99.9 %');
  assert.equal(percent(0.5), '50 %');
  assert.equal(percent(null), '–');
});

test('latencies keep three digits and their unit', () => {
  assert.deepEqual([0.00084, 0.0124, 0.4567, 1.234, 12].map(latency), [
    '840 µs',
    '12.4 ms',
    '457 ms',
    '1.23 s',
    '12 s',
  ]);
});

test('lists and counts read as people write them', () => {
  assert.equal(listing(['a', 'b', 'c']), 'a, b and c');
  assert.equal(listing(['a', 'b', 'c', 'd']), 'a, b and 2 more');
  assert.equal(count(1, 'entry', 'entries'), '1 entry');
});

test('what was escaped for Markdown reads as it was where it is shown as it is', () => {
  for (const text of [
    '<b>bold</b> & *so* on',
    '# no title',
    '- no item',
    '1. none',
    '_a_ ~b~ [x](y) `c` | \\',
  ])
    assert.equal(unescapeMarkdown(escapeMarkdown(text)), text);
  assert.equal(unescapeMarkdown('**kept** C:\\dir'), '**kept** C:\\dir');
});
