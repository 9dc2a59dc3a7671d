/** Snapshots of every repository: what is whole, what is not, and since when. */
import { repositories, type SnapshotInfo, snapshots } from './answers.ts';
import { ask, type OpensearchConnection } from './client.ts';

export interface Repository {
  readonly name: string;
  readonly type: string;
  /** Oldest first. */
  readonly snapshots: readonly SnapshotInfo[];
}

/** Each is a request of its own. */
const mostRepositories = 10;

export async function readRepositories(
  conn: OpensearchConnection,
  signal: AbortSignal,
): Promise<Repository[]> {
  const found = Object.entries(await ask(conn, '_snapshot', repositories, signal));
  return Promise.all(
    found.slice(0, mostRepositories).map(async ([name, { type }]) => ({
      name,
      type,
      snapshots: (await readSnapshots(conn, name, '_all', signal)).toSorted(
        (a, b) => a.start_time_in_millis - b.start_time_in_millis,
      ),
    })),
  );
}

/** One by name, `_all`, or `_current` for those under way; one that is not there is left out. */
export async function readSnapshots(
  conn: OpensearchConnection,
  repository: string,
  name: string,
  signal: AbortSignal,
): Promise<SnapshotInfo[]> {
  const path = `_snapshot/${encodeURIComponent(repository)}/${encodeURIComponent(name)}?ignore_unavailable=true`;
  return (await ask(conn, path, snapshots, signal)).snapshots;
}

export function lastGood({ snapshots: all }: Repository): SnapshotInfo | undefined {
  return all.findLast(({ state }) => state === 'SUCCESS');
}

/** The newest that has ended: one under way is neither good nor bad. */
export function lastEnded({ snapshots: all }: Repository): SnapshotInfo | undefined {
  return all.findLast(({ state }) => state !== 'IN_PROGRESS');
}
