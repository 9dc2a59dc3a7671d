/** A TCP port of 127.0.0.1 that nobody listens on, and that no other test is given while this one runs. */
import { freePorts } from '../../src/demo/ports.ts';

export async function freePort(): Promise<number> {
  const [port = 0] = await freePorts(1);
  return port;
}
