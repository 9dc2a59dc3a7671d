import assert from 'node:assert/strict';
import { test } from 'node:test';
import { forEachEngine } from '../../test/engines/for-each-engine.ts';
import * as accounts from './accounts.ts';
import * as invitations from './invitations.ts';
import { hashPassword, nobodysHash, verifyPassword } from './passwords.ts';
import * as factors from './second-factor.ts';
import * as sessions from './sessions.ts';
import * as tokens from './tokens.ts';

const owner: accounts.Account = {
  id: 'a1',
  name: 'Owner',
  passwordHash: 'h',
  role: 'owner',
  createdAt: 1,
  disabledAt: null,
  secondFactorSince: null,
  provider: null,
};
const { passwordHash: _, ...withoutHash } = owner;
const lifetime = { idleMs: 500_000, absoluteMs: 800_000 };
const session = (idHash: string, expiresAt: number): sessions.Session => ({
  ...{
    idHash,
    accountId: 'a1',
    createdAt: 0,
    lastSeenAt: 0,
    expiresAt,
    agent: 'Firefox',
    method: 'password',
    address: '::1',
  },
});

test('a password is verified against its hash, whatever keys typed its accents', async () => {
  const hash = await hashPassword('cafe\u0301 horse');
  assert.match(hash, /^\$scrypt\$ln=15,r=8,p=3\$/);
  assert.notEqual(await hashPassword('cafe\u0301 horse'), hash, 'each has its own salt');
  assert.equal(await verifyPassword('caf\u00e9 horse', hash), true);
  assert.equal(await verifyPassword('cafe horse', hash), false);
});

