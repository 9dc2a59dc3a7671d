import assert from 'node:assert/strict';
import { test } from 'node:test';
import { errorKind } from './error-kind.ts';
import { networkCode, networkWords, spokenCall } from './network-words.ts';

test('a code of the system, of TLS, of a parser or of a client is a sentence with the code in brackets', () => {
  for (const [code, words] of [
    ['UND_ERR_SOCKET', 'the other side closed the connection (UND_ERR_SOCKET)'],
    ['EPIPE', 'the other side closed the connection (EPIPE)'],
    ['ECONNREFUSED', 'nobody listens there (ECONNREFUSED)'],
    ['EAI_AGAIN', 'the resolver gives no answer (EAI_AGAIN)'],
    ['UND_ERR_HEADERS_TIMEOUT', 'it gave no answer in time (UND_ERR_HEADERS_TIMEOUT)'],
    ['CERT_HAS_EXPIRED', 'its certificate has expired (CERT_HAS_EXPIRED)'],
    ['ERR_TLS_CERT_ALTNAME_INVALID', 'its certificate is for another name (ERR_TLS_CERT_ALTNAME_INVALID)'],
    ['ERR_SSL_WRONG_VERSION_NUMBER', 'it speaks no TLS on this port (ERR_SSL_WRONG_VERSION_NUMBER)'],
    ['HPE_INVALID_CONSTANT', 'its answer is no HTTP (HPE_INVALID_CONSTANT)'],
  ] as const)
    assert.equal(networkWords(code), words);
});

test('a code of a family that has no words of its own has those of the family, and a strange one says what is known', () => {
  assert.equal(networkWords('ERR_TLS_RENEGOTIATION_DISABLED'), 'TLS failed (ERR_TLS_RENEGOTIATION_DISABLED)');
  assert.equal(networkWords('ERR_SSL_SSLV3_ALERT_BAD_X'), 'TLS failed (ERR_SSL_SSLV3_ALERT_BAD_X)');
  assert.equal(networkWords('UND_ERR_NEW'), 'the connection failed (UND_ERR_NEW)');
  assert.equal(networkWords('ESTRANGE'), 'the connection failed (ESTRANGE)');
  assert.equal(networkWords(undefined), 'the connection failed');
});

test('the code is found in the first of several errors and in the cause of one that only says that it failed', () => {
  const coded = Object.assign(new Error('x'), { code: 'ECONNRESET' });
  assert.equal(networkCode(new AggregateError([coded, new Error('y')])), 'ECONNRESET');
  assert.equal(networkCode(new TypeError('fetch failed', { cause: coded })), 'ECONNRESET');
  assert.equal(networkCode(new Error('https://user:secret@host')), undefined);
  assert.equal(networkCode('x'), undefined);
});

test('two codes of a client are two kinds of errors', () => {
  assert.equal(errorKind('h:1: the other side closed the connection (UND_ERR_SOCKET)'), 'UND_ERR_SOCKET');
  assert.equal(errorKind('h:1: its answer is no HTTP (HPE_INVALID_CONSTANT)'), 'HPE_INVALID_CONSTANT');
});

test('a failed call as Node words it is a sentence; that nobody listens stays as every log has it', () => {
  assert.equal(spokenCall('read ECONNRESET'), 'the connection was reset (ECONNRESET)');
  assert.equal(spokenCall('write EPIPE'), 'the other side closed the connection (EPIPE)');
  assert.equal(
    spokenCall('getaddrinfo EAI_AGAIN db.test'),
    'db.test: the resolver gives no answer (EAI_AGAIN)',
  );
  for (const text of ['connect ECONNREFUSED 127.0.0.1:5432', 'NOAUTH Authentication required.', ''])
    assert.equal(spokenCall(text), text);
});
