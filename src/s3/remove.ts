/** Deletion, with credentials that no writer has. */
import type { ListObjectVersionsCommandOutput } from '@aws-sdk/client-s3';
import type { BucketAddress } from '../core/backup/bucket.ts';
import { inWords, type Session } from './session.ts';

/** Every version and every mark of one: what is only hidden is neither gone nor free. */
export async function removeAll(
  session: Session,
  address: BucketAddress,
  prefix: string,
  signal: AbortSignal,
): Promise<number> {
  const [client, { ListObjectVersionsCommand, DeleteObjectCommand }] = await session.ready();
  const options = { abortSignal: signal };
  const within = { Bucket: address.bucket, Prefix: prefix };
  try {
    let removed = 0;
    for (let from: { KeyMarker?: string; VersionIdMarker?: string } | null = {}; from !== null; ) {
      const page: ListObjectVersionsCommandOutput = await client.send(
        new ListObjectVersionsCommand({ ...within, ...from }),
        options,
      );
      for (const { Key, VersionId } of [...(page.Versions ?? []), ...(page.DeleteMarkers ?? [])]) {
        const which = VersionId === undefined || VersionId === 'null' ? {} : { VersionId };
        await client.send(new DeleteObjectCommand({ Bucket: address.bucket, Key, ...which }), options);
        removed += 1;
      }
      const { NextKeyMarker: KeyMarker, NextVersionIdMarker: VersionIdMarker } = page;
      from = page.IsTruncated
        ? {
            ...(KeyMarker === undefined ? {} : { KeyMarker }),
            ...(VersionIdMarker === undefined ? {} : { VersionIdMarker }),
          }
        : null;
    }
    return removed;
  } catch (error) {
    throw inWords(error, `deleting ${prefix}`, address);
  }
}