test('nobody’s hash, an unreadable one and one that asks for all memory verify nothing', async () => {
  assert.equal(await verifyPassword('', nobodysHash), false);
  assert.equal(await verifyPassword('x', ''), false);
  assert.equal(await verifyPassword('x', 'plain'), false);
  assert.equal(await verifyPassword('x', nobodysHash.replace('ln=15', 'ln=30')), false);
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
    assert.deepEqual(await accounts.list(db), [withoutHash]);
  });

  test('a session ends by time, by signing out and by a new password', async () => {
    const { db } = await engine.freshStore();
    await accounts.insert(db, owner);
    await sessions.insert(db, session('s1', 100_000));
    await sessions.insert(db, session('s2', 900_000));
    assert.deepEqual((await sessions.byHash(db, 's1', 99_999, lifetime))?.account, owner);
    assert.equal(await sessions.byHash(db, 's1', 100_000, lifetime), undefined);
    const seen = await db
      .selectFrom('sessions')
      .select(['id_hash', 'last_seen_at'])
      .orderBy('id_hash')
      .execute();
    assert.deepEqual(
      seen.map((row) => row.last_seen_at),
      [99_999, 0],
    );
    await sessions.prune(db, 100_000);
    await accounts.setPasswordHash(db, 'a1', 'h2');
    assert.equal(await sessions.endOthers(db, 'a1'), 1);
    assert.equal(await sessions.byHash(db, 's2', 1, lifetime), undefined);
    assert.equal((await accounts.byName(db, 'owner'))?.passwordHash, 'h2');
    await sessions.insert(db, session('s3', 900_000));
    await sessions.remove(db, 's3');
    assert.equal(await sessions.byHash(db, 's3', 1, lifetime), undefined);
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
    await tokens.insert(db, { ...token, hash: 'th' });
    assert.deepEqual((await tokens.byHash(db, 'th', 70_000))?.scopes, ['read', 'operate']);
    assert.deepEqual(await tokens.list(db), [{ ...token, lastUsedAt: 70_000, revokedAt: null }]);
    assert.equal(await tokens.revoke(db, 't1', 80_000), true);
    assert.equal(await tokens.revoke(db, 't1', 90_000), false);
    const over = await tokens.byHash(db, 'th', 150_000);
    assert.deepEqual([over?.revokedAt, over?.lastUsedAt], [80_000, 70_000], 'known, and not marked as used');
  });

  test('an invitation is used once, by one of those who try, and not when it is too old', async () => {
    const { db } = await engine.freshStore();
    await invitations.insert(db, {
      ...{ hash: 'i1', id: '1', role: 'owner', name: null, createdBy: null },
      createdAt: 0,
      expiresAt: 100,
    });
    assert.equal(await invitations.redeem(db, 'i1', 100), false);
    const tries = await Promise.all(Array.from({ length: 5 }, () => invitations.redeem(db, 'i1', 99)));
    assert.equal(tries.filter(Boolean).length, 1);
    assert.equal(await invitations.redeem(db, 'unknown', 99), false);
  });

  test('a session ends when it is not used, when it is too old by a shorter setting, and with its account', async () => {
    const { db } = await engine.freshStore();
    await accounts.insert(db, owner);
    await sessions.insert(db, session('s1', 10_000_000));
    const alive = async (now: number, life = lifetime) =>
      (await sessions.byHash(db, 's1', now, life)) !== undefined;
    assert.equal(await alive(499_999), true, 'and seen now');
    assert.equal(await alive(799_999), true);
    assert.equal(await alive(700_000, { idleMs: 500_000, absoluteMs: 600_000 }), false);
    assert.equal(await alive(800_000), false, 'too old');
    assert.equal(await alive(799_999 + 10, { idleMs: 10, absoluteMs: 9_000_000 }), false, 'not used');
    assert.equal((await sessions.list(db, { now: 700_000, lifetime })).length, 1);
    assert.equal((await sessions.list(db, { now: 700_000, lifetime, accountId: 'a2' })).length, 0);
    await accounts.setDisabled(db, 'a1', 5);
    assert.equal(await alive(700_000), false, 'disabled');
    assert.equal(await accounts.countOwners(db), 0);
    await accounts.setDisabled(db, 'a1', null);
    assert.equal(await accounts.countOwners(db), 1);
    await accounts.remove(db, 'a1');
    assert.equal(await accounts.hasAny(db), false);
    assert.equal(await alive(700_000), false, 'removed');
  });

  test('a code is used once, in whatever order several come at once, and none that is older', async () => {
    const { db } = await engine.freshStore();
    await accounts.insert(db, owner);
    assert.equal(await factors.begin(db, 'a1', 'sealed'), true);
    const tries = await Promise.all(Array.from({ length: 5 }, () => factors.spendStep(db, 'a1', 7)));
    assert.equal(tries.filter(Boolean).length, 1);
    assert.equal(await factors.spendStep(db, 'a1', 6), false);
    assert.equal(await factors.spendStep(db, 'a1', 8), true);
    await factors.confirm(db, 'a1', 5);
    assert.equal(await factors.begin(db, 'a1', 'another'), false, 'one in force is not replaced');
    await factors.setRecoveryCodes(db, 'a1', ['r1', 'r2']);
    const uses = await Promise.all(
      Array.from({ length: 5 }, () => factors.spendRecoveryCode(db, 'a1', 'r1')),
    );
    assert.equal(uses.filter(Boolean).length, 1);
    assert.equal(await factors.countRecoveryCodes(db, 'a1'), 1);
    assert.equal(await factors.turnOff(db, 'a1'), true);
    assert.deepEqual(await factors.read(db, 'a1'), { secret: null, since: null });
    assert.equal(await factors.spendRecoveryCode(db, 'a1', 'r2'), false);
  });

  test('a provider vouches for one account, and names of tokens beyond a role are given back', async () => {
    const { db } = await engine.freshStore();
    const provider = { issuer: 'https://id.test', subject: '7' };
    await accounts.insert(db, { ...owner, provider });
    await accounts.insert(db, { ...owner, id: 'a2', name: 'Second' });
    assert.equal((await accounts.byProvider(db, provider))?.id, 'a1');
    assert.equal(await accounts.byProvider(db, { ...provider, issuer: 'https://other.test' }), undefined);
    await assert.rejects(accounts.insert(db, { ...owner, id: 'a3', name: 'Third', provider }), /unique/i);
    const token = { createdAt: 1, createdBy: 'Owner', hash: 'h1' };
    await tokens.insert(db, { ...token, id: 't1', name: 'reads', scopes: ['read'] });
    await tokens.insert(db, { ...token, id: 't2', name: 'rules', scopes: ['read', 'admin'], hash: 'h2' });
    assert.deepEqual(await tokens.revokeOf(db, 'Owner', ['read'], 9), ['rules']);
    assert.deepEqual(await tokens.revokeOf(db, 'Owner', [], 9), ['reads']);
    assert.deepEqual(await tokens.revokeOf(db, 'Owner', [], 9), []);
  });
});
