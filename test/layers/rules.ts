/**
 * The direction of imports (docs/architecture.md): an arrow may import, nothing points up.
 *
 *   main -> cli -> app -> http, mcp -> verbs -> practices, pipeline -> store -> core
 *   main -> systems -> protocols, machine, sql -> core   an adapter knows its own folder and no other
 *   main -> notifiers -> wire -> core                    what channels share: speaking HTTP, wording, markup
 *   app -> s3 -> core                                   buckets, handed to the practice that copies backups there
 *   cli, app -> config -> core                           config is handed the registries
 *
 * Tests may import everything.
 */

export interface Layer {
  readonly name: string;
  /** The files it holds. A part `*` of a path stands for one folder, which is then a layer of its own. */
  readonly holds: readonly string[];
  /** Layers it may import beside itself. */
  readonly may: readonly string[];
  /** Layers it may `import type` from. */
  readonly mayType?: readonly string[];
  /** Values it may take from the doors beside the pure ones. */
  readonly doors?: readonly string[];
  /** npm packages; any where undefined. `node:` modules count as `node`. */
  readonly packages?: readonly string[];
}

const below = ['practices', 'pipeline', 'store', 'machine', 'sql', 'core'];

export const layers: readonly Layer[] = [
  // Time zones and calendar rules are pure, and nobody should write them a second time.
  { name: 'core', holds: ['src/core/'], may: [], packages: ['zod', 'temporal-polyfill', 'rrule-temporal'] },
  {
    name: 'doors',
    holds: ['src/clock.ts', 'src/id.ts', 'src/log.ts'],
    may: [],
    mayType: ['core'],
    packages: ['node', 'croner', 'pino'],
  },
  { name: 'version', holds: ['src/version.ts'], may: [], packages: ['node'] },
  { name: 'machine', holds: ['src/machine/'], may: ['core'], packages: ['node', 'yaml', 'p-map'] },
  { name: 'sql', holds: ['src/sql/'], may: ['core'], packages: ['libpg-query'] },
  // What several systems speak.
  { name: 'protocols', holds: ['src/protocols/'], may: ['core', 'machine'], packages: ['node', 'mysql2'] },
  { name: 'system', holds: ['src/systems/*/'], may: ['core', 'machine', 'protocols', 'sql'] },
  { name: 'systems', holds: ['src/systems/index.ts'], may: ['system'], mayType: ['core'], packages: [] },
  { name: 'wire', holds: ['src/wire/'], may: ['core'], packages: ['node', 'undici', 'marked', 'zod'] },
  { name: 'notifier', holds: ['src/notifiers/*/'], may: ['core', 'wire'] },
  {
    name: 'notifiers',
    holds: ['src/notifiers/index.ts'],
    may: ['notifier'],
    mayType: ['core'],
    packages: [],
  },
  // Buckets: where off-site copies lie.
  { name: 's3', holds: ['src/s3/'], may: ['core'], packages: ['node', '@aws-sdk/client-s3'] },
  { name: 'config', holds: ['src/config/'], may: ['core'], packages: ['node', 'yaml', 'zod'] },
  {
    name: 'store',
    holds: ['src/store/'],
    may: ['core'],
    doors: ['newId', 'newSecret'],
    packages: ['node', 'kysely', 'pg'],
  },
  { name: 'pipeline', holds: ['src/pipeline/'], may: ['store', 'core'], packages: ['node'] },
  { name: 'practices', holds: ['src/practices/'], may: ['pipeline', 'store', 'wire', 'core'] },
  { name: 'verbs', holds: ['src/verbs/'], may: below, packages: ['node', 'zod'] },
  { name: 'http', holds: ['src/http/'], may: ['verbs', ...below] },
  { name: 'mcp', holds: ['src/mcp/'], may: ['verbs', ...below] },
  { name: 'model', holds: ['src/model/'], may: ['mcp', 'core'] },
  { name: 'demo', holds: ['src/demo/'], may: ['core', 'machine'] },
  { name: 'drills', holds: ['src/drills/'], may: ['demo', 'core', 'machine'] },
  {
    name: 'app',
    holds: ['src/app.ts', 'src/estate.ts', 'src/own-metrics.ts'],
    may: ['http', 'mcp', 'verbs', 'config', 's3', 'version', ...below],
    doors: ['*'],
  },
  {
    name: 'cli',
    holds: ['src/cli/'],
    may: ['app', 'mcp', 'model', 'demo', 'drills', 'config', 'verbs', 'version', ...below],
    doors: ['createLog', 'newSecret', 'silentLog'],
  },
  {
    name: 'main',
    holds: ['src/main.ts'],
    may: ['cli', 'systems', 'notifiers', 'app', 'machine'],
    doors: ['*'],
  },
  // Words and sums of core are pure: the dashboard says and counts as the terminal does.
  { name: 'web', holds: ['web/src/'], may: ['core'], mayType: ['verbs'] },
];

/** What anybody but core may take from the doors as a value: pure functions. */
export const pureDoors: readonly string[] = ['timestamp', 'nextRun', 'sha256'];

export interface Place {
  readonly layer: Layer;
  /** The layer, or one folder of it: `system postgres`. */
  readonly room: string;
}

export function placeOf(path: string): Place | undefined {
  for (const layer of layers) {
    for (const pattern of layer.holds) {
      const match = expression(pattern).exec(path);
      if (match) return { layer, room: match[1] === undefined ? layer.name : `${layer.name} ${match[1]}` };
    }
  }
  return undefined;
}

function expression(pattern: string): RegExp {
  const source = pattern.replaceAll('.', '\\.').replace('*', '([^/]+)');
  return new RegExp(`^${source}${pattern.endsWith('/') ? '' : '$'}`);
}
