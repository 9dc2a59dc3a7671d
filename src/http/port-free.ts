import { createServer } from 'node:net';

/** Takes the port and gives it back; rejects with the system's error (EADDRINUSE, EACCES, EADDRNOTAVAIL). */
export function assertPortFree({
  host,
  port,
}: {
  readonly host: string;
  readonly port: number;
}): Promise<void> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen({ host, port }, () => server.close(() => resolve()));
  });
}
