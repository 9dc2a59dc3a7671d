/** Real copies on ports of their own, behind a real HAProxy that finds them by its health check. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { haproxyServer, startHaproxy } from '../../../../test/servers/haproxy.ts';
import { missing } from '../../../../test/servers/installed.ts';
import { applied, assertGuarded, planned, refusal, undone, verified } from '../../../../test/try-action.ts';
import { eventually, readingOf, type TriedTarget, tryTarget } from '../../../../test/try-target.ts';
import { processConfig } from '../config.ts';
import { processSystem } from '../index.ts';

const program = `
const [port] = process.argv.slice(2);
if (process.env.BUSY === 'yes') setInterval(() => { const until = Date.now() + 45; while (Date.now() < until); }, 50);
require('node:http').createServer((_, response) => response.end(port)).listen(Number(port), '127.0.0.1');
`;

/** The first of so many ports in a row that nobody has. */
async function freePorts(length: number): Promise<number> {
  for (let first = 24_100 + (process.pid % 500) * 10; first < 60_000; first += length) {
    const servers = Array.from({ length }, () => createServer());
    const isFree = await Promise.all(
      servers.map(
        (server, index) =>
          new Promise<boolean>((resolve) => {
            server.once('error', () => resolve(false));
            server.listen(first + index, '127.0.0.1', () => resolve(true));
          }),
      ),
    );
    await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))));
    if (isFree.every(Boolean)) return first;
  }
  throw new Error('no ports are free');
}

const skip = process.platform !== 'linux' && 'processes are read from /proc';

