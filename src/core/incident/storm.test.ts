import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { isGraver, type Level, levels } from '../severity.ts';
import {
  callOf,
  endTurnOf,
  gravestOf,
  type Heard,
  lastEndTurnOf,
  lastTurnOf,
  stormSettlesMs,
  stormWindowMs,
  turnOf,
  type WaitingCall,
} from './storm.ts';

const now = 1_790_000_000_000;
const anyLevel = fc.constantFrom(...levels);
const anyTime = fc.integer({ min: now - 2 * stormWindowMs, max: now + stormWindowMs });
const anyCall = fc.record({
  ...{ level: anyLevel, since: anyTime, hasCompany: fc.boolean(), isNamed: fc.boolean() },
});
const anyHeard: fc.Arbitrary<Heard> = fc.record({
  calls: fc.array(fc.record({ at: anyTime, level: anyLevel }), { maxLength: 6 }),
  storm: fc.option(fc.record({ level: anyLevel, joinedAt: anyTime, toldAt: anyTime })),
  isChangeable: fc.boolean(),
});

test('a call of a higher level than all that was heard is never folded and never waits', () => {
  fc.assert(
    fc.property(anyCall, anyHeard, (call, heard) => {
      const told = [...heard.calls, ...(heard.storm ? [heard.storm] : [])].map(({ level }) => level);
      if (told.length > 0 && !isGraver(call.level, gravestOf(told))) return;
      assert.equal(turnOf(call, heard, now).kind, 'now');
    }),
  );
});

test('the first of a window never waits', () => {
  fc.assert(
    fc.property(anyCall, anyHeard, (call, heard) => {
      const old = now - stormWindowMs;
      const calls = heard.calls.map((one) => ({ ...one, at: Math.min(one.at, old) }));
      const storm = heard.storm && { ...heard.storm, joinedAt: Math.min(heard.storm.joinedAt, old) };
      assert.deepEqual(turnOf(call, { ...heard, calls, storm }, now), { kind: 'now', reason: 'first' });
    }),
  );
});

test('a call is held for what goes on beside it, not for what is over', () => {
  const call = { level: 'critical' as const, since: now, hasCompany: false, isNamed: false };
  const heard = (isOver: boolean, ago: number): Heard => ({
    ...{ storm: null, isChangeable: false },
    calls: [20_000, 0].map((apart) => ({ at: now - ago - apart, level: 'critical', isOver })),
  });
  assert.deepEqual(turnOf(call, heard(true, 15_000), now), { kind: 'now', reason: 'first' });
  assert.equal(turnOf(call, heard(false, 15_000), now).kind, 'wait');
  const lately = turnOf(call, heard(true, 5_000), now);
  assert.equal(lately.kind, 'wait', 'what was told a moment ago may be of one trouble');
});

test('no call waits longer than the window, and when its time has come it leaves', () => {
  const past = (at: number) => Math.min(at, now);
  fc.assert(
    fc.property(anyCall, anyHeard, (call, { calls, storm, isChangeable }) => {
      const heard: Heard = {
        calls: calls.map((one) => ({ ...one, at: past(one.at) })),
        storm: storm && { ...storm, joinedAt: past(storm.joinedAt), toldAt: past(storm.toldAt) },
        isChangeable,
      };
      const waiting = { ...call, since: past(call.since) };
      let at = now;
      for (let looks = 0; looks < 3; looks++) {
        const turn = turnOf(waiting, heard, at);
        if (turn.kind !== 'wait') return;
        assert.ok(turn.until > at && turn.until <= now + stormWindowMs);
        at = turn.until;
      }
      assert.notEqual(turnOf(waiting, heard, at).kind, 'wait');
    }),
  );
});

const call = (level: Level, ms: number, changes: Partial<WaitingCall> = {}): WaitingCall => ({
  ...{ level, since: now - ms, hasCompany: false, isNamed: false },
  ...changes,
});
const heard = (changes: Partial<Heard>): Heard => ({
  ...{ calls: [], storm: null, isChangeable: false },
  ...changes,
});
const heardAgo = (ms: number) => heard({ calls: [{ at: now - ms, level: 'high' }] });
const hasCompany = true;

