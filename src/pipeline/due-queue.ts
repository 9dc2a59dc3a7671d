/** A binary heap of things by the time they are due. */
export interface DueQueue<T> {
  push(due: number, item: T): void;
  peek(): { readonly due: number; readonly item: T } | undefined;
  pop(): { readonly due: number; readonly item: T } | undefined;
  readonly size: number;
}

export function dueQueue<T>(): DueQueue<T> {
  const heap: { due: number; item: T }[] = [];
  const swap = (a: number, b: number) => {
    const kept = heap[a]!;
    heap[a] = heap[b]!;
    heap[b] = kept;
  };
  const isEarlier = (a: number, b: number) => heap[a]!.due < heap[b]!.due;
  return {
    get size() {
      return heap.length;
    },
    peek: () => heap[0],
    push(due, item) {
      heap.push({ due, item });
      for (let at = heap.length - 1; at > 0; ) {
        const parent = (at - 1) >> 1;
        if (!isEarlier(at, parent)) break;
        swap(at, parent);
        at = parent;
      }
    },
    pop() {
      const first = heap[0];
      const last = heap.pop();
      if (first === undefined || last === undefined) return undefined;
      if (heap.length === 0) return first;
      heap[0] = last;
      for (let at = 0; ; ) {
        const left = 2 * at + 1;
        const right = left + 1;
        let least = at;
        if (left < heap.length && isEarlier(left, least)) least = left;
        if (right < heap.length && isEarlier(right, least)) least = right;
        if (least === at) return first;
        swap(at, least);
        at = least;
      }
    },
  };
}