describe('copies of a process', { skip, timeout: 120_000 }, () => {
  const folder = mkdtempSync(join(tmpdir(), 'upkeep-scale-'));
  const script = join(folder, 'app.cjs');
  let port: number;
  let target: TriedTarget;
  const targets: TriedTarget[] = [];

  const make = (scale: Readonly<Record<string, unknown>>, env: Readonly<Record<string, string>> = {}) => {
    const start = [process.execPath, script, '{port}', '{index}'];
    const made = tryTarget(processSystem, { start, env, stopTimeout: '2s', scale: { port, ...scale } });
    targets.push(made);
    return made;
  };
  const settle = (plan: Parameters<typeof verified>[1]) =>
    eventually(
      () => verified(target, plan),
      ({ good }) => good,
    );

  before(async () => {
    writeFileSync(script, program);
    port = await freePorts(4);
    target = make({ min: 1, max: 3 });
  });
  after(async () => {
    const stop = target.action('process.stop');
    for (let left = 3; left > 0; left--) {
      const plan = await target.action('process.scale').plan({ copies: 1 }, target.context());
      if (!('refused' in plan)) await applied(target, await planned(target, 'process.scale', { copies: 1 }));
    }
    const plan = await stop.plan({}, target.context());
    if (!('refused' in plan)) await applied(target, await planned(target, 'process.stop', {}));
    await Promise.all(targets.map(({ bound }) => bound.close()));
    rmSync(folder, { recursive: true, force: true });
  });

  test('out and in within bounds, each on its port, the last first; undone to the former number', {
    skip: missing(haproxyServer),
  }, async (t) => {
    const backends = [0, 1, 2].map((index) => `127.0.0.1:${port + index}`);
    const proxy = await startHaproxy({ backends, checkPath: '/' });
    t.after(() => proxy.stop());
    const answering = async () => {
      const asked = Array.from({ length: 9 }, async () => {
        // Until its next check the proxy still asks a copy that was just ended.
        const response = await fetch(`http://127.0.0.1:${proxy.port}/`).catch(() => undefined);
        return response?.ok ? Number(await response.text()) - port : -1;
      });
      return [...new Set(await Promise.all(asked))].sort().join(',');
    };
    await applied(target, await planned(target, 'process.start', {}));
    await eventually(answering, (who) => who === '0');
    assert.match(await refusal(target, 'process.scale', { copies: 4 }), /between 1 and 3/);
    assert.match(await refusal(target, 'process.scale', { copies: 1 }), /1 copy runs already/);

    const out = await planned(target, 'process.scale', { copies: 3 });
    assert.equal(out.summary, 'out from 1 to 3 copies');
    await assertGuarded(target, out);
    assert.equal((await verified(target, out)).good, false);
    await applied(target, out);
    await settle(out);
    assert.match(await applied(target, out), /already; nothing was done/);
    await eventually(answering, (who) => who === '0,1,2');
    assert.equal(readingOf(await target.seen('process.copies'), 'process.copies'), 3);
    // The declared process is still one: its copies are not taken for it.
    assert.match((await target.seen('process.state')).detail ?? '', /^pid \d+ \(/);

    const back = await planned(target, 'process.scale', { copies: 2 });
    await applied(target, back);
    await settle(back);
    await eventually(answering, (who) => who === '0,1');
    assert.match(await undone(target, back), /copy 2 started as pid/);
    await eventually(answering, (who) => who === '0,1,2');
    await assert.rejects(applied(target, back), /has changed since it was planned/);
    await undone(target, out);
    await eventually(answering, (who) => who === '0');
  });

  test('a port that another process holds stops the plan', async (t) => {
    const holder = createServer().listen(port + 3, '127.0.0.1');
    t.after(() => new Promise((resolve) => holder.close(resolve)));
    const wide = make({ min: 1, max: 4 });
    assert.match(
      await refusal(wide, 'process.scale', { copies: 4 }),
      new RegExp(`port ${port + 3} of copy 3 is held by pid ${process.pid}`),
    );
  });

  test('a load above the aim is seen, called for and recommended; at the most that is said', async () => {
    const spans = { outAfter: '2s', inAfter: '1h', cooldown: '100ms', aim: '10%' };
    target = make({ min: 1, max: 2, ...spans }, { BUSY: 'yes' });
    const start = await planned(target, 'process.restart', {});
    await applied(target, start);
    await eventually(
      () => target.seen('process.copies'),
      (outcome) => readingOf(outcome, 'process.copies.missing') === 1,
      120_000,
    );
    const [finding] = (await target.diagnose('process.load')).findings;
    assert.equal(finding?.nature, 'capacity');
    assert.match(finding?.summary ?? '', /^1 copy runs, 2 are called for$/);
    assert.match(finding?.explanation ?? '', /above 10 % of a core for 2 s; it is \d+ % of a core now/);
    const [recommended] = finding?.recommendations ?? [];
    assert.deepEqual([recommended?.action, recommended?.input], ['process.scale', { copies: 2 }]);
    await applied(target, await planned(target, 'process.scale', recommended?.input ?? {}));
    await eventually(
      () => target.seen('process.copies'),
      (outcome) => readingOf(outcome, 'process.copies.at_most') === 1,
      120_000,
    );
    const full = (await target.diagnose('process.load')).findings[0];
    assert.match(full?.summary ?? '', /as many as may/);
    assert.deepEqual(full?.recommendations, []);
  });
});

test('copies that nobody could tell apart are a mistake in the configuration', () => {
  const told = (raw: unknown) => {
    const parsed = processConfig.safeParse(raw);
    return parsed.success ? '' : parsed.error.issues.map(({ message }) => message).join('; ');
  };
  const scale = { min: 1, max: 2 };
  assert.match(told({ start: ['node', 'app.js'], scale }), /needs \{index\} or \{port\}/);
  assert.match(told({ match: 'app.js', start: ['node', '{index}'], scale }), /match cannot/);
  assert.match(
    told({ pidFile: '/run/a.pid', start: ['node', '{index}'], scale }),
    /pidFile where there is one/,
  );
  assert.match(told({ start: ['node', '{port}'], scale }), /needed where \{port\}/);
  assert.match(told({ match: 'app.js', scale }), /needs start/);
  assert.match(told({ start: ['node', '{index}'], scale: { min: 3, max: 2 } }), /below min/);
  assert.equal(told({ start: ['node', '{index}'], scale }), '');
});
