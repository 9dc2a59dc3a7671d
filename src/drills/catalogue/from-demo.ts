import type { Lab, Undo } from '../drill.ts';

/** Injects a fault of the demo's stack; healing does no harm where Upkeep ended it. */
export function injectFault(name: string): (lab: Lab) => Promise<Undo> {
  return async ({ stack }) => {
    const undo = () => stack.heal(name);
    try {
      await stack.inject(name);
    } catch (error) {
      await undo().catch(() => {});
      throw error;
    }
    return undo;
  };
}

/** Whether the fault is still there: for those that Upkeep cannot end without ending what users feel. */
export function faultIsThere(name: string): (lab: Lab) => Promise<boolean> {
  return async ({ stack }) => (await stack.faults.find((fault) => fault.name === name)?.isPresent()) ?? false;
}
