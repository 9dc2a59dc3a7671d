/** What is left where the server keeps its data, when that is a disk of this machine. */
import { availableAt } from '../../../machine/file-systems.ts';
import { isLocalAddress } from '../../../machine/local-listeners.ts';
import { processFacts } from '../../../machine/processes.ts';
import type { Query } from '../session.ts';

/** Bytes; null where the server runs elsewhere, in a container of its own, or does not say where its data are. */
export async function availableForData(query: Query): Promise<number | null> {
  const [server] = await query<{ folder: string | null; address: string | null; pid: number }>(
    `SELECT (SELECT setting FROM pg_settings WHERE name = 'data_directory') AS folder,
            host(inet_server_addr()) AS address, pg_backend_pid() AS pid`,
  );
  if (!server?.folder) return null;
  if (server.address !== null && !isLocalAddress(server.address)) return null;
  // A container has numbers of its own for its processes, and its paths mean nothing here.
  const backend = await processFacts(server.pid);
  if (!backend || !/^postgres/.test(backend.name)) return null;
  return availableAt(server.folder);
}
