import { once } from 'node:events';
import { createServer } from 'node:net';

/**
 * Systems give ports from 32768 on (Linux; others from 49152) to clients and to whoever asks for any. One of those could
 * be taken between the choice and the start of its server, and again while the server restarts.
 */
const lowest = 10_000;
const count = 22_000;
/** Programs that choose at the same time begin in different places. */
const apart = 211;
let chosen = 0;

/** Ports of 127.0.0.1 that nobody listens on; this process is told none of them twice. */
export async function freePorts(wanted: number): Promise<number[]> {
  const found: number[] = [];
  for (let tried = 0; found.length < wanted; tried++) {
    if (tried > count) throw new Error(`no ${wanted} ports of 127.0.0.1 from ${lowest} on are free`);
    const port = lowest + ((process.pid * apart + chosen++) % count);
    if ((await whyTaken(port)) === null) found.push(port);
  }
  return found;
}

/** Why nobody could listen on this port of 127.0.0.1 now, as the system's code (`EADDRINUSE`); null where one could. */
export async function whyTaken(port: number): Promise<string | null> {
  const server = createServer();
  try {
    server.listen(port, '127.0.0.1');
    await once(server, 'listening');
    return null;
  } catch (error) {
    return error instanceof Error && 'code' in error ? String(error.code) : String(error);
  } finally {
    await new Promise((closed) => server.close(closed));
  }
}
