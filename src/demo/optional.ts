import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';

/** A part of the stack that it can do without. */
export interface Optional {
  readonly command: string;
  readonly apt: string;
  readonly without: string;
}

export const redisServer: Optional = {
  command: 'redis-server',
  apt: 'redis-server',
  without: 'the demo runs without Redis',
};
export const haproxy: Optional = {
  command: 'haproxy',
  apt: 'haproxy',
  without: 'the demo runs without a proxy; requests go to the API itself',
};
export const openssl: Optional = {
  command: 'openssl',
  apt: 'openssl',
  without: 'the demo runs without TLS',
};

/** Where it is installed. Debian keeps servers in /usr/sbin, which an ordinary user's PATH lacks. */
export function locate({ command }: Optional): string | undefined {
  const folders = (process.env.PATH ?? '').split(delimiter);
  return [...folders, '/usr/sbin', '/sbin', '/usr/local/sbin']
    .map((folder) => join(folder, command))
    .find(isExecutable);
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

export function announcement({ command, apt, without }: Optional): string {
  return `${command} is not installed: ${without} (apt-get install ${apt})`;
}
