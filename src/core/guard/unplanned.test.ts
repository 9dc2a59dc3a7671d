import assert from 'node:assert/strict';
import { test } from 'node:test';
import { UpkeepError } from '../verb.ts';
import { lacksRight, sameReason, whyUnplanned } from './unplanned.ts';

const rights = 'ACL SETUSER upkeep +client|id';

test('what a system refuses for want of a right is told with the rights that the action needs', () => {
  const refusals = [
    new Error("NOPERM this user has no permissions to run the 'client|id' command"),
    Object.assign(new Error('permission denied for table orders'), { code: '42501' }),
    Object.assign(new Error('Access denied; you need (at least one of) the PROCESS privilege(s)')),
    Object.assign(new Error('kill EPERM'), { code: 'EPERM' }),
    Object.assign(new Error("EACCES: permission denied, open '/etc/nginx/nginx.conf'"), { code: 'EACCES' }),
    new Error('access to queue refused: access_refused'),
  ];
  for (const error of refusals) {
    const why = whyUnplanned(error, 'cache', rights) ?? '';
    assert.equal(why, `Upkeep's login on cache may not (${error.message}). It needs: ${rights}`);
    assert.ok(lacksRight(why));
  }
  assert.ok(
    lacksRight('public.others may be analysed by its owner; as a superuser: GRANT "Shop" TO upkeep;'),
    'as PostgreSQL refuses by itself',
  );
});

test('rights stand in one line, without what each is for', () => {
  const rights =
    'GRANT PROCESS ON *.* TO upkeep;   -- to see\nGRANT CONNECTION ADMIN ON *.* TO upkeep;  -- to end';
  assert.match(
    whyUnplanned(new Error('Access denied'), 'orders', rights) ?? '',
    /needs: GRANT PROCESS ON \*\.\* TO upkeep; GRANT CONNECTION ADMIN ON \*\.\* TO upkeep;$/,
  );
});

test('what is out of reach is told so, without a secret', () => {
  const error = new Error('connect ECONNREFUSED redis://upkeep:s3cret@127.0.0.1:1');
  const why = whyUnplanned(error, 'cache', rights) ?? '';
  assert.match(why, /^cache could not be asked: connect ECONNREFUSED/);
  assert.ok(!why.includes('s3cret') && !lacksRight(why));
});

test('a defect of ours, and what is a clear error already, stay what they are', () => {
  assert.equal(whyUnplanned(new TypeError('x is undefined'), 'cache', rights), null);
  assert.equal(whyUnplanned(new UpkeepError('not-found', 'no such thing'), 'cache', rights), null);
});

test('reasons that differ in numbers alone are one', () => {
  assert.ok(sameReason('pid 7 is gone since 3 s', 'pid 19 is gone since 40 s'));
  assert.ok(!sameReason('pid 7 is gone', 'pid 7 has no lock'));
});
