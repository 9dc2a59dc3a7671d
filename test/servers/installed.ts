/** Whether a real server is on this machine, and what a test says when it is not. */
import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';

export interface Binary {
  readonly name: string;
  /** Debian's package. */
  readonly apt: string;
  /** Folders searched before PATH. */
  readonly folders?: readonly string[];
  /** It is read, not run. */
  readonly isData?: boolean;
}

export function locate(binary: Binary): string | null {
  const path = `${process.env.PATH ?? ''}${delimiter}/usr/sbin${delimiter}/sbin`;
  for (const folder of [...(binary.folders ?? []), ...path.split(delimiter)]) {
    const file = join(folder, binary.name);
    try {
      accessSync(file, binary.isData ? constants.R_OK : constants.X_OK);
      return file;
    } catch {
      // Not here; the next folder may have it.
    }
  }
  return null;
}

/** The path, or an error that names the package. */
export function required(binary: Binary): string {
  const file = locate(binary);
  if (file === null) throw new Error(lacking(binary));
  return file;
}

/**
 * For `test(name, { skip: missing(redisServer) }, …)`: false when the server is there, else the reason.
 * On CI a missing server is an error, so that no suite passes by skipping.
 */
export function missing(...binaries: readonly Binary[]): string | false {
  const absent = binaries.filter((binary) => locate(binary) === null);
  if (absent.length === 0) return false;
  const reason = absent.map(lacking).join('; ');
  if (process.env.CI === 'true') throw new Error(reason);
  return reason;
}

function lacking(binary: Binary): string {
  return `${binary.name} is not installed: apt-get install ${binary.apt}`;
}
