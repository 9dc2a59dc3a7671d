/** Questions and answers with the store's worker thread. */
import { Worker } from 'node:worker_threads';
import { StoreInUse, StoreTooNew, StoreUnavailable } from '../refusals.ts';
import type { Calls, Name, Reply, WorkerOptions } from './protocol.ts';

interface Waiting {
  resolve(answer: unknown): void;
  reject(error: Error): void;
}

/**
 * Threads do not share the compile cache on their own; without it each start of a clone loads the 25 MB type stripper.
 * The published form has no types to strip.
 */
const keepCompiled = import.meta.url.endsWith('.ts')
  ? [
      '--import',
      `data:text/javascript,${encodeURIComponent("import { enableCompileCache } from 'node:module'; enableCompileCache();")}`,
    ]
  : [];

/** Batches arrive as transferred columns, so little is young here; V8 would take what a large machine offers. */
const maxYoungGenerationSizeMb = 6;

export class WorkerLink {
  private readonly worker: Worker;
  private readonly waiting = new Map<number, Waiting>();
  private nextId = 1;
  private ended: Error | undefined;

  constructor(options: WorkerOptions) {
    // The published package holds JavaScript; the repository runs its TypeScript.
    const file = import.meta.url.endsWith('.ts') ? './worker.ts' : './worker.js';
    this.worker = new Worker(new URL(file, import.meta.url), {
      workerData: options,
      name: 'samples',
      execArgv: keepCompiled,
      resourceLimits: { maxYoungGenerationSizeMb },
    });
    this.worker.on('message', (reply: Reply) => this.settle(reply));
    this.worker.on('error', (error) =>
      this.end(new Error(`the sample store's thread failed: ${error.message}`)),
    );
    this.worker.on('exit', () => this.end(new Error('the sample store is closed')));
  }

  call<N extends Name>(
    name: N,
    ask: Calls[N]['ask'],
    transfer: ArrayBuffer[] = [],
  ): Promise<Calls[N]['answer']> {
    if (this.ended) return Promise.reject(this.ended);
    const id = this.nextId++;
    return new Promise((resolve, reject) => {
      this.waiting.set(id, { resolve: (answer) => resolve(answer as Calls[N]['answer']), reject });
      this.worker.postMessage({ id, name, ask }, transfer);
    });
  }

  private settle(reply: Reply): void {
    const waiting = this.waiting.get(reply.id);
    this.waiting.delete(reply.id);
    if ('failed' in reply) waiting?.reject(errorOf(reply));
    else waiting?.resolve(reply.answer);
  }

  private end(reason: Error): void {
    this.ended ??= reason;
    for (const { reject } of this.waiting.values()) reject(this.ended);
    this.waiting.clear();
  }

  async terminate(): Promise<void> {
    this.ended ??= new Error('the sample store is closed');
    await this.worker.terminate();
  }
}

/** Classes do not survive the way between threads. */
function errorOf({ failed, refusal }: { failed: string; refusal: string }): Error {
  if (refusal === 'StoreInUse') return new StoreInUse(failed);
  if (refusal === 'StoreTooNew') return new StoreTooNew(failed);
  if (refusal === 'StoreUnavailable') return new StoreUnavailable(failed);
  return new Error(failed);
}
