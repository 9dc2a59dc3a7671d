import assert from 'node:assert/strict';
import { test } from 'node:test';
import { excludedSpans, type MaintenanceWindow } from '../../core/maintenance.ts';
import { createExclusions } from './exclusions.ts';

const minuteMs = 60_000;
const window: MaintenanceWindow = {
  ...{ name: 'patches', what: 'patches', starts: '2026-11-01T02:30', timezone: 'UTC', rrule: 'FREQ=DAILY' },
  ...{ durationMs: 60 * minuteMs, targets: ['db'], services: [], isExcludedFromSlo: true },
  ...{ impact: null, actionRequired: null, notify: [], noticeBeforeMs: 0, createdBy: null },
};
const topology = { needs: new Map<string, readonly string[]>(), servicesOf: new Map() };

test('what is excluded up to a moment is the same remembered as counted anew, while an hour passes', () => {
  const exclusions = createExclusions();
  exclusions.replace([window], topology);
  const from = Date.parse('2026-11-20T02:45:00Z');
  for (let to = from; to <= from + 26 * 60 * minuteMs; to += 5 * minuteMs) {
    const spans = excludedSpans([window], 'db', from, to, topology);
    const anew = spans.reduce((sum, span) => sum + span.to - span.from, 0);
    assert.equal(exclusions.excludedMs(['db'], from, to), anew);
    assert.equal(exclusions.excludedMs(['db', 'web'], from, to), anew / 2, 'their mean');
  }
});
