import assert from 'node:assert/strict';
import { test } from 'node:test';
import { loaded, startLoop, threshold, toySystem, toyTarget } from '../../test/simulation/loop.ts';
import * as alertRows from '../store/alerts.ts';
import { alertView, figuresOf } from './alert-view.ts';

test('what fires is shown with the figures of now, and those it fired with beside them', async () => {
  let load = 97;
  const probe = async () => loaded(load);
  const settings = toyTarget('web', { rules: [threshold()] });
  const loop = await startLoop({
    targets: [settings],
    probe,
  });
  await loop.pass(20_000);
  const seen = async () => {
    const [alert] = await alertRows.open(loop.store.db);
    assert.ok(alert);
    const { picture, objectives } = loop.pipeline;
    const bound = toySystem({ probe }).bind({ name: 'web' }, { clock: loop.clock, folder: loop.folder });
    const targets = new Map([['web', { settings, bound, metrics: {} }]]);
    return alertView({ estate: () => ({ targets }), picture, objectives }, alert);
  };
  assert.equal((await seen()).now, undefined, 'it is as it was');
  const then = figuresOf(await seen());
  load = 93;
  await loop.pass(20_000);
  const view = await seen();
  assert.match(view.now ?? '', /^93/);
  assert.equal(figuresOf(view), `now ${view.now}; when it fired: ${then}`);
  await loop.end();
});
