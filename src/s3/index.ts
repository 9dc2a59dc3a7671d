/**
 * Objects in a bucket by the S3 protocol, by Amazon's own client, which is loaded when a bucket is first used. Nothing is
 * asked of the server that only Amazon has: paths instead of host names, MD5 as the checksum of what is sent.
 */
import { createHash } from 'node:crypto';
import type { S3Client } from '@aws-sdk/client-s3';
import { timestamp } from '../clock.ts';
import type {
  AccessPair,
  Bucket,
  BucketAddress,
  Buckets,
  LookedAtObject,
  StoredObject,
} from '../core/backup/bucket.ts';
import { removeAll } from './remove.ts';
import { inWords, isMissing, isRefused, nameOf, openSession, type Sdk } from './session.ts';

export const s3Buckets: Buckets = {
  open: (address, writer) => openBucket(address, writer),
  openRemover(address, deleter) {
    const session = openSession(address, deleter);
    return {
      removeAll: (prefix, signal) => removeAll(session, address, prefix, signal),
      close: session.close,
    };
  },
};

function openBucket(address: BucketAddress, writer: AccessPair): Bucket {
  const session = openSession(address, writer);
  const { bucket } = address;
  const at = (key: string) => ({ Bucket: bucket, Key: key });

  async function run<T>(doing: string, work: (client: S3Client, sdk: Sdk) => Promise<T>): Promise<T> {
    try {
      return await work(...(await session.ready()));
    } catch (error) {
      throw inWords(error, doing, address);
    }
  }

  return {
    name: nameOf(address),
    put: (key, body, lockUntil, signal) =>
      run(`writing ${key}`, async (client, { PutObjectCommand }) => {
        const md5 = createHash('md5').update(body).digest('base64');
        const command = new PutObjectCommand({ ...at(key), Body: body, ContentMD5: md5 });
        const lock = lockUntil === null ? {} : lockHeaders(lockUntil);
        command.middlewareStack.add(
          (next) => (args) => {
            if (hasHeaders(args.request)) Object.assign(args.request.headers, lock);
            return next(args);
          },
          { step: 'build' },
        );
        await client.send(command, { abortSignal: signal });
      }),
    get: (key, signal) =>
      run(`reading ${key}`, async (client, { GetObjectCommand }) => {
        const { Body } = await client.send(new GetObjectCommand(at(key)), { abortSignal: signal });
        if (!Body) throw new Error('the answer is empty');
        return Body.transformToWebStream();
      }),
    look: (key, signal) =>
      run(`looking at ${key}`, async (client, { HeadObjectCommand }): Promise<LookedAtObject | null> => {
        try {
          const found = await client.send(new HeadObjectCommand(at(key)), { abortSignal: signal });
          return {
            ...{ key, bytes: found.ContentLength ?? 0, writtenAt: found.LastModified?.getTime() ?? null },
            lockedUntil:
              found.ObjectLockMode === undefined
                ? null
                : (found.ObjectLockRetainUntilDate?.getTime() ?? null),
          };
        } catch (error) {
          if (isMissing(error)) return null;
          throw error;
        }
      }),
    list: (prefix, signal) =>
      run(`listing ${prefix}`, async (client, { paginateListObjectsV2 }) => {
        const found: StoredObject[] = [];
        const pages = paginateListObjectsV2(
          { client, pageSize: 1_000 },
          { Bucket: bucket, Prefix: prefix },
          { abortSignal: signal },
        );
        for await (const { Contents = [] } of pages) {
          for (const { Key: key, Size: bytes = 0, LastModified } of Contents)
            if (key !== undefined) found.push({ key, bytes, writtenAt: LastModified?.getTime() ?? null });
        }
        return found;
      }),
    time: (signal) =>
      run('asking for the time', async (client, { ListObjectsV2Command }) => {
        let date: string | undefined;
        const command = new ListObjectsV2Command({ Bucket: bucket, MaxKeys: 1 });
        command.middlewareStack.add(
          (next) => async (args) => {
            const result = await next(args);
            if (hasHeaders(result.response)) date = result.response.headers.date;
            return result;
          },
          { step: 'deserialize' },
        );
        await client.send(command, { abortSignal: signal });
        const time = Date.parse(date ?? '');
        if (Number.isNaN(time)) throw new Error('its answer bears no date');
        return time;
      }),
    isDeletionRefused: (key, signal) =>
      run(`trying to delete ${key}`, async (client, { DeleteObjectCommand, HeadObjectCommand }) => {
        const options = { abortSignal: signal };
        const { VersionId } = await client.send(new HeadObjectCommand(at(key)), options);
        // Without the version a versioned bucket only hides it, which needs another permission.
        const which = VersionId === undefined ? {} : { VersionId };
        try {
          await client.send(new DeleteObjectCommand({ ...at(key), ...which }), options);
          return false;
        } catch (error) {
          if (isRefused(error)) return true;
          throw error;
        }
      }),
    close: session.close,
  };
}

/** The client takes a retention only as a Date object, and this house makes none. */
function lockHeaders(until: number): Record<string, string> {
  return {
    'x-amz-object-lock-mode': 'COMPLIANCE',
    'x-amz-object-lock-retain-until-date': timestamp(until),
  };
}

function hasHeaders(message: unknown): message is { headers: Record<string, string> } {
  return typeof message === 'object' && message !== null && 'headers' in message;
}
