/** A port of this machine that nobody listens on, for a server that a person starts by hand. */
import { createServer } from 'node:net';

const tries = 50;

/** The first free one of 127.0.0.1 after `near`, so that it is told as what it is: 5433 beside 5432. */
export async function freePortAfter(near: number): Promise<number> {
  for (let port = near + 1; port <= Math.min(near + tries, 65_535); port++) {
    if (await isFree(port)) return port;
  }
  throw new Error(`no port of 127.0.0.1 from ${near + 1} to ${near + tries} is free`);
}

function isFree(port: number): Promise<boolean> {
  return new Promise((done) => {
    const server = createServer();
    server.once('error', () => done(false));
    server.listen({ host: '127.0.0.1', port, exclusive: true }, () => server.close(() => done(true)));
  });
}
