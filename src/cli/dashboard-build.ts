/** Builds the dashboard on a first start from a clone; the published package brings it along. */
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

export async function buildDashboard(folder: string, say: (line: string) => void): Promise<void> {
  if (existsSync(join(folder, 'index.html'))) return;
  const root = fileURLToPath(new URL('../..', import.meta.url));
  const vite = join(root, 'node_modules', 'vite', 'bin', 'vite.js');
  if (!existsSync(vite))
    return say(
      'The dashboard is not built and vite is not installed; npm install brings it. The API works without.',
    );
  say('Building the dashboard (only on the first start) …');
  const code = await new Promise<number>((resolve) => {
    const child = spawn(process.execPath, [vite, 'build', 'web', '--logLevel', 'error'], {
      cwd: root,
      stdio: ['ignore', 'inherit', 'inherit'],
    });
    child.on('error', () => resolve(1));
    child.on('exit', (exitCode) => resolve(exitCode ?? 1));
  });
  if (code !== 0) say('The dashboard could not be built; the API works without it. Try: npm run build:web');
}
