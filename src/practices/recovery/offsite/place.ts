/** Where a copy lies in its bucket. */
import type { OffsiteSettings } from '../../../core/backup/settings.ts';
import { prefixOf } from './index-file.ts';

/** `s3://acme/upkeep/shop/0199f2c1…/` */
export function bucketPath({ bucket, prefix }: OffsiteSettings, plan: string, id: string): string {
  return `s3://${bucket}/${prefixOf(prefix, plan, id)}`;
}

/** How the keys of its objects begin. @throws where the copy lies in another bucket than is configured now */
export function keysOf({ bucket }: OffsiteSettings, folder: string): string {
  const begin = `s3://${bucket}/`;
  if (folder.startsWith(begin)) return folder.slice(begin.length);
  throw new Error(`the copy lies in ${folder}, and offsite: names the bucket ${bucket}`);
}
