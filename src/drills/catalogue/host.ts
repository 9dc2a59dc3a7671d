/** The machine itself: who takes what everybody needs. */
import { availableParallelism, loadavg } from 'node:os';
import { locate } from '../../demo/optional.ts';
import { type Drill, firstLack, type Lab, type Undo } from '../drill.ts';
import { needsCommand, needsLinux } from './needs.ts';

export const host: readonly Drill[] = [
  {
    id: 'host.cpu-hog',
    row: '43',
    lab: 'machine',
    title: 'A batch program takes all processors',
    does: 'stress-ng --cpu 0 --timeout 90s in the sandbox',
    causes: [[{ diagnosis: 'host.busy-process', target: 'machine' }]],
    mitigation: 'explain',
    actions: [],
    mayApply: ['host.renice'],
    withinMs: 60_000,
    lacks: () => firstLack(needsLinux(), needsCommand('stress-ng'), needsIdleProcessors()),
    inject: hog,
  },
];

/** Others at work look the same as the hog. */
function needsIdleProcessors(): string | null {
  const [load = 0] = loadavg();
  const processors = availableParallelism();
  return load / processors > 0.5
    ? `its processors are busy already (load ${load.toFixed(1)} on ${processors}), which would hide the hog`
    : null;
}

async function hog({ stack }: Lab): Promise<Undo> {
  const command = locate({ command: 'stress-ng', apt: 'stress-ng', without: '' });
  if (command === undefined) throw new Error('stress-ng is not installed');
  const running = await stack.processes.start({
    name: 'stress',
    command,
    args: ['--cpu', '0', '--timeout', '90s'],
    cwd: stack.folder,
    end: 'TERM',
  });
  return () => running.stop(['TERM'], 5_000);
}
