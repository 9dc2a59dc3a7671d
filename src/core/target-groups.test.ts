import assert from 'node:assert/strict';
import { test } from 'node:test';
import { groupWords, targetGroups } from './target-groups.ts';
import type { Health } from './view.ts';

const target = (name: string, health: Health = 'ok', detail = '200 OK', system = 'http') => ({
  ...{ name, health, detail, system },
  why: null as string | null,
  openAlerts: health === 'ok' ? 0 : 1,
});
const many = (count: number, make: (index: number) => ReturnType<typeof target>) =>
  Array.from({ length: count }, (_, index) => make(index + 1));
const told = (groups: ReturnType<typeof targetGroups<ReturnType<typeof target>>>) =>
  groups.map((group) => `${group.length} ${group[0].name} ${groupWords(group)}`.trim());

test('well targets of a system are one, equal failures are one, and what is alone stands alone, the worst first', () => {
  const pages = many(100, (index) =>
    target(`page-${index}`, 'ok', index === 7 ? '204 No Content' : '200 OK'),
  );
  const ports = many(10, (index) =>
    target(`port-${index}`, 'critical', `connect ECONNREFUSED 127.0.0.1:${9_000 + index}`, 'tcp'),
  );
  const groups = targetGroups([...pages, target('db', 'ok', 'PostgreSQL 15', 'postgres'), ...ports]);
  assert.deepEqual(told(groups), ['10 port-1 connect ECONNREFUSED …', '100 page-1', '1 db PostgreSQL 15']);
});

test('few targets are each told, and failures with other words are not the same', () => {
  assert.equal(targetGroups(many(20, (index) => target(`page-${index}`))).length, 20);
  const failing = (status: string, from: string) =>
    many(12, (index) => target(`${from}-${index}`, 'critical', status));
  assert.deepEqual(
    told(targetGroups([...failing('500 Internal Server Error', 'a'), ...failing('503 Unavailable', 'b')])),
    ['12 a-1 500 Internal Server Error', '12 b-1 503 Unavailable'],
  );
});

test('what is seen in part, or has an alert though it is up, is not folded among the well', () => {
  const blind = { ...target('blind'), blindChecks: 2 };
  const odd = { ...target('odd'), why: 'its certificate ends in 3 d', openAlerts: 1 };
  const groups = targetGroups([...many(30, (index) => target(`page-${index}`)), blind, odd]);
  assert.deepEqual(told(groups), [
    '30 page-1 200 OK',
    '1 blind 200 OK',
    '1 odd its certificate ends in 3 d · 200 OK',
  ]);
});
