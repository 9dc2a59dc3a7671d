/**
 * A stand-in for an S3 server with what s3rver has not: several pairs of keys of which some may not delete, versions, Object
 * Lock. It checks the signature of each request by the library that Amazon's own client signs with.
 */
import { createHash } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';

interface Version {
  readonly id: string;
  readonly body: Buffer;
  readonly at: number;
  readonly lockedUntil: number | null;
}

interface Pair {
  readonly accessKey: string;
  readonly secretKey: string;
  readonly mayDelete: boolean;
}

export interface S3Server {
  readonly endpoint: string;
  readonly bucket: string;
  readonly writer: Pair;
  readonly deleter: Pair;
  /** Every version, newest last. */
  readonly objects: Map<string, Version[]>;
  /** `PUT key`, in order. */
  readonly requests: string[];
  /** May be changed at any time. */
  readonly ways: {
    /** Accepts the headers of Object Lock and forgets them. */
    ignoresLock: boolean;
    writerDeletes: boolean;
    /** How far its clock is ahead of ours, in milliseconds. */
    clockAheadMs: number;
    /** Answers the next so many requests for an object, and closes every connection from then on. */
    failsAfter: number;
    /** Answers HTTP 500 to whoever lists. */
    failsListing: boolean;
  };
  /** Flips a bit in the middle of what is stored there. */
  damage(key: string): void;
  stop(): Promise<void>;
}

export async function startS3(): Promise<S3Server> {
  const writer = { accessKey: 'AKWRITER', secretKey: 'writer-secret', mayDelete: false };
  const deleter = { accessKey: 'AKDELETER', secretKey: 'deleter-secret', mayDelete: true };
  const bucket = 'acme';
  const objects = new Map<string, Version[]>();
  const requests: string[] = [];
  const ways: S3Server['ways'] = {
    ...{ ignoresLock: false, writerDeletes: false, clockAheadMs: 0, failsListing: false },
    failsAfter: Number.POSITIVE_INFINITY,
  };
  let versions = 0;

  const server = createServer(async (request, response) => {
    const body = await bodyOf(request);
    const url = new URL(request.url ?? '/', 'http://s3');
    const [, name, ...rest] = decodeURIComponent(url.pathname).split('/');
    const key = rest.join('/');
    requests.push(`${request.method} ${key}`);
    response.setHeader('date', new Date(Date.now() + ways.clockAheadMs).toUTCString());
    if (ways.failsAfter-- <= 0) return void request.socket.destroy();
    const pair = await signer(request, url, body, [writer, deleter]);
    if (pair === null) return refuse(response, 403, 'SignatureDoesNotMatch');
    if (name !== bucket) return refuse(response, 404, 'NoSuchBucket');
    if (key === '' && ways.failsListing) return refuse(response, 500, 'InternalError');
    if (key === '') return answer(response, 200, listing(objects, url, bucket));
    const known = objects.get(key) ?? [];
    const wanted = url.searchParams.get('versionId');
    const found = wanted === null ? known.at(-1) : known.find(({ id }) => id === wanted);
    if (request.method === 'PUT') {
      const md5 = createHash('md5').update(body).digest('base64');
      if (md5 !== request.headers['content-md5']) return refuse(response, 400, 'BadDigest');
      const until = request.headers['x-amz-object-lock-retain-until-date'];
      const isLocked = typeof until === 'string' && !ways.ignoresLock;
      versions += 1;
      const lockedUntil = isLocked ? Date.parse(until) : null;
      objects.set(key, [...known, { id: `v${versions}`, body, at: Date.now(), lockedUntil }]);
      response.setHeader('x-amz-version-id', `v${versions}`);
      return answer(response, 200, '');
    }
    if (request.method === 'DELETE') {
      if (!pair.mayDelete && !ways.writerDeletes) return refuse(response, 403, 'AccessDenied');
      if (found?.lockedUntil && found.lockedUntil > Date.now()) return refuse(response, 403, 'AccessDenied');
      const left = known.filter((one) => one !== found);
      if (left.length > 0) objects.set(key, left);
      else objects.delete(key);
      return answer(response, 204, '');
    }
    if (!found) return refuse(response, 404, 'NoSuchKey');
    response.setHeader('x-amz-version-id', found.id);
    response.setHeader('last-modified', new Date(found.at).toUTCString());
    response.setHeader('content-length', found.body.length);
    if (found.lockedUntil !== null) {
      response.setHeader('x-amz-object-lock-mode', 'COMPLIANCE');
      response.setHeader('x-amz-object-lock-retain-until-date', new Date(found.lockedUntil).toISOString());
    }
    response.writeHead(200).end(request.method === 'HEAD' ? undefined : found.body);
  });
  await new Promise<void>((ready) => server.listen(0, '127.0.0.1', ready));
  const address = server.address();
  const port = typeof address === 'object' ? address?.port : 0;
  return {
    endpoint: `http://127.0.0.1:${port}`,
    ...{ bucket, writer, deleter, objects, requests, ways },
    damage(key) {
      const body = objects.get(key)?.at(-1)?.body;
      if (!body) throw new Error(`${key} is not there`);
      const middle = Math.floor(body.length / 2);
      body[middle] = (body[middle] ?? 0) ^ 1;
    },
    async stop() {
      server.closeAllConnections();
      await new Promise((closed) => server.close(closed));
    },
  };
}

