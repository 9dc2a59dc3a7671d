/**
 * Upkeep in a process of its own that can be killed, as `upkeep run` composes it, with a clock that may be ahead: backups
 * must be a month old before one may go. `node ahead.ts upkeep.yaml MILLISECONDS`
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createApp } from '../../../src/app.ts';
import { systemClock } from '../../../src/clock.ts';
import { configurationFile } from '../../../src/config/file.ts';
import { formatProblem } from '../../../src/config/problem.ts';
import { readConfiguration } from '../../../src/config/read.ts';
import type { Log } from '../../../src/log.ts';
import { notifiers } from '../../../src/notifiers/index.ts';
import { systems } from '../../../src/systems/index.ts';

const [file = '', ahead = '0'] = process.argv.slice(2);
const reading = readConfiguration({
  ...{ file, text: readFileSync(file, 'utf8'), env: {}, systems, notifiers },
  readFile: (path) => readFileSync(path, 'utf8'),
});
if (!reading.configuration) throw new Error(reading.problems.map(formatProblem).join('\n'));
const say = (message: string, fields?: unknown) =>
  void process.stderr.write(`${new Date().toISOString()} ${message} ${JSON.stringify(fields ?? {})}\n`);
const log: Log = { info: () => {}, warn: say, error: say };
const app = await createApp({
  configuration: { ...reading.configuration, listen: { host: '127.0.0.1', port: 0 } },
  ...{ file, configurationFile: configurationFile({ file, env: {}, systems, notifiers }), log },
  clock: { ...systemClock, now: () => systemClock.now() + Number(ahead) },
  print: () => {},
  ...{ systems, notifiers, web: join(import.meta.dirname, 'no-dashboard') },
});
process.once('SIGTERM', () => void app.stop().then(() => process.exit()));
