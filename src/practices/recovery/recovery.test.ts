/** Backups of a real PostgreSQL by the whole program: taken, proven, told when they fail, ground of what the guard allows. */
import assert from 'node:assert/strict';
import { createPublicKey, verify } from 'node:crypto';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { after, afterEach, before, suite, test } from 'node:test';
import { type ServedApp, serveApp } from '../../../test/served-app.ts';
import { missing } from '../../../test/servers/installed.ts';
import { type PostgresServer, postgresServer, startPostgres } from '../../../test/servers/postgres.ts';
import { removeFolder, temporaryFolder } from '../../../test/servers/process.ts';
import { eventually } from '../../../test/try-target.ts';
import type { Evidence } from '../../core/backup/evidence.ts';
import type { BackupView, ProofView } from '../../core/backup/view.ts';
import { canonical } from '../../core/canonical.ts';
import { scopes } from '../../core/verb.ts';
import type { ActionView, IncidentView, Overview } from '../../core/view.ts';
import * as alertRows from '../../store/alerts.ts';
import * as backupRows from '../../store/backups.ts';
import type { Audit } from '../../verbs/audit/verify.ts';
import type { BackupList } from '../../verbs/backup/list.ts';
import type { RestoreOutcome } from '../../verbs/backup/restore.ts';

