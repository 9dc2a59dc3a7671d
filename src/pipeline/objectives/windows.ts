/** Keeps objectives told of the maintenance windows, those that are over included. */
import { sloPeriodMs } from '../../core/burn-rate/error-budget.ts';
import * as windowRows from '../../store/windows.ts';
import type { Desk } from '../desk.ts';
import type { Objectives } from './index.ts';

/** After a change of anything: many come together. */
const pauseMs = 5_000;

export function followWindows(desk: Desk, objectives: Objectives) {
  let isWaiting = false;
  let isStopped = false;
  let cancel: (() => void) | null = null;

  async function read() {
    isWaiting = false;
    if (isStopped) return;
    const from = desk.clock.now() - sloPeriodMs;
    const planned = await windowRows.list(desk.store.db, from);
    if (!isStopped) objectives.exclude([...desk.configuration().maintenance, ...planned]);
  }

  desk.onChange(() => {
    if (isWaiting || isStopped) return;
    isWaiting = true;
    cancel = desk.clock.after(pauseMs, () => {
      read().catch((error) =>
        desk.log.warn('maintenance windows could not be read', { error: String(error) }),
      );
    });
  });

  return {
    start: read,
    stop() {
      isStopped = true;
      cancel?.();
    },
  };
}
