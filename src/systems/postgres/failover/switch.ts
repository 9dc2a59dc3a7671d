/** Leads clients from the old primary to the new one: the runtime API of a HAProxy, or the declared programs. */
import { resolve } from 'node:path';
import { commandLine, runProgram } from '../../../machine/run-program.ts';
import { ask, commandOf, order, tcpOf } from '../../../protocols/haproxy/runtime.ts';
import { parseStat, type ServerState, serverState } from '../../../protocols/haproxy/stat.ts';
import type { Pair, PostgresConnection } from '../client.ts';

export interface Way {
  /** Before anything else: no client reaches the old primary. Empty where it cannot be closed by itself. */
  readonly closeSteps: readonly string[];
  readonly openSteps: readonly string[];
  /** Why clients cannot be led over; undefined where they can. */
  unfit(signal: AbortSignal): Promise<string | undefined>;
  close(signal: AbortSignal): Promise<void>;
  /** As before `close`, where nothing was promoted. */
  reopen(signal: AbortSignal): Promise<void>;
  open(signal: AbortSignal): Promise<void>;
  /** Why clients are not led to the new primary; undefined where they are. */
  notOpen(signal: AbortSignal): Promise<string | undefined>;
  /** What outlives this: a restart of the proxy, say. */
  readonly afterwards: string;
}

export function wayOf({ pair, folder = '.' }: PostgresConnection & { readonly pair: Pair }): Way {
  const { settings, socket } = pair;
  if (settings.switch.by === 'programs')
    return byPrograms(settings.switch, settings.primary, settings.replica, folder);
  const place = socket === null ? '' : tcpOf(socket) ? socket : resolve(folder, socket);
  return byHaproxy(settings.switch, place);
}

type Named<By> = Extract<Pair['settings']['switch'], { readonly by: By }>;

function byHaproxy({ backend, primary, replica, proxy }: Named<'proxy'>, socket: string): Way {
  const [old, young] = [`${backend}/${primary}`, `${backend}/${replica}`];
  const close = [
    ['set', 'server', old, 'state', 'maint'],
    ['shutdown', 'sessions', 'server', old],
  ];
  const reopen = [['set', 'server', old, 'state', 'ready']];
  const open = [['set', 'server', young, 'state', 'ready']];
  const states = async (signal: AbortSignal) => {
    const rows = parseStat(await ask(socket, ['show', 'stat'], signal)).filter(
      (row) => row.proxy === backend && row.kind === 'server',
    );
    const stateOf = (name: string): ServerState | undefined => {
      const row = rows.find((one) => one.name === name);
      return row && serverState(row.text('status'));
    };
    return { old: stateOf(primary), young: stateOf(replica) };
  };
  return {
    closeSteps: close.map((words) => `${proxy}: ${commandOf(words)}`),
    openSteps: open.map((words) => `${proxy}: ${commandOf(words)}`),
    afterwards: `HAProxy forgets this at its next start: change haproxy.cfg so that ${replica} is the server of ${backend}`,
    async unfit(signal) {
      try {
        const found = await states(signal);
        if (!found.old || !found.young)
          return `${proxy} has no server ${found.old ? replica : primary} in a backend ${backend}`;
        // HAProxy asks for this level with the first command that changes something; a wrong one would be found too late.
        const answer = (await ask(socket, ['set', 'server', young, 'state'], signal)).trim();
        return /permission denied/i.test(answer) ? `${proxy} says: ${answer}` : undefined;
      } catch (error) {
        signal.throwIfAborted();
        return `${proxy} cannot be asked: ${error instanceof Error ? error.message : String(error)}`;
      }
    },
    close: (signal) => order(socket, close, signal),
    reopen: (signal) => order(socket, reopen, signal),
    open: (signal) => order(socket, open, signal),
    async notOpen(signal) {
      const found = await states(signal);
      if (found.old !== 'maint')
        return `${primary} is not in maintenance in ${backend} (${found.old ?? 'not there'})`;
      if (found.young === 'up' || found.young === 'unchecked') return undefined;
      return `${replica} of ${backend} is ${found.young ?? 'not there'}`;
    },
  };
}

function byPrograms({ show, to }: Named<'programs'>, primary: string, replica: string, cwd: string): Way {
  const words = to.map((word) => word.replaceAll('{target}', replica));
  const run = async (program: readonly string[], signal: AbortSignal) => {
    const { code, text } = await runProgram(program, { signal, cwd });
    if (code !== 0) throw new Error(`${program[0]} ended with exit code ${code}: ${text.slice(0, 200)}`);
    return text.trim();
  };
  return {
    closeSteps: [],
    openSteps: [commandLine(words)],
    afterwards: `upkeep.yaml still calls ${primary} the primary`,
    async unfit(signal) {
      try {
        const place = await run(show, signal);
        return place === primary ? undefined : `clients are led to ${place.slice(0, 80)}, not to ${primary}`;
      } catch (error) {
        signal.throwIfAborted();
        return `where clients are led is unknown: ${error instanceof Error ? error.message : String(error)}`;
      }
    },
    close: async () => {},
    reopen: async () => {},
    open: async (signal) => {
      await run(words, signal);
    },
    async notOpen(signal) {
      const place = await run(show, signal);
      return place === replica ? undefined : `clients are led to ${place.slice(0, 80)}`;
    },
  };
}
