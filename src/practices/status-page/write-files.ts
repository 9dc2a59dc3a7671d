/**
 * Puts the files into their folder so that whoever reads them, at any moment and also after a crash, finds each one
 * whole: written beside it, flushed, and moved over it. The first page moves last.
 */
import {
  closeSync,
  existsSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readdirSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import type { Files } from './files.ts';

const marker = '.upkeep-status-page';
const temporary = /^\.upkeep-[\w-]+\.tmp$/;
/** What only we make in a folder of ours. */
const ours =
  /^((style|custom)-[0-9a-f]{10}\.css|(logo|mark)-[0-9a-f]{10}\.\w+|\d{4}-\d{2}\.html|[0-9a-f]{12}\.svg)$/;

/** @throws Error which names the folder and the remedy, where files lie in it that are not ours */
export function writeFiles(folder: string, files: Files, before: Files | null): void {
  prepare(folder);
  const folders = new Set<string>();
  for (const [path, content] of files) {
    const file = join(folder, path);
    folders.add(dirname(file));
    if (before?.get(path)?.equals(content) && existsSync(file)) continue;
    mkdirSync(dirname(file), { recursive: true, mode: 0o755 });
    replace(file, content);
  }
  for (const place of folders) tidy(place, folder, files);
}

function prepare(folder: string): void {
  mkdirSync(folder, { recursive: true, mode: 0o755 });
  if (existsSync(join(folder, marker))) return;
  if (existsSync(join(folder, 'index.html')))
    throw new Error(
      `${folder} has an index.html that is not ours; give statusPage.folder a folder of its own`,
    );
  replace(
    join(folder, marker),
    Buffer.from('Upkeep writes the status page here and may replace what it wrote.\n'),
  );
}

function replace(file: string, content: Buffer): void {
  const place = dirname(file);
  const beside = join(
    place,
    `.upkeep-${process.pid}-${file.slice(place.length + 1).replace(/[^\w-]/g, '_')}.tmp`,
  );
  const handle = openSync(beside, 'w', 0o644);
  try {
    writeFileSync(handle, content);
    fsyncSync(handle);
  } finally {
    closeSync(handle);
  }
  renameSync(beside, file);
}

/** What a killed process left, and what belongs to pages that are no more. */
function tidy(place: string, folder: string, files: Files): void {
  for (const name of readdirSync(place)) {
    const path = join(place, name).slice(folder.length + 1);
    if (temporary.test(name) || (ours.test(name) && !files.has(path)))
      rmSync(join(place, name), { force: true });
  }
}
