/** A network namespace of our own: nothing measured can meet another server, and no other traffic is counted. */
import { spawn } from 'node:child_process';

const insideKey = 'UPKEEP_BENCH_NAMESPACE';
const insideScript = 'ip link set lo up && exec "$@"';

/**
 * Runs this program again inside a namespace and ends with its exit code; there it resolves with true.
 * Resolves with false, and says why, where no namespace can be made.
 */
export async function enterNamespace(): Promise<boolean> {
  if (process.env[insideKey] === '1') return true;
  for (const options of [['-n'], ['-r', '-n']]) {
    if ((await exitCode(['unshare', ...options, '--', 'sh', '-c', insideScript, 'sh', 'true'], true)) !== 0)
      continue;
    const again = [process.execPath, ...process.execArgv, ...process.argv.slice(1)];
    process.exit(
      await exitCode(['unshare', ...options, '--', 'sh', '-c', insideScript, 'sh', ...again], false),
    );
  }
  console.log('no network namespace of its own (that takes root, unshare and ip): running on loopback');
  return false;
}

function exitCode([command = '', ...args]: readonly string[], isTrial: boolean): Promise<number> {
  return new Promise((resolve) => {
    const child = spawn(command, args, {
      stdio: isTrial ? 'ignore' : 'inherit',
      env: { ...process.env, [insideKey]: '1' },
    });
    const pass = (signal: NodeJS.Signals) => void child.kill(signal);
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, pass);
    child.once('error', () => resolve(127));
    child.once('close', (code) => {
      for (const signal of ['SIGINT', 'SIGTERM'] as const) process.off(signal, pass);
      resolve(code ?? 1);
    });
  });
}
