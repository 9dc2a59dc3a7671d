import assert from 'node:assert/strict';
import { test } from 'node:test';
import { forEachEngine } from '../../test/engines/for-each-engine.ts';
import * as accounts from './accounts.ts';

const owner: accounts.Account = { id: 'a1', name: 'Owner', passwordHash: 'h', role: 'owner', createdAt: 1 };
const session = (idHash: string, expiresAt: number): accounts.Session => ({
  ...{ idHash, accountId: 'a1', createdAt: 0, lastSeenAt: 0, expiresAt, agent: 'Firefox' },
});

test('a password is verified against its hash, whatever keys typed its accents', async () => {
  const hash = await accounts.hashPassword('cafe\u0301 horse');
  assert.match(hash, /^\$scrypt\$ln=15,r=8,p=3\$/);
  assert.notEqual(await accounts.hashPassword('cafe\u0301 horse'), hash, 'each has its own salt');
  assert.equal(await accounts.verifyPassword('caf\u00e9 horse', hash), true);
  assert.equal(await accounts.verifyPassword('cafe horse', hash), false);
});

test('nobody’s hash, an unreadable one and one that asks for all memory verify nothing', async () => {
  assert.equal(await accounts.verifyPassword('', accounts.nobodysHash), false);
  assert.equal(await accounts.verifyPassword('x', ''), false);
  assert.equal(await accounts.verifyPassword('x', 'plain'), false);
  assert.equal(await accounts.verifyPassword('x', accounts.nobodysHash.replace('ln=15', 'ln=30')), false);
});

forEachEngine((engine) => {
  test('an account is found whatever the case of its name, and its name is taken once', async () => {
    const { db } = await engine.freshStore();
    assert.equal(await accounts.hasAny(db), false);
    await accounts.insert(db, owner);
    assert.equal(await accounts.hasAny(db), true);
    assert.deepEqual(await accounts.byName(db, 'oWNER'), owner);
    assert.equal(await accounts.byName(db, 'other'), undefined);
    await assert.rejects(accounts.insert(db, { ...owner, id: 'a2', name: 'OWNER' }), /unique/i);
    assert.deepEqual(await accounts.list(db), [{ id: 'a1', name: 'Owner', role: 'owner', createdAt: 1 }]);
  });

  test('a session ends by time, by signing out and by a new password', async () => {
    const { db } = await engine.freshStore();
    await accounts.insert(db, owner);
    await accounts.insertSession(db, session('s1', 100_000));
    await accounts.insertSession(db, session('s2', 900_000));
    assert.deepEqual((await accounts.sessionByHash(db, 's1', 99_999))?.account, owner);
    assert.equal(await accounts.sessionByHash(db, 's1', 100_000), undefined);
    const seen = await db
      .selectFrom('sessions')
      .select(['id_hash', 'last_seen_at'])
      .orderBy('id_hash')
      .execute();
    assert.deepEqual(
      seen.map((row) => row.last_seen_at),
      [99_999, 0],
    );
    await accounts.pruneSessions(db, 100_000);
    await accounts.setPassword(db, 'a1', 'h2');
    assert.equal(await accounts.sessionByHash(db, 's2', 1), undefined);
    assert.equal((await accounts.byName(db, 'owner'))?.passwordHash, 'h2');
    await accounts.insertSession(db, session('s3', 900_000));
    await accounts.deleteSession(db, 's3');
    assert.equal(await accounts.sessionByHash(db, 's3', 1), undefined);
  });

  test('a token is found by its hash until it is revoked, and never shown with it', async () => {
    const { db } = await engine.freshStore();
    const token = {
      id: 't1',
      name: 'ci',
      scopes: ['read', 'operate'],
      createdAt: 1,
      createdBy: 'owner',
    } as const;
    await accounts.insertToken(db, { ...token, hash: 'th' });
    assert.deepEqual((await accounts.tokenByHash(db, 'th', 70_000))?.scopes, ['read', 'operate']);
    assert.deepEqual(await accounts.listTokens(db), [{ ...token, lastUsedAt: 70_000, revokedAt: null }]);
    assert.equal(await accounts.revokeToken(db, 't1', 80_000), true);
    assert.equal(await accounts.revokeToken(db, 't1', 90_000), false);
    assert.equal(await accounts.tokenByHash(db, 'th', 80_001), undefined);
  });

  test('an invitation is used once, by one of those who try, and not when it is too old', async () => {
    const { db } = await engine.freshStore();
    await accounts.invite(db, { hash: 'i1', role: 'owner', createdAt: 0, expiresAt: 100 });
    assert.equal(await accounts.redeemInvitation(db, 'i1', 100), false);
    const tries = await Promise.all(Array.from({ length: 5 }, () => accounts.redeemInvitation(db, 'i1', 99)));
    assert.equal(tries.filter(Boolean).length, 1);
    assert.equal(await accounts.redeemInvitation(db, 'unknown', 99), false);
  });
});
