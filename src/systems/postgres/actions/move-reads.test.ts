import assert from 'node:assert/strict';
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { suite, test } from 'node:test';
import { missing } from '../../../../test/servers/installed.ts';
import { postgresServer, startPostgres } from '../../../../test/servers/postgres.ts';
import { login, urlFor } from '../../../../test/servers/postgres-session.ts';
import { baseBackup, startStandby } from '../../../../test/servers/postgres-standby.ts';
import { eventually, permitFor, readingOf, targetName, tryTarget } from '../../../../test/try-target.ts';
import type { Plan } from '../../../core/action.ts';
import { postgresConfig } from '../config.ts';
import { postgres } from '../index.ts';

const id = 'postgres.move-reads';

/** A switch as teams have it: a program that writes which server the application reads from. */
function makeSwitch() {
  const folder = mkdtempSync(join(tmpdir(), 'upkeep-reads-'));
  const [file, program] = [join(folder, 'place'), join(folder, 'reads-to')];
  writeFileSync(file, 'replica\n');
  writeFileSync(program, `#!/bin/sh\nprintf '%s\\n' "$1" > ${file}\n`);
  chmodSync(program, 0o755);
  const reads = {
    here: 'replica',
    places: ['other', 'primary'],
    show: ['cat', file],
    switch: [program, '{place}'],
  };
  return {
    folder,
    reads,
    place: () => readFileSync(file, 'utf8').trim(),
    set: (to: string) => writeFileSync(file, to),
  };
}

suite('readers of a replica that is behind', { skip: missing(postgresServer, baseBackup) }, () => {
  test('go to the first place that is well, are verified, and come back', async (t) => {
    const primary = await startPostgres({
      settings: { autovacuum: 'off' },
      setup: [
        'CREATE ROLE watcher LOGIN',
        'GRANT pg_monitor TO watcher',
        'CREATE TABLE orders AS SELECT g AS id FROM generate_series(1, 1000) g',
      ],
    });
    t.after(() => primary.stop('SIGQUIT'));
    const standby = await startStandby(primary, { max_standby_streaming_delay: '-1' });
    t.after(() => standby.stop());
    const { folder, reads, place, set } = makeSwitch();
    t.after(() => rmSync(folder, { recursive: true }));
    const target = tryTarget(postgres, { url: urlFor(standby, 'watcher'), reads });
    t.after(() => target.bound.close());
    const above = tryTarget(postgres, { url: urlFor(primary, 'watcher') });
    t.after(() => above.bound.close());

    // What the pipeline keeps of each target, as these probes really say it; of `other` as the test says.
    const known = new Map<string, number>();
    const look = async () => {
      for (const probe of ['postgres.liveness', 'postgres.activity', 'postgres.replication']) {
        const outcome = await above.seen(probe);
        for (const { metric, labels } of outcome.readings)
          if (labels === undefined) known.set(`primary ${metric}`, readingOf(outcome, metric) ?? 0);
      }
      known.set('primary postgres.up', 1);
    };
    const latest = (name: string, metric: string) => {
      const value = known.get(`${name} ${metric}`);
      return value === undefined ? [] : [{ labels: {}, value, at: Date.now() }];
    };
    const ctx = () => ({ ...target.context(), latest });
    const action = target.action(id);
    const told = async (to: string) => {
      const made = await action.plan({ to }, ctx());
      return 'refused' in made ? made.refused : made.summary;
    };

    assert.match(await told('primary'), /whether primary is up is unknown/);
    await look();
    known.set('other postgres.up', 1);
    known.set('other postgres.replication.connected', 1);
    known.set('other postgres.replication.lag', 40);
    assert.match(await told('other'), /other is 40 s behind/);
    assert.match(await told('elsewhere'), /not among `reads.places`/);
    set('other');
    assert.match(await told('primary'), /are sent to other, not to replica/);
    set('replica');

    const reader = await login(standby, 'postgres', 'long-report');
    await reader.query('BEGIN ISOLATION LEVEL REPEATABLE READ');
    await reader.query('SELECT count(*) FROM orders');
    await primary.query('DELETE FROM orders');
    await primary.query('VACUUM orders');
    const { findings } = await eventually(
      () => target.diagnose('postgres.replica-lag', { latest }),
      (seen) => /^replay waits for pid/.test(seen.findings[0]?.summary ?? ''),
    );
    const [recommended] = findings[0]?.recommendations ?? [];
    assert.deepEqual([recommended?.action, recommended?.input], [id, { to: 'primary' }]);

    const made = await action.plan({ to: 'primary' }, ctx());
    assert.ok(!('refused' in made));
    const plan: Plan = {
      ...made,
      action: id,
      target: targetName,
      input: { to: 'primary' },
      risk: action.risk,
    };
    assert.deepEqual(plan.touches, ['production-change']);
    const altered = { ...plan, steps: ['rm -rf /'] };
    await assert.rejects(action.apply(altered, permitFor(altered), ctx()), /make a new plan/);
    known.set('primary postgres.up', 0);
    await assert.rejects(action.apply(plan, permitFor(plan), ctx()), /primary is down; nothing was done/);
    assert.equal(place(), 'replica');
    await look();
    assert.equal((await action.verify(plan, ctx())).good, false);
    await action.apply(plan, permitFor(plan), ctx());
    assert.equal(place(), 'primary');
    assert.equal((await action.verify(plan, ctx())).good, true);
    assert.match(await action.apply(plan, permitFor(plan), ctx()), /already; nothing was done/);
    known.set('primary postgres.connections.used_ratio', 0.9);
    assert.match((await action.verify(plan, ctx())).detail, /90 % of its connections/);
    await action.undo?.(plan, permitFor(plan), ctx());
    assert.equal(place(), 'replica');
    set('other');
    await assert.rejects(action.apply(plan, permitFor(plan), ctx()), /to other meanwhile|of its connections/);
    await reader.end();
  });

  test('a replica that is down sends its readers away too', async (t) => {
    const { folder, reads } = makeSwitch();
    t.after(() => rmSync(folder, { recursive: true }));
    const target = tryTarget(postgres, { url: 'postgres://watcher@127.0.0.1:1/shop', reads });
    t.after(() => target.bound.close());
    const latest = (name: string, metric: string) =>
      name !== 'primary' || metric === 'postgres.replication.connected'
        ? []
        : [{ labels: {}, value: metric === 'postgres.up' ? 1 : 0.1, at: Date.now() }];
    const { findings } = await target.diagnose('postgres.unreachable', { latest });
    assert.deepEqual(findings[0]?.recommendations[0]?.input, { to: 'primary' });
  });
});

test('readers that could go nowhere are a mistake in the configuration', () => {
  const told = (reads: object) =>
    postgresConfig
      .safeParse({ url: 'postgres://a@b/c', reads })
      .error?.issues.map(({ message }) => message)
      .join();
  const good = { here: 'replica', places: ['primary'], show: ['cat', 'x'], switch: ['to', '{place}'] };
  assert.equal(told(good), undefined);
  assert.match(told({ ...good, switch: ['to', 'primary'] }) ?? '', /\{place\}/);
  assert.match(told({ ...good, places: ['replica'] }) ?? '', /itself/);
});
