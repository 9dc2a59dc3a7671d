/** What a drill needs, as the reason why it cannot be played. */
import type { SystemEntry } from '../../core/system.ts';
import { haproxy, locate, openssl, redisServer } from '../../demo/optional.ts';

const known = { 'redis-server': redisServer, haproxy, openssl };

export function needsCommand(command: string, apt = command): string | null {
  const optional = Object.values(known).find((one) => one.command === command);
  const found = locate(optional ?? { command, apt, without: '' });
  return found === undefined ? `${command} is not installed (apt-get install ${apt})` : null;
}

export function needsSystem(systems: readonly SystemEntry[], kind: string): string | null {
  return systems.some((system) => system.kind === kind) ? null : `this Upkeep does not know ${kind} yet`;
}

export function needsRoot(): string | null {
  return process.getuid?.() === 0 ? null : 'only root may do it';
}

export function needsLinux(): string | null {
  return process.platform === 'linux' ? null : 'it needs Linux';
}

export const nothing = (): string | null => null;
