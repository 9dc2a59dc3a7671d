/** Says how far a backup or a restore is to whoever waits for it. */
import type { Clock } from '../core/time.ts';
import { verbNamed } from '../verbs/index.ts';
import type { Connection } from './ask.ts';
import { plain, type Terminal } from './terminal.ts';

/** Verbs that answer when hours of work are done. */
const lasting = new Set(['backup.take', 'backup.verify', 'backup.restore', 'backup.copy', 'backup.fetch']);
const lookEveryMs = 1_000;

interface Waiting {
  readonly world: { readonly clock: Pick<Clock, 'sleep'> };
  readonly terminal: Pick<Terminal, 'passing'>;
}

/** @param work what is waited for; how far it is comes from the list of backups, and no answer there is no trouble */
export async function showingProgress<Result>(
  connection: Pick<Connection, 'call'>,
  { world, terminal }: Waiting,
  verb: string,
  work: () => Promise<Result>,
): Promise<Result> {
  const { passing } = terminal;
  if (passing === undefined || !lasting.has(verb)) return work();
  const over = new AbortController();
  void looks(passing);
  try {
    return await work();
  } finally {
    over.abort();
    passing('');
  }

  async function looks(show: (line: string) => void) {
    for (;;) {
      await world.clock.sleep(lookEveryMs, over.signal).catch(() => {});
      if (over.signal.aborted) return;
      const listed = await connection.call(verbNamed('backup.list'), { limit: 1 }).catch(() => null);
      if (!over.signal.aborted) show(plain(underWayLine(listed)));
    }
  }
}

/** `shop: writing shop with pg_dump: about 43 %, about 2 min left`; empty where nothing is under way. */
function underWayLine(listed: unknown): string {
  const { plans = [] } = (listed ?? {}) as {
    plans?: readonly { readonly name: string; readonly underWay: string | null }[];
  };
  const busy = plans.flatMap(({ name, underWay }) => (underWay === null ? [] : [`${name}: ${underWay}`]));
  return busy.join('; ');
}
