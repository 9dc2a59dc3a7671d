import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import { test } from 'node:test';
import fc from 'fast-check';
import {
  followerName,
  followerOf,
  followerWords,
  type Link,
  linkPurposes,
  readLink,
  writeLink,
} from './link.ts';

const mac = (text: string) => createHmac('sha256', 'key').update(text).digest('base64url');
const isSame = (a: string, b: string) => a === b;
const links = fc.record({
  purpose: fc.constantFrom(...linkPurposes),
  id: fc.uuid(),
  channel: fc.stringMatching(/^[A-Za-z0-9][A-Za-z0-9._-]{0,20}$/),
  person: fc.oneof(fc.constant(''), fc.stringMatching(/^[A-Za-z0-9][A-Za-z0-9._-]{0,20}$/)),
  expiresAt: fc.integer({ min: 1, max: 4_000_000_000 }).map((seconds) => seconds * 1_000),
});

test('what is written is read back, and is ours only with its own key and digest', () => {
  fc.assert(
    fc.property(links, fc.string(), (link: Link, digest) => {
      const token = writeLink(link, digest, mac);
      assert.equal(encodeURIComponent(token), token, 'it stands in an address as it is');
      const read = readLink(token);
      assert.deepEqual(read?.link, { ...link });
      assert.equal(read?.isOurs(digest, mac, isSame), true);
      assert.equal(read?.isOurs(`${digest}x`, mac, isSame), false);
      assert.equal(
        read?.isOurs(digest, (text) => mac(`other ${text}`), isSame),
        false,
      );
    }),
  );
});

test('one changed character makes it no link of ours', () => {
  fc.assert(
    fc.property(links, fc.nat(), fc.constantFrom('a', 'r', 'y', '0', '7', '~'), (link, place, other) => {
      const token = writeLink(link, '', mac);
      const at = place % token.length;
      fc.pre(token[at] !== other);
      const forged = readLink(token.slice(0, at) + other + token.slice(at + 1));
      assert.notEqual(forged?.isOurs('', mac, isSame), true);
    }),
  );
});

test('nonsense is no link', () => {
  fc.assert(
    fc.property(fc.string(), (text) => assert.equal(readLink(text)?.isOurs('', mac, isSame) ?? false, false)),
  );
  assert.equal(readLink(`a~${'1'.repeat(36)}~zz~%E0%A4%A~~${'x'.repeat(22)}`), null);
  assert.equal(followerOf({ channel: 'mail', person: 'anna' }), 'link:mail:anna');
  assert.equal(followerOf({ channel: 'mail', person: '' }), 'link:mail');
  const people = [{ id: 'lead', name: 'Lea D' }];
  assert.equal(followerWords('link:mail:lead', people), 'Lea D by mail');
  assert.equal(followerWords('link:mail:gone', people), 'gone by mail');
  assert.equal(followerWords('link:mail', people), 'a link of mail');
  assert.equal(followerWords('lead', people), 'Lea D');
  assert.equal(followerWords('token:ci', people), 'token:ci');
  const named = (name: string) => followerName(name, people, ['team', 'mail']);
  assert.equal(named('team:zoe'), 'zoe');
  assert.equal(named('team:lead'), 'Lea D');
  assert.equal(named('link:mail:lead'), 'Lea D');
  assert.equal(named('link:mail'), 'a link of mail');
  assert.equal(named('lead'), 'Lea D');
  assert.equal(named('token:ci'), 'token:ci');
});
