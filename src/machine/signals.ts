/** Signals that a process of this machine handles itself; without a handler they would end it. */
import { readFile } from 'node:fs/promises';

const numbers = { SIGHUP: 1, SIGUSR1: 10, SIGUSR2: 12 } as const;
export type HandledSignal = keyof typeof numbers;
export const handledSignals = ['SIGHUP', 'SIGUSR1', 'SIGUSR2'] as const satisfies readonly HandledSignal[];

/** By the mask of caught signals (proc(5), SigCgt); false where it cannot be read. */
export async function handlesSignal(pid: number, name: HandledSignal): Promise<boolean> {
  const status = pid > 0 ? await readFile(`/proc/${pid}/status`, 'utf8').catch(() => '') : '';
  const mask = /^SigCgt:\s*([0-9a-f]+)/m.exec(status)?.[1];
  return mask !== undefined && (BigInt(`0x${mask}`) >> BigInt(numbers[name] - 1)) % 2n === 1n;
}
