import { accessSync, constants } from 'node:fs';
import type { Proposal } from '../../core/system.ts';

const places = ['/var/run/docker.sock', '/run/podman/podman.sock'];

/** The engine of this machine, where its socket may be opened. */
export async function discover(): Promise<Proposal[]> {
  const socket = places.find(mayOpen);
  if (socket === undefined) return [];
  return [{ name: 'containers', system: 'container', config: { socket }, found: `the socket ${socket}` }];
}

function mayOpen(path: string): boolean {
  try {
    accessSync(path, constants.R_OK | constants.W_OK);
    return true;
  } catch {
    return false;
  }
}
