import { useSyncExternalStore } from 'react';
import { serverNow } from '../api/connection.ts';

const listeners = new Set<() => void>();
let second = wholeSecond();
let timer: number | undefined;

function wholeSecond(): number {
  return Math.floor(serverNow() / 1_000) * 1_000;
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  timer ??= window.setInterval(() => {
    second = wholeSecond();
    for (const each of listeners) each();
  }, 1_000);
  return () => {
    listeners.delete(listener);
    if (listeners.size > 0) return;
    clearInterval(timer);
    timer = undefined;
  };
}

/** The server's time in whole seconds, ticking; one timer for the page. */
export function useNow(): number {
  return useSyncExternalStore(subscribe, () => second);
}
