/** s3rver: an S3 server of others, in this process. It knows no versions and ignores Object Lock. */
import { createRequire } from 'node:module';
import type { KeyPair } from './certificates.ts';

interface Running {
  run(): Promise<{ readonly port: number }>;
  close(): Promise<void>;
}
/** It has no types, and is no ES module. */
const S3rver: new (options: Record<string, unknown>) => Running = createRequire(import.meta.url)('s3rver');

export interface S3rverServer {
  readonly endpoint: string;
  readonly port: number;
  readonly pair: { readonly accessKey: string; readonly secretKey: string };
  stop(): Promise<void>;
}

/** @param tls speaks https then, as pgBackRest wants it */
export async function startS3rver(directory: string, bucket: string, tls?: KeyPair): Promise<S3rverServer> {
  const options = {
    address: '127.0.0.1',
    port: 0,
    silent: true,
    directory,
    configureBuckets: [{ name: bucket }],
    ...(tls && { key: tls.key, cert: tls.certificate }),
  };
  const server = new S3rver(options);
  const { port } = await server.run();
  return {
    endpoint: `${tls ? 'https' : 'http'}://127.0.0.1:${port}`,
    port,
    pair: { accessKey: 'S3RVER', secretKey: 'S3RVER' },
    stop: () => server.close(),
  };
}
