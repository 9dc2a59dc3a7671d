/** What a code of a failed connection means, for people who know no library. Pure. */

const closed = 'the other side closed the connection';
const distrusted = 'its certificate is not from an authority that is trusted here';

/** Codes of the system, of OpenSSL's verification, and of undici, the HTTP client. */
const meanings: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'nobody listens there',
  ECONNRESET: 'the connection was reset',
  ECONNABORTED: 'the connection was broken off',
  EPIPE: closed,
  ETIMEDOUT: 'it gave no answer in time',
  EHOSTUNREACH: 'no route to the host',
  ENETUNREACH: 'no route to the network',
  EHOSTDOWN: 'the host is down',
  ENOTFOUND: 'the name does not exist',
  EAI_AGAIN: 'the resolver gives no answer',
  EAI_FAIL: 'the resolver failed',
  ENODATA: 'the name has no such address',
  EMFILE: 'this process has too many files open',
  ENFILE: 'this machine has too many files open',
  ENOBUFS: 'this machine has no room for another connection',
  ENOMEM: 'this machine has no memory left',
  EADDRNOTAVAIL: 'this machine has no free port or address to connect from',
  EACCES: 'this machine does not allow the connection',
  EPERM: 'this machine does not allow the connection',
  ERR_STREAM_PREMATURE_CLOSE: closed,
  UND_ERR_SOCKET: closed,
  UND_ERR_CONNECT_TIMEOUT: 'it took no connection in time',
  UND_ERR_HEADERS_TIMEOUT: 'it gave no answer in time',
  UND_ERR_BODY_TIMEOUT: 'it began to answer and did not finish',
  UND_ERR_HEADERS_OVERFLOW: 'the head of its answer is too long',
  HPE_HEADER_OVERFLOW: 'the head of its answer is too long',
  UND_ERR_RES_CONTENT_LENGTH_MISMATCH: 'its answer was cut short',
  UND_ERR_RES_EXCEEDED_MAX_SIZE: 'its answer is too long',
  UND_ERR_HTTP_PARSER: 'its answer is no HTTP',
  CERT_HAS_EXPIRED: 'its certificate has expired',
  CERT_NOT_YET_VALID: 'its certificate is not valid yet',
  CERT_REVOKED: 'its certificate was revoked',
  DEPTH_ZERO_SELF_SIGNED_CERT: 'its certificate is self-signed and not trusted here',
  SELF_SIGNED_CERT_IN_CHAIN: distrusted,
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: distrusted,
  UNABLE_TO_GET_ISSUER_CERT: distrusted,
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: distrusted,
  ERR_TLS_CERT_ALTNAME_INVALID: 'its certificate is for another name',
  ERR_TLS_HANDSHAKE_TIMEOUT: 'the TLS handshake did not end in time',
  ERR_SSL_WRONG_VERSION_NUMBER: 'it speaks no TLS on this port',
  ERR_SSL_PACKET_LENGTH_TOO_LONG: 'it speaks no TLS on this port',
  ERR_SSL_UNSUPPORTED_PROTOCOL: 'no version of TLS is known to both sides',
  ERR_SSL_TLSV1_ALERT_PROTOCOL_VERSION: 'no version of TLS is known to both sides',
  EPROTO: 'TLS failed',
};

const families: readonly (readonly [begins: string, meaning: string])[] = [
  ['HPE_', 'its answer is no HTTP'],
  ['ERR_TLS_', 'TLS failed'],
  ['ERR_SSL_', 'TLS failed'],
];

/** `the other side closed the connection (UND_ERR_SOCKET)`; stands behind the place and a colon. */
export function networkWords(code: string | undefined): string {
  if (code === undefined) return 'the connection failed';
  const family = families.find(([begins]) => code.startsWith(begins))?.[1];
  return `${meanings[code] ?? family ?? 'the connection failed'} (${code})`;
}

/**
 * The code of an error; of several addresses that were tried, that of the first; of one that only says that it failed, as
 * `fetch` does, that of its cause. Never its message: that may quote the address with its secrets.
 */
export function networkCode(error: unknown): string | undefined {
  if (error instanceof AggregateError && error.errors.length > 0) return networkCode(error.errors[0]);
  if (!(error instanceof Error)) return undefined;
  if ('code' in error && typeof error.code === 'string') return error.code;
  return error.cause === undefined ? undefined : networkCode(error.cause);
}

const failedCall = /^(?:read|write|connect|getaddrinfo|queryA|queryAaaa) (E[A-Z_]+)(?: (\S+))?$/;

/**
 * What a driver hands on from Node, in words: `getaddrinfo EAI_AGAIN db.test` is `db.test: the resolver gives no answer
 * (EAI_AGAIN)`. `connect ECONNREFUSED 127.0.0.1:5432` stays: people and programs know it. Any other text stays too.
 */
export function spokenCall(message: string): string {
  const [, code, place] = failedCall.exec(message) ?? [];
  if (code === undefined || code === 'ECONNREFUSED' || code === 'ETIMEDOUT') return message;
  return place === undefined ? networkWords(code) : `${place}: ${networkWords(code)}`;
}
