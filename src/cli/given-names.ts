/** The names of discovered targets outlive a restart without upkeep.yaml: a small file beside the store. */
import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { z } from 'zod';
import type { GivenNames } from '../config/discover.ts';

const format = z.record(z.string(), z.string());

/** In the folder of the store, as `--store` names it; in that of the default where it is a database. */
export function givenNamesFile(cwd: string, store: string | undefined): string {
  const folder = store === undefined || store.includes('://') ? 'data' : store;
  return join(resolve(cwd, folder), 'discovered.json');
}

/** Empty where none were given, or where the file is broken: names are given anew then. */
export function readGivenNames(file: string): GivenNames {
  try {
    return new Map(Object.entries(format.parse(JSON.parse(readFileSync(file, 'utf8')))));
  } catch {
    return new Map();
  }
}

/** Those of things that are away just now stay. Throws where the folder cannot be written. */
export function writeGivenNames(file: string, names: GivenNames): void {
  const all = new Map([...readGivenNames(file), ...names]);
  mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
  writeFileSync(`${file}.new`, `${JSON.stringify(Object.fromEntries(all), null, 2)}\n`, { mode: 0o600 });
  renameSync(`${file}.new`, file);
}
