/** Keeps the store small: old samples, delivered messages, ended jobs, expired sessions. */
import type { Desk } from '../pipeline/desk.ts';
import * as changes from '../store/changes.ts';
import * as invitations from '../store/invitations.ts';
import * as jobs from '../store/jobs.ts';
import * as links from '../store/links.ts';
import * as outbox from '../store/outbox.ts';
import * as pages from '../store/pages.ts';
import type { SampleStore } from '../store/samples/index.ts';
import * as sessions from '../store/sessions.ts';
import * as statusRows from '../store/status-page.ts';
import * as storms from '../store/storms.ts';
import * as threads from '../store/threads.ts';

const everyMs = 3_600_000;
const keepDeliveredMs = 30 * 86_400_000;
const keepJobsMs = 7 * 86_400_000;
/** For a comparison with the year before. */
const keepPagesMs = 800 * 86_400_000;
const keepChangesMs = 800 * 86_400_000;

export function housekeeping(desk: Desk, samples: Pick<SampleStore, 'prune'>): { stop(): void } {
  const { clock, store, log } = desk;
  let cancel = clock.after(everyMs, run);

  function run() {
    cancel = clock.after(everyMs, run);
    tidy().catch((error: unknown) => log.error('housekeeping failed', { error: String(error) }));
  }

  async function tidy() {
    const now = clock.now();
    await samples.prune(now);
    await outbox.prune(store.db, now - keepDeliveredMs);
    await threads.prune(store.db, now - keepDeliveredMs);
    await storms.prune(store.db, now - keepDeliveredMs);
    await links.prune(store.db, now);
    await pages.prune(store.db, now - keepPagesMs);
    await changes.prune(store.db, now - keepChangesMs);
    await jobs.prune(store.db, now - keepJobsMs);
    await sessions.prune(store.db, now);
    await invitations.prune(store.db, now);
    await statusRows.prune(store.db, now, now - keepDeliveredMs);
  }

  return { stop: () => cancel() };
}
