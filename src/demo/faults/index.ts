import type { Fault, Handles } from '../fault.ts';
import { apiFrozen, apiKilled } from './api.ts';
import { blockedTransaction } from './blocked-transaction.ts';
import { certificateExpired } from './certificate-expired.ts';
import { connectionsExhausted } from './connections-exhausted.ts';
import { redisFull } from './redis-full.ts';
import { wrongPassword } from './wrong-password.ts';

/** The faults that this stack can have; what was left out of it cannot break. */
export function faultsOf(handles: Handles): Fault[] {
  const { api, certificates, redis } = handles;
  return [
    apiKilled(handles),
    apiFrozen(handles),
    blockedTransaction(handles),
    connectionsExhausted(handles),
    ...(redis ? [redisFull(redis)] : []),
    wrongPassword(handles),
    ...(certificates && api.tlsPort !== null ? [certificateExpired(handles, certificates, api.tlsPort)] : []),
  ];
}

/** Looks for a fault only from its injection until it is seen to be gone, so that a screen may ask all the time. */
export function remembered(fault: Fault): Fault {
  let mayBeThere = false;
  return {
    ...fault,
    inject() {
      mayBeThere = true;
      return fault.inject();
    },
    async isPresent() {
      mayBeThere &&= await fault.isPresent();
      return mayBeThere;
    },
  };
}