test('what comes together with the first waits for what else comes, and leaves by itself where nothing does', () => {
  assert.deepEqual(turnOf(call('high', 500), heardAgo(1_000), now), {
    ...{ kind: 'wait', until: now - 1_000 + stormSettlesMs, reason: 'settles' },
  });
  const later = heardAgo(stormSettlesMs);
  assert.deepEqual(turnOf(call('high', 500), later, now), { kind: 'now', reason: 'alone' });
  assert.equal(turnOf(call('high', 500, { hasCompany }), later, now).kind, 'fold');
});

test('the third of two minutes is of a storm also where it comes alone', () => {
  const two = heard({
    calls: [
      { at: now - 90_000, level: 'high' },
      { at: now - 50_000, level: 'low' },
    ],
  });
  assert.deepEqual(turnOf(call('low', stormSettlesMs), two, now), { kind: 'fold', reason: 'storm' });
});

test('what joins later waits where the message of the storm cannot be changed', () => {
  const storm = { level: 'high', joinedAt: now - 30_000, toldAt: now - 20_000 } as const;
  assert.deepEqual(turnOf(call('high', stormSettlesMs), heard({ storm }), now), {
    ...{ kind: 'wait', until: now + 40_000, reason: 'told-lately' },
  });
  assert.equal(turnOf(call('high', stormSettlesMs), heard({ storm, isChangeable: true }), now).kind, 'fold');
  assert.equal(turnOf(call('critical', 0), heard({ storm }), now).kind, 'now');
});

test('what the message names already and comes back is no news', () => {
  const storm = { level: 'high', joinedAt: now - 30_000, toldAt: now - 20_000 } as const;
  const again = { isNamed: true };
  assert.deepEqual(turnOf(call('high', 0, again), heard({ storm }), now), { kind: 'fold', reason: 'named' });
  assert.equal(turnOf(call('critical', 0, again), heard({ storm }), now).kind, 'now');
});

test('before a stop nothing waits', () => {
  assert.equal(lastTurnOf(call('high', 0), heardAgo(0), now).kind, 'now');
  assert.equal(lastTurnOf(call('high', 0, { hasCompany }), heardAgo(0), now).kind, 'fold');
});

const untils = fc.array(fc.option(anyTime, { nil: null }), { maxLength: 4 });

test('an end waits for the ends beside it: for half a minute while one fires, else until they are over, and never for long', () => {
  fc.assert(
    fc.property(anyTime, untils, (since, others) => {
      const turn = endTurnOf({ since, others }, now);
      if (others.length === 0) return turn.kind === 'fold';
      if (turn.kind === 'wait')
        return turn.until > now && turn.until <= now + (others.includes(null) ? 30_000 : 15 * 60_000);
      return turn.kind === 'now' && since <= now - 30_000;
    }),
  );
});

test('the last end of a storm waits only for what has recovered, and never for long', () => {
  const ends = (since: number, ...beside: (number | null)[]) => lastEndTurnOf({ since, beside }, now);
  assert.equal(ends(now).kind, 'fold');
  assert.equal(ends(now, null).kind, 'fold', 'what fires on has an end of its own');
  assert.deepEqual(ends(now, now + 60_000, null), { kind: 'wait', until: now + 62_000, reason: 'settles' });
  assert.equal(ends(now - 15 * 60_000, now + 60_000).kind, 'fold');
  fc.assert(
    fc.property(anyTime, untils, (since, beside) => {
      const turn = lastEndTurnOf({ since, beside }, now);
      return turn.kind === 'fold' || (turn.until > now && turn.until <= now + 15 * 60_000);
    }),
  );
});

test('a message for many calls says Escalated only where each of them is an escalation', () => {
  assert.equal(callOf(['incident.escalated', 'incident.opened']), 'incident.opened');
  assert.equal(callOf(['incident.escalated', 'incident.escalated']), 'incident.escalated');
  assert.equal(callOf(['incident.opened']), 'incident.opened');
});
