/** A clock that is set back, with a real store: what waits comes when it would have come. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { forEachEngine } from '../../test/engines/for-each-engine.ts';
import { fakeClock } from '../../test/simulation/fake-clock.ts';
import {
  down,
  type LoopOptions,
  minuteMs,
  secondMs,
  startLoop,
  toyTarget,
  up,
} from '../../test/simulation/loop.ts';
import type { Send } from './notify.ts';

const hourMs = 60 * minuteMs;

/** Tells when `bob`, whom the second step calls after ten minutes, was called: minutes since the start by no clock on a wall. */
async function waiting(changes: Partial<LoopOptions> = {}) {
  const called: number[] = [];
  const bob: Send = async () => {
    called.push(Math.round(loop.clock.monotonic() / minuteMs));
    return { kind: 'delivered' };
  };
  const loop = await startLoop({
    targets: [toyTarget('web')],
    probe: async () => down,
    channels: { bob },
    configuration: {
      notifiers: ['post', 'bob'].map((name) => ({ name, kind: 'test', settings: {} })),
      escalation: {
        ...{ high: [], medium: [], low: [] },
        critical: [
          { notify: 'post', afterMs: 0 },
          { notify: 'bob', afterMs: 10 * minuteMs },
        ],
      },
    },
    ...changes,
  });
  return { loop, called };
}

const setBack = (clock: Awaited<ReturnType<typeof waiting>>['loop']['clock'], byMs: number) =>
  clock.setWall(clock.now() - byMs);

forEachEngine((engine) => {
  for (const byMs of [30 * secondMs, hourMs, 30 * hourMs])
    test(`the next step of a call comes in its time when the clock is set back by ${byMs / secondMs} s`, async () => {
      const { loop, called } = await waiting({ store: await engine.freshLocation() });
      await loop.pass(minuteMs);
      setBack(loop.clock, byMs);
      await loop.pass(11 * minuteMs);
      assert.deepEqual(called, [10]);
      const told = await loop.journal('clock.set-back');
      assert.equal(told.length, 1);
      assert.equal(Math.round(Number(told[0]?.payload.byMs) / secondMs), byMs / secondMs);
      await loop.pass(2 * hourMs);
      assert.deepEqual(called, [10], 'once');
      await loop.end();
    });

  test('recovery and a message that is tried again wait no longer', async () => {
    let isDown = true;
    let isDeaf = true;
    const events: string[] = [];
    const post: Send = async ({ event }) => {
      if (isDeaf) return { kind: 'retry', detail: 'busy', afterMs: 30 * secondMs };
      events.push(event);
      return { kind: 'delivered' };
    };
    const { loop } = await waiting({
      probe: async () => (isDown ? down : up),
      channels: { post },
      store: await engine.freshLocation(),
    });
    await loop.pass(20 * secondMs);
    isDeaf = false;
    setBack(loop.clock, hourMs);
    await loop.pass(minuteMs);
    assert.deepEqual(events, ['incident.opened']);
    isDown = false;
    await loop.pass(30 * secondMs);
    setBack(loop.clock, hourMs);
    await loop.pass(minuteMs);
    assert.deepEqual(events, ['incident.opened', 'incident.resolved']);
    await loop.end();
  });
});

test('what is due by a clock that was set forward, as after a sleep, comes when that is noticed', async () => {
  const { loop, called } = await waiting();
  await loop.pass(6 * minuteMs);
  loop.clock.setWall(loop.clock.now() + hourMs);
  await loop.pass(15 * secondMs);
  assert.deepEqual(called, [6]);
  await loop.end();
});

test('a clock that is set back twice, and right again, brings no step early', async () => {
  const { loop, called } = await waiting();
  await loop.pass(minuteMs);
  setBack(loop.clock, hourMs);
  await loop.pass(minuteMs);
  setBack(loop.clock, hourMs);
  await loop.pass(6 * minuteMs);
  assert.deepEqual(called, []);
  await loop.pass(4 * minuteMs);
  assert.deepEqual(called, [10]);
  await loop.end();
});

test('what waits is moved once also where Upkeep is killed around it', async () => {
  const { loop } = await waiting();
  await loop.pass(minuteMs);
  const before = await loop.kill();
  const unseen = await waiting({ folder: before.folder, clock: fakeClock(before.clock.now() - hourMs) });
  await unseen.loop.pass(2 * minuteMs);
  assert.equal((await unseen.loop.journal('clock.set-back')).length, 1);
  const after = await unseen.loop.kill();
  const again = await waiting({ folder: after.folder, clock: fakeClock(after.clock.now()) });
  await again.loop.pass(5 * minuteMs);
  assert.deepEqual(again.called, []);
  await again.loop.pass(4 * minuteMs);
  assert.equal(again.called.length, 1);
  assert.equal((await again.loop.journal('clock.set-back')).length, 1);
  await again.loop.end();
});
