/** Whether a channel can be relied on, from what became of its messages. Pure. */

export interface ChannelHealth {
  /** `unused`: no message and no test has reached it yet, so that nothing is known of it. */
  readonly health: 'works' | 'fails' | 'unused';
  /** When the first attempt failed after the last success; null unless it fails. */
  readonly failingSince: number | null;
  /** A test or a message that it took. */
  readonly lastDeliveredAt: number | null;
}

/** What is known from one place: the process, the stored messages, the tests by hand. */
export interface ChannelRecord {
  readonly deliveredAt: number | null;
  readonly failedAt: number | null;
}

/** A failure counts until something is delivered after it. */
export function channelHealth(records: readonly ChannelRecord[]): ChannelHealth {
  const delivered = Math.max(...records.map(({ deliveredAt }) => deliveredAt ?? 0), 0) || null;
  const failures = records.flatMap(({ failedAt }) =>
    failedAt !== null && failedAt >= (delivered ?? 0) ? [failedAt] : [],
  );
  const failingSince = failures.length === 0 ? null : Math.min(...failures);
  const health = failingSince !== null ? 'fails' : delivered === null ? 'unused' : 'works';
  return { health, failingSince, lastDeliveredAt: delivered };
}
