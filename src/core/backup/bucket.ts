/** Where off-site copies lie: objects in a bucket. Whoever writes there has no means of deleting. */

export interface AccessPair {
  readonly accessKey: string;
  readonly secretKey: string;
}

export interface BucketAddress {
  readonly bucket: string;
  /** Null for Amazon's own. */
  readonly endpoint: string | null;
  readonly region: string;
}

export interface StoredObject {
  readonly key: string;
  readonly bytes: number;
  /** When the server says that it was written; epoch milliseconds. */
  readonly writtenAt: number | null;
}

export interface LookedAtObject extends StoredObject {
  /** Until when nobody can delete it, as the server says when asked; null where it says nothing. */
  readonly lockedUntil: number | null;
}

/** What a writer may do. Errors say what was tried, where, and what the server answered. */
export interface Bucket {
  /** `s3://acme at https://s3.example.org`, for people. */
  readonly name: string;
  put(key: string, body: Uint8Array, lockUntil: number | null, signal: AbortSignal): Promise<void>;
  get(key: string, signal: AbortSignal): Promise<ReadableStream<Uint8Array>>;
  /** Null where there is none. */
  look(key: string, signal: AbortSignal): Promise<LookedAtObject | null>;
  list(prefix: string, signal: AbortSignal): Promise<StoredObject[]>;
  /** What time the server says it is, to the second; asked now. Epoch milliseconds. */
  time(signal: AbortSignal): Promise<number>;
  /** Tries to delete an object that nobody needs. True where the server refuses. */
  isDeletionRefused(key: string, signal: AbortSignal): Promise<boolean>;
  close(): void;
}

/** What only the deleter may do. */
export interface Remover {
  /** Deletes every object below the prefix with all its versions, and says how many those were. Throws where one is locked. */
  removeAll(prefix: string, signal: AbortSignal): Promise<number>;
  close(): void;
}

export interface Buckets {
  open(address: BucketAddress, writer: AccessPair): Bucket;
  openRemover(address: BucketAddress, deleter: AccessPair): Remover;
}

/** The storage itself fails or cannot be reached: that says nothing of keys, settings or clocks. */
export class BucketFault extends Error {
  override readonly name = 'BucketFault';
}
