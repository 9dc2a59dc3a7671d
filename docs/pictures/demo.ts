/** `upkeep demo` in a terminal of its own, as somebody in front of it would have it. */
import { execFileSync } from 'node:child_process';
import { resolve } from 'node:path';

export interface Demo {
  readonly url: string;
  /** Of the one-time link that makes the owner account. */
  readonly setupToken: string;
  press(key: string): void;
  /** What stands on the screen, with its colours. */
  screen(): string;
  stop(): Promise<void>;
}

const root = resolve(import.meta.dirname, '../..');
const port = process.env.PORT ?? '4747';
const startWithinMs = 120_000;

export async function startDemo(size: { columns: number; rows: number }): Promise<Demo> {
  const session = `upkeep-pictures-${process.pid}`;
  const tmux = (...args: string[]) => execFileSync('tmux', ['-L', session, ...args], { encoding: 'utf8' });
  const [columns, rows] = [String(size.columns), String(size.rows)];
  // The shell stays, so that what ended the demo can be read.
  const command = `cd ${root} && ${process.execPath} bin/upkeep.js demo --port ${port}; sleep 60`;
  tmux('-f', '/dev/null', 'new-session', '-d', '-s', 'demo', '-x', columns, '-y', rows, command);
  tmux('set', '-g', 'status', 'off');
  const text = () => tmux('capture-pane', '-p', '-J', '-t', 'demo');
  const link = /(http:\/\/[\d.]+:\d+)\/setup#token=([\w-]+)/;
  const deadline = Date.now() + startWithinMs;
  for (let found = link.exec(text()); ; found = link.exec(text())) {
    if (found?.[1] !== undefined && found[2] !== undefined) {
      return {
        url: found[1],
        setupToken: found[2],
        press: (key) => void tmux('send-keys', '-t', 'demo', key),
        screen: () => tmux('capture-pane', '-p', '-e', '-t', 'demo'),
        stop: async () => {
          tmux('send-keys', '-t', 'demo', 'q');
          // The demo takes its servers down; its guardian does if we are too quick.
          await pause(5_000);
          tmux('kill-server');
        },
      };
    }
    if (Date.now() > deadline) {
      const last = text();
      tmux('kill-server');
      throw new Error(`the demo did not come up:\n${last}`);
    }
    await pause(500);
  }
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
