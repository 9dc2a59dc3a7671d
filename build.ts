/**
 * `npm run build`: the published form. Node strips no types under node_modules, so `src/` becomes plain JavaScript in
 * `dist/` with the same paths, and the dashboard is built into `web/dist/`. A clone needs neither: it runs `src/`.
 */
import { spawnSync } from 'node:child_process';
import { cpSync, existsSync, globSync, mkdirSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { build as buildWeb } from 'vite';

const root = import.meta.dirname;
const at = (...parts: string[]) => join(root, ...parts);

rmSync(at('dist'), { recursive: true, force: true });
compile();
copyRules();
await buildWeb({
  root: at('web'),
  configFile: at('web', 'vite.config.ts'),
  logLevel: 'warn',
  build: { license: { fileName: 'licenses.md' } },
});
checkWhole();

function compile(): void {
  const tsc = at('node_modules', 'typescript', 'bin', 'tsc');
  const { status } = spawnSync(process.execPath, [tsc, '-p', 'tsconfig.build.json'], {
    cwd: root,
    stdio: 'inherit',
  });
  if (status !== 0) stop('tsc found errors; npm run types shows them too');
}

/** What the code reads beside itself with `new URL(…, import.meta.url)`. */
function copyRules(): void {
  for (const path of globSync('systems/*/rules.yaml', { cwd: at('src') })) {
    mkdirSync(dirname(at('dist', path)), { recursive: true });
    cpSync(at('src', path), at('dist', path));
  }
}

function checkWhole(): void {
  const systems = globSync('systems/*/index.ts', { cwd: at('src') }).map((path) => dirname(path));
  const needed = [
    'dist/main.js',
    'dist/store/samples/worker.js',
    'dist/demo/api.js',
    ...systems.map((path) => `dist/${path}/rules.yaml`),
    'web/dist/index.html',
  ];
  const lacking = needed.filter((path) => !existsSync(at(path)));
  if (lacking.length > 0) stop(`the build lacks ${lacking.join(', ')}`);
  console.log(`dist: ${globSync('**/*.js', { cwd: at('dist') }).length} modules; web/dist: the dashboard`);
}

function stop(why: string): never {
  console.error(why);
  process.exit(1);
}
