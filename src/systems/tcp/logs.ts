/** The log of whoever listens there, when that is a process of this machine. */
import { logFilesOfListener } from '../../machine/logs/places.ts';
import type { TcpClient } from './client.ts';

export function logs({ to }: TcpClient): Promise<readonly string[]> {
  return logFilesOfListener(to);
}
