/** Which slot each of the intake's handles stands for. */
import type { Labels } from '../../core/sample.ts';

export const unbound = -1;

/** A series as the intake names it; handles are the intake's own small numbers. */
export interface Definition {
  readonly handle: number;
  readonly target: string;
  readonly metric: string;
  readonly labels: Labels | undefined;
}

export class Bindings {
  /** By handle; `unbound` where it is not known or there is none. */
  slots = new Int32Array(1024).fill(unbound);
  private readonly definitions: (Definition | undefined)[] = [];

  define(definition: Definition): void {
    const { handle } = definition;
    if (handle >= this.slots.length) {
      const wider = new Int32Array(Math.max(handle + 1, this.slots.length * 2)).fill(unbound);
      wider.set(this.slots);
      this.slots = wider;
    }
    this.definitions[handle] = definition;
  }

  definition(handle: number): Definition | undefined {
    return this.definitions[handle];
  }

  /** Slots are given out anew; the definitions stay. */
  unbindAll(): void {
    this.slots.fill(unbound);
  }

  /** Answers the handles that stood for one of these slots. */
  unbind(slots: ReadonlySet<number>): number[] {
    const handles: number[] = [];
    for (let handle = 0; handle < this.slots.length; handle++) {
      if (!slots.has(this.slots[handle] ?? unbound)) continue;
      this.slots[handle] = unbound;
      handles.push(handle);
    }
    return handles;
  }

  /** The intake has dropped these handles and may give them to other series. */
  forget(handles: readonly number[]): void {
    for (const handle of handles) this.definitions[handle] = undefined;
  }
}
