/** A socket of each demo that only its owner can open, through which a second terminal reaches it. */
import { chmodSync, readdirSync, rmSync } from 'node:fs';
import { createConnection, createServer } from 'node:net';
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { z } from 'zod';
import type { Stack } from '../demo/stack.ts';
import { Usage } from './configuration.ts';

const request = z.object({
  list: z.literal(true).optional(),
  inject: z.string().optional(),
  heal: z.string().optional(),
});
const answer = z.object({
  error: z.string().optional(),
  done: z.string().optional(),
  faults: z
    .array(z.object({ name: z.string(), key: z.string(), title: z.string(), does: z.string() }))
    .optional(),
});
type Answer = z.output<typeof answer>;

function socketPath(pid: number): string {
  return join(tmpdir(), `upkeep-demo-${userInfo().uid}-${pid}.sock`);
}

export async function serveDemoControl(stack: Stack): Promise<{ close(): void }> {
  const path = socketPath(process.pid);
  rmSync(path, { force: true });
  const server = createServer((socket) => {
    socket.on('error', () => {});
    const lines = createInterface({ input: socket });
    // Whoever hangs up at once ends this talk and not the demo.
    lines.on('error', () => {});
    lines.once('line', (line) => {
      void carryOut(stack, line).then((result) => socket.end(`${JSON.stringify(result)}\n`));
    });
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(path, resolve);
  });
  chmodSync(path, 0o600);
  return {
    close() {
      server.close();
      rmSync(path, { force: true });
    },
  };
}

/** Pids of the demos of this user that answer; what a killed one left behind is taken away. */
async function runningDemos(): Promise<number[]> {
  const name = new RegExp(`^upkeep-demo-${userInfo().uid}-(\\d+)\\.sock$`);
  const pids = readdirSync(tmpdir()).flatMap((entry) => Number(name.exec(entry)?.[1] ?? []));
  const answering: number[] = [];
  for (const pid of pids) {
    if (await isAnswering(socketPath(pid))) answering.push(pid);
    else rmSync(socketPath(pid), { force: true });
  }
  return answering;
}

function isAnswering(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = createConnection(path, () => {
      socket.destroy();
      resolve(true);
    });
    socket.on('error', () => resolve(false));
  });
}

async function carryOut(stack: Stack, line: string): Promise<Answer> {
  try {
    const { inject, heal } = request.parse(JSON.parse(line));
    if (inject !== undefined) {
      await stack.inject(inject);
      return {
        done: `${inject} is there: ${stack.faults.find((fault) => fault.name === inject)?.does ?? ''}`,
      };
    }
    if (heal !== undefined) {
      await stack.heal(heal);
      return { done: `${heal} is taken back` };
    }
    return { faults: stack.faults.map(({ name, key, title, does }) => ({ name, key, title, does })) };
  } catch (error) {
    return { error: error instanceof Error ? error.message : String(error) };
  }
}

/** Asks the only demo that runs, or that of the pid. */
export async function askDemo(what: z.input<typeof request>, wanted?: number): Promise<Answer> {
  const running = await runningDemos();
  if (wanted !== undefined && !Number.isInteger(wanted))
    throw new Usage(
      `--pid wants the number of a process${running.length > 0 ? `: one of ${running.join(', ')}` : '; no demo runs on this machine'}`,
    );
  const [pid = wanted, another] = wanted === undefined ? running : running.filter((one) => one === wanted);
  if (pid === undefined || !running.includes(pid))
    throw new Usage(
      wanted === undefined
        ? 'no demo runs on this machine; start one with upkeep demo'
        : `no demo runs as pid ${wanted}${running.length > 0 ? `; one of ${running.join(', ')}` : ''}`,
    );
  if (another !== undefined)
    throw new Usage(`${running.length} demos run; say which with --pid: one of ${running.join(', ')}`);
  return ask(pid, what);
}

function ask(pid: number, what: z.input<typeof request>): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const socket = createConnection(socketPath(pid), () => socket.write(`${JSON.stringify(what)}\n`));
    socket.on('error', () => reject(new Usage('the demo has just ended; start one with upkeep demo')));
    const lines = createInterface({ input: socket });
    // The interface passes the socket's error on; it is told above.
    lines.on('error', () => {});
    lines.once('line', (line) => resolve(answer.parse(JSON.parse(line))));
  });
}
