/** The port of the demo's dashboard. */
import { whyTaken } from '../demo/ports.ts';
import { Usage } from './configuration.ts';
import { portRefusal } from './taken-port.ts';

export const usualPort = 4747;
const host = '127.0.0.1';

/**
 * Whoever named a port gets that one; who named none a free one where the usual one is taken.
 * @param asked as it was typed; 0 is any
 * @param say is told that the usual one is taken, and by whom
 * @throws Usage where the port that was asked for cannot be had
 */
export async function demoPort(
  asked: string | undefined,
  usual: number,
  say: (line: string) => void,
): Promise<number> {
  if (asked === undefined) {
    const way = 'the dashboard takes a free port instead';
    const refusal = await portRefusal(
      await whyTaken(usual),
      { host, port: usual },
      { taken: way, refused: way },
    );
    if (refusal) say(refusal.message);
    return refusal ? 0 : usual;
  }
  const port = Number(asked);
  if (asked === '' || !Number.isInteger(port) || port < 0 || port > 65_535)
    throw new Usage(`--port ${asked}: a port is a whole number up to 65535`);
  const refusal = await refusalOf(await whyTaken(port), port);
  if (refusal) throw refusal;
  return port;
}

/** @param code of the system's error */
export function refusalOf(code: unknown, port: number): Promise<Usage | undefined> {
  const way = 'choose another port: upkeep demo --port 0';
  return portRefusal(code, { host, port }, { taken: way, refused: way });
}
