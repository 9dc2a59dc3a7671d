/** The machine itself: who takes what everybody needs. */
import { availableParallelism, loadavg } from 'node:os';
import { locate } from '../../demo/optional.ts';
import { type Drill, firstLack, type Lab, type Undo } from '../drill.ts';
import { needsCommand, needsLinux, needsRoot } from './needs.ts';

const hog = stress('--cpu', '0');
/** Each write waits for the disk: a fast one too has work waiting, while the processors have little to do. */
const writeMuch = stress(
  ...['--hdd', '8', '--hdd-bytes', '64m', '--hdd-write-size', '4k', '--hdd-opts', 'sync,wr-rnd'],
);

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
  {
    id: 'host.io-hog',
    row: '45',
    lab: 'machine',
    title: 'A batch program writes as fast as the disk takes it',
    does: 'stress-ng --hdd 8 --hdd-write-size 4k --hdd-opts sync,wr-rnd in the sandbox',
    causes: [[{ diagnosis: 'host.io-hog', target: 'machine' }]],
    mitigation: 'explain',
    actions: [],
    mayApply: ['host.ionice', 'host.renice'],
    withinMs: 60_000,
    lacks: () => firstLack(needsLinux(), needsRoot(), needsCommand('stress-ng'), needsIdleProcessors()),
    inject: writeMuch,
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

function stress(...args: string[]): Drill['inject'] {
  return async ({ stack }: Lab): Promise<Undo> => {
    const command = locate({ command: 'stress-ng', apt: 'stress-ng', without: '' });
    if (command === undefined) throw new Error('stress-ng is not installed');
    const running = await stack.processes.start({
      name: 'stress',
      command,
      args: [...args, '--temp-path', stack.folder, '--timeout', '90s'],
      cwd: stack.folder,
      end: 'TERM',
    });
    return () => running.stop(['TERM'], 5_000);
  };
}
