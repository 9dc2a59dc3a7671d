/** The client of one bucket with one pair of keys, and what its errors mean. */
import type { S3Client } from '@aws-sdk/client-s3';
import { type AccessPair, type BucketAddress, BucketFault } from '../core/backup/bucket.ts';
import { Lack } from '../core/lack.ts';
import { networkCode, networkWords } from '../core/network-words.ts';

export type Sdk = typeof import('@aws-sdk/client-s3');

export interface Session {
  ready(): Promise<[S3Client, Sdk]>;
  close(): void;
}

/** For a connection, and for silence on one: a part on a slow line goes on sending. */
const connectWithinMs = 10_000;
const silentForMs = 60_000;

export function openSession(
  { endpoint, region }: BucketAddress,
  { accessKey, secretKey }: AccessPair,
): Session {
  let opened: Promise<[S3Client, Sdk]> | undefined;
  const open = async (): Promise<[S3Client, Sdk]> => {
    const sdk = await import('@aws-sdk/client-s3');
    const client = new sdk.S3Client({
      region,
      ...(endpoint === null ? {} : { endpoint, forcePathStyle: true }),
      credentials: { accessKeyId: accessKey, secretAccessKey: secretKey },
      // Checksums that it would add by itself are refused by servers other than Amazon's.
      ...{ requestChecksumCalculation: 'WHEN_REQUIRED', responseChecksumValidation: 'WHEN_REQUIRED' },
      requestHandler: { connectionTimeout: connectWithinMs, socketTimeout: silentForMs },
      maxAttempts: 3,
    });
    return [client, sdk];
  };
  return {
    ready() {
      opened ??= open();
      return opened;
    },
    close: () => void opened?.then(([client]) => client.destroy()).catch(() => {}),
  };
}

export function nameOf({ bucket, endpoint }: BucketAddress): string {
  return endpoint === null ? `s3://${bucket}` : `s3://${bucket} at ${endpoint}`;
}

export function isMissing(error: unknown): boolean {
  return statusOf(error) === 404 && nameOfError(error) !== 'NoSuchBucket';
}

export function isRefused(error: unknown): boolean {
  return statusOf(error) === 403 || nameOfError(error) === 'AccessDenied';
}

const remedies: Readonly<Record<string, string>> = {
  NoSuchBucket: 'there is no such bucket',
  InvalidAccessKeyId: 'the server does not know this accessKey',
  SignatureDoesNotMatch: 'the secretKey is wrong, or region is',
  AccessDenied: 'this accessKey may not',
  RequestTimeTooSkewed: 'our clock and that of the server differ',
  InvalidRequest: 'the request is not accepted; lock: needs a bucket with Object Lock',
};

/** What was tried, where, and what came of it; the client's messages hold no secret. */
/** Keys and rights: what lies there was not looked at. */
const refused: ReadonlySet<number> = new Set([401, 403, 429]);

export function inWords(error: unknown, doing: string, address: BucketAddress): Error {
  if (nameOfError(error) === 'AbortError' || !(error instanceof Error)) return asError(error);
  const where = nameOf(address);
  const status = statusOf(error);
  if (status === undefined) {
    const code = networkCode(error);
    const said = code === undefined ? messageOr(error, error.name) : networkWords(code);
    return new BucketFault(`${where} cannot be reached: ${said} (${doing})`, {
      cause: error,
    });
  }
  // A lock is refused in the same words as a key without the right.
  const isDeletion = error.name === 'AccessDenied' && doing.startsWith('deleting ');
  const remedy = isDeletion
    ? 'this accessKey may not delete, or a lock of the bucket still holds it'
    : remedies[error.name];
  const said = messageOr(error, error.name);
  if (status >= 500)
    return new BucketFault(`${where}: ${doing} failed: it answered HTTP ${status} (${said})`, {
      cause: error,
    });
  const words = `${where}: ${doing} failed: ${remedy === undefined ? said : `${remedy} (${said})`}`;
  return refused.has(status) ? new Lack(words, { cause: error }) : new Error(words, { cause: error });
}

function messageOr({ message }: Error, fallback: string): string {
  return message === '' || message === 'UnknownError' ? fallback : message;
}

function asError(error: unknown): Error {
  return error instanceof Error ? error : new Error(String(error));
}

function nameOfError(error: unknown): string {
  return error instanceof Error ? error.name : '';
}

function statusOf(error: unknown): number | undefined {
  if (typeof error !== 'object' || error === null || !('$metadata' in error)) return undefined;
  const { $metadata: metadata } = error;
  const has = typeof metadata === 'object' && metadata !== null && 'httpStatusCode' in metadata;
  return has && typeof metadata.httpStatusCode === 'number' ? metadata.httpStatusCode : undefined;
}