suite('recovery', { skip: missing(postgresServer) }, () => {
  let server: PostgresServer;
  let served: ServedApp | undefined;
  const folder = temporaryFolder('recovery');

  before(async () => {
    chmodSync(folder, 0o711);
    server = await startPostgres();
    await server.query('CREATE TABLE orders AS SELECT i AS id FROM generate_series(1, 1000) i');
  });
  afterEach(async () => {
    await served?.stop();
    served = undefined;
  });
  after(async () => {
    await server.stop();
    removeFolder(folder);
  });

  const serve = async (to = 'kept') => {
    served = await serveApp({
      yaml: `
name: shop
timezone: UTC
targets:
  db: { system: postgres, url: "${server.url}", every: 5s }
backups:
  shop: { of: db, to: "${folder}/${to}", scratch: "${folder}", smoke: ["SELECT count(*) = 1000 FROM orders"] }
`,
    });
    return served;
  };
  const missingShop =
    /^it is missing: \S+moved\/shop\/\S+ is not there \(seen last \d{4}-\S+ \S+ UTC\)\. Is the disk mounted\? .*upkeep backup forget/;
  const list = () => served?.call<BackupList>('backup.list') as Promise<BackupList>;

  test('what was taken is proven by a restore at once, and both are written down', async () => {
    const { call, app } = await serve();
    const taken = await call<BackupView>('backup.take', { name: 'shop' });
    assert.equal(taken.state, 'good', taken.detail);
    assert.equal(taken.detail, '1 table, 1,000 rows');
    assert.deepEqual([taken.proofs[0]?.level, taken.proofs[0]?.isGood], [6, true]);
    assert.ok(existsSync(join(taken.folder, 'manifest.json')));
    const again = await call<ProofView>('backup.verify', { id: 'shop', by: 'files' });
    assert.deepEqual([again.backup, again.isGood], [taken.id, true], 'a name stands for its newest');
    const { plans } = await list();
    assert.equal(plans[0]?.newestAt, taken.startedAt);
    assert.equal(plans[0]?.proven?.level, 6);
    assert.deepEqual(plans[0]?.wrong, []);
    const overview = await call<Overview>('status.show');
    assert.deepEqual(overview.backups, plans);
    const journal = await call<{ kind: string }[]>('journal.list');
    for (const kind of ['backup.taken', 'backup.proven'])
      assert.ok(journal.some((entry) => entry.kind === kind));
    assert.deepEqual(readdirSync(folder), ['kept'], 'no scratch is left');
    const restore = await backupRows.provenRestore(app.ctx.store.db, 'db', Date.now());
    assert.equal(restore?.level, 6);
  });

  test('nothing else of the plan comes between a backup and its proof', async (t) => {
    const { call, app } = await serve('one-turn');
    const turns = app.ctx.recovery.underWay() as Map<string, string>;
    const given = t.mock.method(turns, 'delete');
    const taken = await call<BackupView>('backup.take', { name: 'shop' });
    assert.equal(taken.proofs.length, 1);
    assert.equal(given.mock.callCount(), 1, 'the turn is given back once, after the proof');
  });

  test('what is asked for amiss is told before anything is done', async () => {
    const { call } = await serve('amiss');
    const words =
      /shop is a name under backups:, and this needs the id of one backup: upkeep backup list shop/;
    await assert.rejects(call('backup.pin', { id: 'shop' }), words);
    await assert.rejects(
      call('backup.evidence', { id: 'shop' }),
      /there is no good backup of shop yet: upkeep backup take/,
    );
    await assert.rejects(
      call('backup.restore', { of: 'shop', until: '2999-01-01', dryRun: 'yes' }),
      /until: 2999-01-01 00:00:00 UTC lies in the future, by /,
    );
    await assert.rejects(
      call('backup.take', { name: 'shop', repository: 'repo9' }),
      /keeps one repository alone/,
    );
    assert.equal((await list()).backups.length, 0);
  });

  test('a backup that is damaged later is told as an incident, protects nobody, and is well when a good one follows', async () => {
    const { call, app } = await serve('broken');
    const taken = await call<BackupView>('backup.take', { name: 'shop' });
    rmSync(join(taken.folder, 'roles.sql'));
    const proof = await call<ProofView>('backup.verify', { id: taken.id });
    assert.equal(proof.isGood, false);
    assert.match(proof.looks.at(-1)?.detail ?? '', /roles\.sql is missing/);
    assert.equal(await backupRows.provenRestore(app.ctx.store.db, 'db', Date.now()), null);
    const incident = () =>
      eventually(
        async () => (await call<IncidentView[]>('incident.list', { status: 'all' }))[0],
        (one) => one !== undefined,
      );
    assert.match((await incident())?.title ?? '', /backups of shop|db/);
    const found = await list();
    const [damaged] = found.plans;
    assert.match(damaged?.wrong.join() ?? '', /failed at level 0: roles\.sql is missing/);
    assert.match(damaged?.wrong.join() ?? '', /everything would be lost now: there is no backup that can be/);
    assert.deepEqual([damaged?.proven, damaged?.lapsed?.redSince], [null, proof.at]);
    assert.match(damaged?.lapsed?.why ?? '', /^level 0: .*roles\.sql is missing/);
    const doubtful = await call<RestoreOutcome>('backup.restore', { of: 'shop', dryRun: 'yes' });
    assert.match(
      (doubtful.kind === 'plan' && doubtful.plan.doubt) || '',
      /^its last proof failed at level 0: /,
    );
    await call('backup.take', { name: 'shop' });
    assert.equal((await list()).plans[0]?.wrong.join(), '');
  });

  test('a backup that cannot be taken fails with the words of the tool and leaves no folder', async () => {
    writeFileSync(join(folder, 'file'), '');
    const { call } = await serve('file');
    const taken = await call<BackupView>('backup.take', { name: 'shop' });
    assert.equal(taken.state, 'failed');
    assert.match(taken.detail, /ENOTDIR/);
    await assert.rejects(
      call('backup.take', { name: 'stop' }),
      /nothing under backups: is called stop; there is shop/,
    );
  });

  test('restored beside at once, and over what lives only when the guard permits; each is planned and written down', async () => {
    const { call } = await serve();
    const taken = await call<BackupView>('backup.take', { name: 'shop', prove: 'yes' });
    const planned = await call<RestoreOutcome>('backup.restore', { of: 'shop', dryRun: 'yes' });
    assert.ok(
      planned.kind === 'plan' && planned.plan.backup === taken.id && planned.plan.impossible === null,
    );
    assert.match(planned.plan.losses.join(), /what was written since/);
    await assert.rejects(
      call('backup.restore', { of: 'shop', until: '2020-01-01 14:00', dryRun: 'yes' }),
      /no backup of shop is from before that moment; the oldest is from/,
    );
    await assert.rejects(call('backup.restore', { of: 'shop', into: 'folder:x' }), /must begin with \//);
    const beside = await call<RestoreOutcome>('backup.restore', { of: taken.id, into: 'database:beside' });
    assert.ok(beside.kind === 'restored');
    assert.match(beside.restored.at, /database beside/);
    await server.query('INSERT INTO orders VALUES (-1)');
    const model = { name: 'token:m', scopes, through: 'model' } as const;
    await assert.rejects(
      call('backup.restore', { of: 'shop', into: 'database:b2' }, model),
      /a model may only plan/,
    );
    const asked = await call<RestoreOutcome>('backup.restore', {
      of: 'shop',
      into: 'over',
      why: 'a rehearsal',
    });
    assert.ok(asked.kind === 'proposed' && 'action' in asked.proposed);
    const { id, digest, state, plan } = asked.proposed.action;
    assert.equal(state, 'awaiting-approval');
    assert.match(plan.steps.join(), /rename it to/);
    await call('action.approve', { id, digest }, { name: 'token:second', scopes });
    const done = await eventually(
      () => call<ActionView>('action.show', { id }),
      ({ endedAt }) => endedAt !== null,
    );
    assert.equal(done.state, 'done', done.result ?? '');
    assert.equal(done.result?.match(/kept as \S+_before_/g)?.length, 1, done.result ?? '');
    assert.equal((await server.query('SELECT count(*)::int AS n FROM orders WHERE id = -1'))[0]?.n, 0);
    const journal = await call<{ kind: string }[]>('journal.list', { limit: 100 });
    for (const kind of ['backup.restoring', 'backup.restored'])
      assert.equal(journal.filter((entry) => entry.kind === kind).length, 2, kind);
  });

  test('what a proof found is signed: anybody can check it, and audit verify finds what was changed since', async () => {
    const { call, app } = await serve('signed');
    const { db } = app.ctx.store;
    await db.deleteFrom('proofs').execute();
    await db.deleteFrom('journal').where('kind', '=', 'backup.evidence').execute();
    const { id, proofs } = await call<BackupView>('backup.take', { name: 'shop' });
    const [evidence] = await call<Evidence[]>('backup.evidence', { id });
    assert.ok(evidence);
    assert.deepEqual(evidence.statement.proof, proofs[0]);
    const x = evidence.publicKey;
    const key = createPublicKey({ key: { kty: 'OKP', crv: 'Ed25519', x }, format: 'jwk' });
    const isSigned = (statement: unknown) =>
      verify(null, Buffer.from(canonical(statement)), key, Buffer.from(evidence.signature, 'base64url'));
    assert.equal(isSigned(evidence.statement), true);
    assert.equal(isSigned({ ...evidence.statement, signedAt: 1 }), false);
    const wrong = async () => (await app.ctx.recovery.checkEvidence()).wrong.join();
    assert.deepEqual(await app.ctx.recovery.checkEvidence(), { checked: 1, wrong: [] });
    await db.updateTable('proofs').set({ level: 4 }).execute();
    assert.match(await wrong(), /the store says something else than what was signed/);
    assert.equal((await call<Audit>('audit.verify')).ok, false);
    await assert.rejects(
      call('backup.evidence', { id }),
      /was changed since it was signed, so it proves nothing: .*the store says/,
    );
    await db.updateTable('proofs').set({ level: 6 }).execute();
    assert.equal(await wrong(), '');
    const forged = { ...evidence, statement: { ...evidence.statement, signedAt: 1 } };
    await db
      .updateTable('proofs')
      .set({ evidence: canonical(forged) })
      .execute();
    await assert.rejects(call('backup.evidence', { id }), /its signature does not fit what it says/);
    assert.match(await wrong(), /its signature does not fit.*its signed evidence is gone or was replaced/);
    await db.updateTable('proofs').set({ evidence: null }).execute();
    assert.match(await wrong(), /^proof .* its signed evidence is gone/);
  });

  test('a key that was lost is no forgery, and one that is damaged is named; the proof stands', async () => {
    const { call, app, restart, folder: home } = await serve('other-key');
    await app.ctx.store.db.deleteFrom('proofs').execute();
    await app.ctx.store.db.deleteFrom('journal').where('kind', '=', 'backup.evidence').execute();
    const { id } = await call<BackupView>('backup.take', { name: 'shop' });
    const file = join(home, 'data', 'evidence.key');
    const right = readFileSync(file, 'utf8');
    const wrong = async () => (await call<Audit>('audit.verify')).proofs.wrong.join();
    const proven = async () => (await list()).plans[0]?.proven?.level;

    await restart(() => rmSync(file));
    const lost =
      /it is as it was signed, with another key than evidence\.key of now, which was lost or replaced since/;
    assert.match(await wrong(), lost);
    await assert.rejects(call('backup.evidence', { id }), (error: Error) => {
      assert.match(error.message, lost);
      assert.doesNotMatch(error.message, /was changed/);
      return true;
    });
    assert.equal(await proven(), 6);

    await restart(() => writeFileSync(file, 'half'));
    await assert.rejects(wrong(), /evidence\.key .* is damaged \(3 bytes of 32\).*: put it back from a copy/);
    const again = await call<BackupView>('backup.take', { name: 'shop' });
    assert.equal(again.state, 'good', 'what cannot be signed is taken and told all the same');
    assert.equal(await proven(), 6);

    await restart(() => writeFileSync(file, right));
    assert.equal(await wrong(), '');
  });

  test('one thing at a time for each backup, with how far it is; what fell due while Upkeep was down is made up for', async () => {
    const { call, app, pass, restart } = await serve('late');
    const first = call<BackupView>('backup.take', { name: 'shop' });
    const underWay = await eventually(
      async () => (await list()).plans[0]?.underWay ?? null,
      (text) => text !== null && text !== 'waiting for its turn',
    );
    assert.match(underWay ?? '', /writing|counting|restoring|looking|comparing/);
    await assert.rejects(call('backup.take', { name: 'shop' }), /shop: .*; one thing at a time/);
    const taken = await first;
    assert.equal((await list()).plans[0]?.underWay, null);
    await restart(() => pass(30 * 3_600_000));
    const made = await eventually(
      () => list(),
      ({ backups }) => backups.some(({ id, state }) => id !== taken.id && state !== 'taking'),
    );
    assert.equal(made.backups.length, 2, 'one, however many were missed');
    assert.ok(app);
  });

  test('a backup that somebody moved is missing and counts for nothing until it is back; what nobody here took is shown', async () => {
    const { call, app } = await serve('moved');
    const { recovery, store } = app.ctx;
    const taken = await call<BackupView>('backup.take', { name: 'shop' });
    const plan = app.ctx.configuration().backups[0] ?? assert.fail();
    const look = async () => {
      await recovery.look(plan);
      return list();
    };
    const impossible = async () => {
      const outcome = await call<RestoreOutcome>('backup.restore', { of: 'shop', dryRun: 'yes' });
      return (outcome.kind === 'plan' && outcome.plan.impossible) || 'it is possible';
    };
    for (const name of ['stranger', 'wal', 'x.partial']) mkdirSync(join(folder, 'moved/shop', name));
    const before = await look();
    assert.deepEqual(
      before.foreign.map(({ label }) => label),
      ['stranger'],
    );
    assert.equal(before.backups[0]?.state, 'good');
    assert.ok((before.backups[0]?.writtenAt ?? 0) > 0);
    assert.deepEqual(before.plans[0]?.wrong, []);
    renameSync(taken.folder, join(folder, 'away'));
    const gone = await look();
    assert.equal(gone.backups[0]?.state, 'missing');
    assert.match(gone.plans[0]?.wrong.join() ?? '', /a backup is gone from its repository: .*moved\/shop/);
    assert.equal(
      await backupRows.provenRestore(store.db, 'db', Date.now()),
      null,
      'the guard counts it no more',
    );
    await recovery.judge(plan);
    const alerts = await eventually(
      () => alertRows.open(store.db),
      (open) => open.some(({ rule }) => rule === 'upkeep.backup-missing'),
    );
    assert.equal(alerts.find(({ rule }) => rule === 'upkeep.backup-missing')?.target, 'db');
    assert.match(await impossible(), missingShop, 'known by the last look');
    renameSync(join(folder, 'away'), taken.folder);
    assert.equal((await look()).backups[0]?.state, 'good');
    await assert.rejects(call('backup.forget', { id: taken.id }), /is good, not missing/);
    renameSync(join(taken.folder, 'roles.sql'), join(folder, 'roles.sql'));
    assert.match(await impossible(), /it is damaged: .*\/roles\.sql is not there/);
    rmSync(taken.folder, { recursive: true });
    assert.match(await impossible(), missingShop, 'before anybody looked');
    const proof = await call<ProofView>('backup.verify', { id: 'shop' });
    assert.deepEqual([proof.isGood, proof.looks.length], [false, 1]);
    assert.match(proof.looks[0]?.detail ?? '', missingShop);
    assert.equal((await list()).backups[0]?.state, 'missing');
    assert.equal((await call<ProofView>('backup.verify', { id: 'shop' })).isGood, false);
    assert.equal((await call<BackupView>('backup.forget', { id: taken.id })).state, 'removed');
    assert.doesNotMatch((await list()).plans[0]?.wrong.join() ?? '', /gone/);
  });

  test('one that was under way when Upkeep ended has failed, and nothing of it stays', async () => {
    const { app } = await serve();
    const left = join(folder, 'kept/shop/left');
    const begun = { id: 'left', plan: 'shop', target: 'db', engine: 'postgres.logical', repository: 'local' };
    await app.ctx.store.transaction((tx) => backupRows.insert(tx, { ...begun, folder: left, startedAt: 1 }));
    await app.ctx.recovery.clean();
    const found = await backupRows.byId(app.ctx.store.db, 'left');
    assert.deepEqual([found?.state, found?.detail], ['failed', 'Upkeep was stopped while it was taken']);
  });
});
