/** Runs durable jobs when they are due: claimed by lease, tried again with backoff, never two at once for one key. */
import * as jobs from '../store/jobs.ts';
import { atMost } from './at-most.ts';
import type { Desk } from './desk.ts';

export type JobHandlers = Readonly<
  Record<string, (payload: Readonly<Record<string, unknown>>) => Promise<void>>
>;

export interface JobRunner {
  start(): void;
  stop(withinMs: number): Promise<void>;
}

const { leaseMs } = jobs;
const maxAttempts = 8;
const parallel = 8;
/** Everything in this process wakes us; this is for leases of workers that died. */
const idleMs = 300_000;

/** Runs the jobs that it has handlers for; a second runner with others has places of its own. */
export function createJobRunner(desk: Desk, handlers: JobHandlers, owner: string): JobRunner {
  const { clock, store } = desk;
  const kinds = Object.keys(handlers);
  const running = new Set<Promise<void>>();
  let isStopped = true;
  let cancelTimer: (() => void) | null = null;
  let isClaiming = false;
  let isWanted = false;
  let unsubscribe: (() => void) | null = null;

  async function claimDue() {
    if (isStopped) return;
    if (isClaiming) {
      isWanted = true;
      return;
    }
    isClaiming = true;
    cancelTimer?.();
    try {
      let next: number | null = null;
      do {
        isWanted = false;
        next = await jobs.nextAt(store.db, kinds);
        // To look costs a tenth of a claim, and most of what wakes us is not for us.
        if (next === null || next > clock.now()) continue;
        await claimAsRoomAllows();
        next = await jobs.nextAt(store.db, kinds);
        // What was enqueued while we read may be due earlier.
      } while (isWanted && running.size < parallel);
      // With every place taken, the end of a job wakes us.
      if (running.size >= parallel || isStopped) return;
      const wait = next === null ? idleMs : Math.min(idleMs, Math.max(1, next - clock.now()));
      cancelTimer = clock.after(wait, () => void claimDue());
    } catch (error) {
      desk.log.error('the job table could not be read', { error: String(error) });
      cancelTimer = clock.after(1_000, () => void claimDue());
    } finally {
      isClaiming = false;
    }
  }

  async function claimAsRoomAllows() {
    const limit = parallel - running.size;
    if (limit <= 0) return;
    const claimed = await jobs.claim(store, { now: clock.now(), leaseMs, limit, owner, kinds });
    for (const job of claimed) launch(job);
    if (claimed.length === limit) isWanted = true;
  }

  function launch(job: jobs.Job) {
    const work = run(job).finally(() => {
      running.delete(work);
      void claimDue();
    });
    running.add(work);
  }

  /** Work that takes longer than its lease keeps it, so that nobody else begins it again. */
  function keepLease(job: jobs.Job): () => void {
    let cancel = () => {};
    const extend = () => {
      cancel = clock.after(leaseMs / 2, () => {
        jobs.extend(store.db, job, clock.now() + leaseMs).catch((error: unknown) => {
          desk.log.error('a lease could not be extended', { kind: job.kind, error: String(error) });
        });
        extend();
      });
    };
    extend();
    return () => cancel();
  }

  async function run(job: jobs.Job) {
    const release = keepLease(job);
    try {
      const handler = handlers[job.kind];
      if (!handler) throw new Error(`no handler for jobs of kind ${job.kind}`);
      await handler(job.payload);
      await jobs.complete(store.db, job);
    } catch (error) {
      const message = error instanceof Error ? error.message : String(error);
      desk.log.error('a job failed', { kind: job.kind, key: job.key, attempt: job.attempts, error: message });
      const retryAt =
        job.attempts >= maxAttempts ? null : clock.now() + Math.min(60_000, 500 * 2 ** job.attempts);
      await jobs.fail(store.db, job, message, retryAt).catch(() => {});
    } finally {
      release();
    }
  }

  return {
    start() {
      isStopped = false;
      unsubscribe = desk.onChange(() => void claimDue());
      void claimDue();
    },
    async stop(withinMs) {
      isStopped = true;
      unsubscribe?.();
      cancelTimer?.();
      await atMost(clock, withinMs, Promise.all(running));
    },
  };
}
