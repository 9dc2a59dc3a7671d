/**
 * `npm run build`: the published form. Node strips no types under node_modules, so `src/` becomes plain JavaScript in
 * `dist/`, and the dashboard is built into `web/dist/`. A clone needs neither: it runs `src/`.
 *
 * A few files instead of a thousand, without comments: Node keeps every module's text and book-keeping for as long as
 * it runs, which was 15 MB of a watching Upkeep. Names and lines stay, so that a stack trace can be read.
 */
import { cpSync, existsSync, globSync, mkdirSync, rmSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { type Plugin, rolldown } from 'rolldown';
import { build as buildWeb } from 'vite';

/** Named by path where something starts them by path: worker threads and programs of their own. */
const entries = ['main', 'store/samples/worker', 'demo/api'];

const root = import.meta.dirname;
const at = (...parts: string[]) => join(root, ...parts);

rmSync(at('dist'), { recursive: true, force: true });
await compile();
copyRules();
await buildWeb({
  root: at('web'),
  configFile: at('web', 'vite.config.ts'),
  logLevel: 'warn',
  build: { license: { fileName: 'licenses.md' } },
});
checkWhole();

async function compile(): Promise<void> {
  const bundle = await rolldown({
    input: Object.fromEntries(entries.map((name) => [name, at('src', `${name}.ts`)])),
    platform: 'node',
    // Packages are installed beside it.
    external: /^[^./]/,
    plugins: [ownUrls(), plainCharacters()],
  });
  await bundle.write({
    dir: at('dist'),
    format: 'esm',
    entryFileNames: '[name].js',
    chunkFileNames: 'parts/[name]-[hash].js',
    comments: false,
  });
  await bundle.close();
}

/** Every module goes on seeing the `import.meta.url` of its own path under `dist/`, whichever file it is put into. */
function ownUrls(): Plugin {
  const folder = '__UPKEEP_DIST__';
  return {
    name: 'own-urls',
    transform(code, id) {
      const path = relative(at('src'), id);
      if (path.startsWith('..') || !code.includes('import.meta.url')) return;
      const url = `new URL(${JSON.stringify(path.replace(/\.ts$/, '.js'))}, ${folder}).href`;
      return { code: code.replaceAll('import.meta.url', url), map: null };
    },
    renderChunk(code, { fileName }) {
      if (!code.includes(folder)) return;
      const up = relative(dirname(fileName), '.') || '.';
      return code.replaceAll(folder, `new URL(${JSON.stringify(`${up}/`)}, import.meta.url)`);
    },
  };
}

/** One letter beyond Latin-1 doubles what V8 keeps of a whole file. Outside of comments they stand in literals only. */
function plainCharacters(): Plugin {
  return {
    name: 'plain-characters',
    renderChunk: (code) =>
      code.replaceAll(/[^\0-\x7f]/g, (letter) => `\\u${letter.charCodeAt(0).toString(16).padStart(4, '0')}`),
  };
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
