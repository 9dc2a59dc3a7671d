/** upkeep.yaml as something to be edited: read, judged and replaced as a whole. */
import {
  closeSync,
  fsyncSync,
  openSync,
  readFileSync,
  realpathSync,
  renameSync,
  rmSync,
  statSync,
  writeSync,
} from 'node:fs';
import type { ConfigurationFile } from '../core/configuration-file.ts';
import { editConfiguration } from './edit.ts';
import type { LoadInput } from './load.ts';
import { readConfiguration } from './read.ts';

export function configurationFile(input: LoadInput): ConfigurationFile {
  const readFile = (path: string) => readFileSync(path, 'utf8');
  return {
    path: input.file,
    read: () => readFile(input.file),
    edited: editConfiguration,
    problemsOf: (text) => readConfiguration({ ...input, text, readFile }).problems,
    replace: (text) => replaceFile(input.file, text),
  };
}

/** Written beside it and renamed, so that a crash leaves the old file or the new one; a link stays a link. */
function replaceFile(path: string, text: string): void {
  const file = realpathSync(path);
  const beside = `${file}.new`;
  const handle = openSync(beside, 'w', statSync(file).mode & 0o777);
  try {
    writeSync(handle, text);
    fsyncSync(handle);
    closeSync(handle);
    renameSync(beside, file);
  } catch (error) {
    rmSync(beside, { force: true });
    throw error;
  }
}
