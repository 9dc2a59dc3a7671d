/** Bodies of what is pushed: whole up to a cap, or only their end. */
import { promisify } from 'node:util';
import { gunzip } from 'node:zlib';
import type { Context } from 'hono';
import { UpkeepError } from '../../core/verb.ts';

const unzip = promisify(gunzip);

/** @throws UpkeepError too-large, also when it grows beyond the cap while it is unpacked; bad-input */
export async function wholeBody(c: Context, maxBytes: number): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of chunksOf(c)) {
    length += chunk.length;
    if (length > maxBytes) throw tooLarge(maxBytes);
    chunks.push(chunk);
  }
  const body = Buffer.concat(chunks);
  const encoding = c.req.header('content-encoding') ?? 'identity';
  if (encoding === 'identity' || encoding === 'snappy') return body;
  if (encoding !== 'gzip')
    throw new UpkeepError('bad-input', `content-encoding ${encoding} is not read; send gzip or none`);
  try {
    return await unzip(body, { maxOutputLength: maxBytes });
  } catch (error) {
    if (error instanceof RangeError) throw tooLarge(maxBytes);
    throw new UpkeepError('bad-input', 'the body is no gzip');
  }
}

/** The last `keep` bytes; what is longer than any job writes is no longer read, and that is no error of the job. */
export async function endOfBody(c: Context, keep: number, maxBytes: number): Promise<string> {
  let end = Buffer.alloc(0);
  let length = 0;
  for await (const chunk of chunksOf(c)) {
    length += chunk.length;
    end = Buffer.concat([end, chunk]);
    if (end.length > keep) end = end.subarray(end.length - keep);
    if (length > maxBytes) break;
  }
  // A cut in the middle of a character leaves continuation bytes in front.
  const start = length > keep ? end.findIndex((byte) => (byte & 0xc0) !== 0x80) : 0;
  return end.subarray(Math.max(0, start)).toString('utf8');
}

/** @throws UpkeepError bad-input that says where the text stops being JSON */
export function parseJson(bytes: Uint8Array): unknown {
  const text = Buffer.from(bytes).toString('utf8');
  try {
    return JSON.parse(text);
  } catch (error) {
    const message = error instanceof Error ? error.message : 'no JSON';
    throw new UpkeepError('bad-input', `the body is not JSON: ${message.slice(0, 200)}`);
  }
}

async function* chunksOf(c: Context): AsyncGenerator<Uint8Array> {
  const stream = c.req.raw.body;
  if (!stream) return;
  const reader = stream.getReader();
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      yield value;
    }
  } finally {
    await reader.cancel().catch(() => {});
  }
}

function tooLarge(maxBytes: number): UpkeepError {
  return new UpkeepError('too-large', `the body is larger than ${Math.floor(maxBytes / 1024)} KiB`);
}