/** Whose signature it bears; null where that is nobody's. */
async function signer(
  request: IncomingMessage,
  url: URL,
  body: Buffer,
  pairs: readonly Pair[],
): Promise<Pair | null> {
  const { authorization = '' } = request.headers;
  const [, accessKey, day, region, signed, signature] =
    /Credential=([^/]+)\/(\d+)\/([^/]+)\/s3\/aws4_request, ?SignedHeaders=([^,]+), ?Signature=(\w+)/.exec(
      authorization,
    ) ?? [];
  const pair = pairs.find((one) => one.accessKey === accessKey);
  const claimed = String(request.headers['x-amz-content-sha256']);
  if (!pair || day === undefined || signed === undefined) return null;
  if (claimed !== 'UNSIGNED-PAYLOAD' && claimed !== createHash('sha256').update(body).digest('hex'))
    return null;
  const { createHmac } = await import('node:crypto');
  const query = [...url.searchParams]
    .map(([name, value]) => `${encode(name)}=${encode(value)}`)
    .sort()
    .join('&');
  const canonical = [
    ...[request.method, url.pathname, query],
    ...signed.split(';').map((name) => `${name}:${String(request.headers[name]).trim()}`),
    ...['', signed, claimed],
  ].join('\n');
  const scope = `${day}/${region}/s3/aws4_request`;
  const digest = createHash('sha256').update(canonical).digest('hex');
  const text = ['AWS4-HMAC-SHA256', request.headers['x-amz-date'], scope, digest].join('\n');
  const key = [day, region ?? '', 's3', 'aws4_request'].reduce<string | Buffer>(
    (last, part) => createHmac('sha256', last).update(part).digest(),
    `AWS4${pair.secretKey}`,
  );
  return createHmac('sha256', key).update(text).digest('hex') === signature ? pair : null;
}

function encode(text: string): string {
  return encodeURIComponent(text).replace(
    /[!'()*]/g,
    (one) => `%${one.charCodeAt(0).toString(16).toUpperCase()}`,
  );
}

function listing(objects: S3Server['objects'], url: URL, bucket: string): string {
  const prefix = url.searchParams.get('prefix') ?? '';
  const keys = [...objects].filter(([key]) => key.startsWith(prefix)).sort(([a], [b]) => (a < b ? -1 : 1));
  const isVersions = url.searchParams.has('versions');
  // Small pages, so that whoever lists must follow them.
  const size = Math.min(Number(url.searchParams.get('max-keys') ?? 1000), isVersions ? 1000 : 5);
  const from = Number(url.searchParams.get('continuation-token') ?? 0);
  const page = isVersions ? keys : keys.slice(from, from + size);
  const isMore = !isVersions && from + size < keys.length;
  const entry = (tag: string, key: string, one: Version) =>
    `<${tag}><Key>${key}</Key><VersionId>${one.id}</VersionId><Size>${one.body.length}</Size>` +
    `<LastModified>${new Date(one.at).toISOString()}</LastModified></${tag}>`;
  const entries = page.flatMap(([key, all]) =>
    isVersions
      ? all.map((one) => entry('Version', key, one))
      : all.slice(-1).map((one) => entry('Contents', key, one)),
  );
  const root = isVersions ? 'ListVersionsResult' : 'ListBucketResult';
  const next = isMore ? `<NextContinuationToken>${from + size}</NextContinuationToken>` : '';
  return (
    `<?xml version="1.0" encoding="UTF-8"?><${root}><Name>${bucket}</Name><Prefix>${prefix}</Prefix>` +
    `<IsTruncated>${isMore}</IsTruncated>${next}${entries.join('')}</${root}>`
  );
}

async function bodyOf(request: IncomingMessage): Promise<Buffer> {
  const parts: Buffer[] = [];
  for await (const part of request) parts.push(part);
  return Buffer.concat(parts);
}

function answer(response: ServerResponse, status: number, body: string): void {
  response.writeHead(status, body === '' ? {} : { 'content-type': 'application/xml' }).end(body);
}

function refuse(response: ServerResponse, status: number, code: string): void {
  answer(
    response,
    status,
    `<?xml version="1.0"?><Error><Code>${code}</Code><Message>${code}</Message></Error>`,
  );
}
