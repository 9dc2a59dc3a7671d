/** What both actions share: nginx is reloaded or started with what passed, and nothing else. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import type { ActionContext } from '../../../core/action.ts';
import { declaredEnvironment } from '../../../machine/environment.ts';
import { runProgram } from '../../../machine/run-program.ts';
import { codeOf, fetchStatus, type NginxConnection } from '../client.ts';
import { testCommand, testConfiguration } from '../command.ts';
import { detailOf } from '../probes/configuration.ts';
import { findNginx } from '../workers.ts';

export const noFile = 'its configuration file is not declared: name `config` of this target';

export function testStep({ config }: NginxConnection, file: string): string {
  return testCommand(config.command, file).join(' ');
}

export function reloadWords({ config }: NginxConnection, file: string): string[] {
  return [...config.command, '-s', 'reload', '-c', file];
}

/** @throws with the words of nginx where the configuration does not pass, or cannot be tested */
export async function demandValid(conn: NginxConnection, file: string, signal: AbortSignal): Promise<void> {
  const test = await testConfiguration(conn.config.command, file, signal);
  if (test.kind !== 'valid') throw new Error(`the configuration does not pass: ${detailOf(test)}`);
}

export async function reload(conn: NginxConnection, file: string, signal: AbortSignal): Promise<void> {
  const { code, text } = await runProgram(reloadWords(conn, file), { signal });
  if (code !== 0) throw new Error(`the reload failed: ${text.split('\n')[0]}`);
}

const startWaitMs = 8_000;

/** Runs the declared start and waits for a master. @throws where none comes */
export async function start(conn: NginxConnection, ctx: ActionContext): Promise<number> {
  const [program = '', ...args] = conn.config.start ?? [];
  const child = spawn(program, args, {
    ...{ cwd: conn.folder, env: declaredEnvironment(), detached: true, stdio: 'ignore' },
  });
  await once(child, 'spawn');
  child.on('error', () => {});
  child.unref();
  const until = ctx.clock.monotonic() + startWaitMs;
  while (ctx.clock.monotonic() < until) {
    const nginx = await findNginx(conn);
    if (nginx !== undefined) return nginx.master.pid;
    await ctx.clock.sleep(100, ctx.signal);
  }
  throw new Error(`${program} was run and no nginx came up`);
}

/** Undefined when it answers. */
export async function silence(conn: NginxConnection, signal: AbortSignal): Promise<string | undefined> {
  try {
    await fetchStatus(conn, signal);
    return undefined;
  } catch (error) {
    return `${conn.url.host} does not answer (${codeOf(error)})`;
  }
}
