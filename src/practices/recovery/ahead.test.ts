/** Backups that were taken while the clock was ahead: never the newest, never restored by name, told until somebody has looked. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { serveSnapshots } from '../../../test/served-snapshots.ts';
import { missing } from '../../../test/servers/installed.ts';
import { redisServer } from '../../../test/servers/redis.ts';
import { eventually } from '../../../test/try-target.ts';
import type { BackupView, ProofView } from '../../core/backup/view.ts';
import * as alertRows from '../../store/alerts.ts';
import type { BackupList } from '../../verbs/backup/list.ts';

const dayMs = 86_400_000;

test('what was taken by a clock that was ahead counts for nothing, and is told', {
  skip: missing(redisServer),
}, async (t) => {
  const served = await serveSnapshots(t);
  const take = () => served.call<BackupView>('backup.take', { name: 'snap', prove: 'yes' });
  const look = () => served.call<BackupList>('backup.list');
  const isTold = async () =>
    (await alertRows.open(served.app.ctx.store.db)).some(
      ({ rule, state }) => rule === 'upkeep.backup-clock-ahead' && state === 'firing',
    );

  served.pass(400 * dayMs);
  const ahead = await take();
  assert.equal(ahead.proofs[0]?.isGood, true, JSON.stringify(ahead.proofs[0]?.looks));
  served.pass(-400 * dayMs);

  const alone = await look();
  assert.equal(alone.plans[0]?.newestAt, null);
  assert.equal(alone.plans[0]?.proven, null);
  assert.match(
    alone.plans[0]?.wrong.join('; ') ?? '',
    /1 backup taken by a clock that was ahead.*trust-clock/,
  );
  assert.equal(alone.backups[0]?.isAhead, true);

  const right = await take();
  const both = await look();
  assert.equal(both.plans[0]?.restores?.backup, right.id);
  assert.equal(right.proofs[0]?.isGood, true, JSON.stringify(right.proofs[0]?.looks));
  assert.equal(both.plans[0]?.proven?.at, right.proofs[0]?.at);
  assert.deepEqual(
    both.backups.map(({ id }) => id),
    [right.id, ahead.id],
  );
  const into = { kind: 'folder', folder: `${served.folder}/back` } as const;
  const planned = await served.app.ctx.recovery.planRestore({ of: 'snap', until: null, into });
  assert.equal(planned.backup, right.id);
  await eventually(isTold, (told) => told);

  const proof = await served.call<ProofView>('backup.verify', { id: 'snap', by: 'files' });
  assert.equal(proof.backup, right.id, 'a name stands for the newest whose time is known');
  await served.call('backup.trust-clock', { why: 'it was set right' });
  await eventually(isTold, (told) => !told);
  assert.deepEqual((await look()).plans[0]?.wrong, []);
});
