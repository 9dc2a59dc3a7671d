/** A port that Upkeep cannot listen on, in one line that says who has it. */
import { allListeners, processListeningOn } from '../machine/listeners.ts';
import { type ProcessFacts, processFacts } from '../machine/processes.ts';
import { Usage } from './configuration.ts';

/**
 * @param code of the system's error
 * @param way what to do, as a sentence goes on after a semicolon
 * @returns undefined where the error is about something else
 */
export async function portRefusal(
  code: unknown,
  { host, port }: { readonly host: string; readonly port: number },
  way: { readonly taken: string; readonly refused: string },
): Promise<Usage | undefined> {
  const address = `${host.includes(':') ? `[${host}]` : host}:${port}`;
  if (code === 'EADDRINUSE')
    return new Usage(`${address} is taken by ${await holder(host, port)}; ${way.taken}`);
  if (code === 'EACCES') return new Usage(`Upkeep is not allowed to listen on ${address}; ${way.refused}`);
  return undefined;
}

async function holder(host: string, port: number): Promise<string> {
  const found = await holding(host, port).catch(() => undefined);
  if (found === undefined) return `a process that cannot be seen from here (sudo ss -ltnp sport = :${port})`;
  return `pid ${found.pid} (${isUpkeep(found) ? `${found.name}, another Upkeep` : found.name})`;
}

async function holding(host: string, port: number): Promise<ProcessFacts | undefined> {
  if (!['0.0.0.0', '::'].includes(host)) return processListeningOn(host, port);
  // Any listener is in the way of one on every address.
  const pid = (await allListeners(port)).find((one) => one.pid !== undefined)?.pid;
  return pid === undefined ? undefined : processFacts(pid);
}

function isUpkeep({ command }: ProcessFacts): boolean {
  const [, script = '', verb = ''] = command.filter((part) => !part.startsWith('--'));
  return /(^|\/)(upkeep|upkeep\.js|main\.ts|main\.js)$/.test(script) && /^(run|demo)$/.test(verb);
}
