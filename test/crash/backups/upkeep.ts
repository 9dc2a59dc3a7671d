/** An Upkeep that is killed and started again, asked over its HTTP door as the command line asks it. */
import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, openSync, readFileSync } from 'node:fs';
import { request } from 'node:http';
import { join } from 'node:path';
import { node } from '../upkeep-process.ts';

export interface Answer {
  readonly status: number;
  readonly body: unknown;
}

export interface Upkeep {
  readonly pid: number;
  /** How far its clock is ahead, milliseconds. */
  aheadMs: number;
  readonly isRunning: boolean;
  start(): Promise<void>;
  /** SIGKILL; resolves when the process is gone. */
  kill(): Promise<void>;
  stop(): Promise<void>;
  /** Status 0 where it was killed before it answered. */
  ask(method: string, path: string, body?: unknown): Promise<Answer>;
}

const readyWithinMs = 180_000;

export function upkeepOn(folder: string): Upkeep {
  let child: ChildProcess | null = null;
  let ended: Promise<void> = Promise.resolve();
  const running = () =>
    JSON.parse(readFileSync(join(folder, 'data/run.json'), 'utf8')) as {
      pid: number;
      url: string;
      token: string;
    };

  const upkeep: Upkeep = {
    get pid() {
      return child?.pid ?? 0;
    },
    aheadMs: 0,
    get isRunning() {
      return child !== null;
    },
    async start() {
      const log = openSync(join(folder, 'upkeep.log'), 'a');
      const words = [
        join(import.meta.dirname, 'ahead.ts'),
        join(folder, 'upkeep.yaml'),
        String(upkeep.aheadMs),
      ];
      const started = spawn(node, words, { cwd: folder, stdio: ['ignore', log, log] });
      closeSync(log);
      child = started;
      const killNow = () => void started.kill('SIGKILL');
      process.once('exit', killNow);
      ended = new Promise((resolve) => {
        started.once('exit', () => {
          process.off('exit', killNow);
          if (child === started) child = null;
          resolve();
        });
      });
      const end = Date.now() + readyWithinMs;
      while (child !== null && Date.now() < end) {
        if (isUp(started.pid)) return;
        await new Promise((resolve) => setTimeout(resolve, 20));
      }
      throw new Error(
        `Upkeep did not come up:\n${readFileSync(join(folder, 'upkeep.log'), 'utf8').slice(-3_000)}`,
      );
    },
    async kill() {
      child?.kill('SIGKILL');
      await ended;
    },
    async stop() {
      child?.kill('SIGTERM');
      await ended;
    },
    ask(method, path, body) {
      const { url, token } = running();
      return new Promise((resolve) => {
        const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' };
        const asked = request(new URL(`/api/v1${path}`, url), { method, headers }, (response) => {
          let text = '';
          response.setEncoding('utf8').on('data', (part: string) => {
            text += part;
          });
          response.on('error', () => resolve({ status: 0, body: null }));
          response.on('end', () =>
            resolve({ status: response.statusCode ?? 0, body: text === '' ? null : JSON.parse(text) }),
          );
        });
        asked.on('error', () => resolve({ status: 0, body: null }));
        asked.end(body === undefined ? undefined : JSON.stringify(body));
      });
    },
  };

  function isUp(pid: number | undefined): boolean {
    try {
      return running().pid === pid;
    } catch {
      return false;
    }
  }
  return upkeep;
}
