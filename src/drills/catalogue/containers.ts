/** Containers: killed, paused, out of memory, without their port or their variable. */
import { once } from 'node:events';
import { createServer } from 'node:net';
import { until } from '../../demo/until.ts';
import { type Drill, firstLack, type Lab, type Undo } from '../drill.ts';
import type { ContainerName } from '../parts/containers.ts';
import { needsCommand, needsLinux, needsRoot, needsSystem } from './needs.ts';

const common = {
  lab: 'containers',
  lacks: ({ systems }) =>
    firstLack(
      needsLinux(),
      needsRoot(),
      needsSystem(systems, 'container'),
      needsCommand('podman'),
      needsCommand('runc'),
      needsCommand('busybox', 'busybox-static'),
    ),
  withinMs: 90_000,
} as const satisfies Partial<Drill>;

export const containers: readonly Drill[] = [
  {
    ...common,
    id: 'container.killed',
    row: '36',
    title: 'A container is killed from outside',
    does: 'podman kill --signal KILL worker',
    causes: [[{ diagnosis: 'container.crash-loop', target: 'engine' }]],
    mitigation: 'always',
    actions: ['container.start'],
    inject: async (lab) => {
      await containersOf(lab).command('kill', '--signal', 'KILL', 'worker');
      return startAgain(lab, 'worker');
    },
    symptom: isDown('worker'),
  },
  {
    ...common,
    id: 'container.paused',
    row: '37',
    title: 'A container is paused: it lives and does nothing',
    does: 'podman pause web',
    causes: [[{ diagnosis: 'container.unhealthy', target: 'engine' }]],
    mitigation: 'always',
    actions: ['container.resume'],
    inject: async (lab) => {
      await containersOf(lab).command('pause', 'web');
      return async () => {
        await containersOf(lab)
          .command('unpause', 'web')
          .catch(() => {});
      };
    },
    symptom: isDown('web'),
  },
  {
    ...common,
    id: 'container.out-of-memory',
    row: '44',
    title: 'A container outgrows its limit and is killed',
    does: 'cache has a limit of 24 MiB and is told to fill its memory; the kernel ends it (exit code 137)',
    causes: [[{ diagnosis: 'container.out-of-memory', target: 'engine' }]],
    mitigation: 'always',
    actions: ['container.start'],
    inject: async (lab) => {
      const engine = containersOf(lab);
      await engine.command('exec', 'cache', '/bin/touch', '/leak');
      await until(
        lab.clock,
        'the end of the container',
        30_000,
        async () => !(await engine.isRunning('cache')),
      );
      return startAgain(lab, 'cache');
    },
    symptom: isDown('cache'),
  },
  {
    ...common,
    id: 'container.port-taken',
    row: '55',
    title: 'Another process takes the port of a container while that is restarted',
    does: 'podman stop web; another process listens on its port; podman start web ends at once',
    causes: [[{ diagnosis: 'container.port-conflict', target: 'engine' }]],
    // Started again and again it would find the port taken each time.
    mitigation: 'explain',
    actions: [],
    inject: squat,
    symptom: isDown('web'),
  },
  {
    ...common,
    id: 'container.variable-missing',
    row: '57',
    title: 'A container is created anew without a variable that it needs',
    does: 'podman rm worker; podman run worker without QUEUE_URL: it ends at its start',
    causes: [[{ diagnosis: 'container.missing-variable', target: 'engine' }]],
    mitigation: 'explain',
    actions: [],
    inject: async (lab) => {
      const engine = containersOf(lab);
      await engine.create('worker', { without: 'variable' });
      return () => engine.create('worker');
    },
    symptom: isDown('worker'),
  },
];

function containersOf({ containers: found }: Lab) {
  if (found === undefined) throw new Error('this sandbox has no containers');
  return found;
}

function isDown(name: ContainerName): (lab: Lab) => Promise<boolean> {
  return async (lab) => !(await containersOf(lab).isRunning(name));
}

function startAgain(lab: Lab, name: ContainerName): Undo {
  return async () => {
    const engine = containersOf(lab);
    if (!(await engine.isRunning(name))) await engine.command('start', name);
  };
}

async function squat(lab: Lab): Promise<Undo> {
  const engine = containersOf(lab);
  await engine.command('stop', '--time', '0', 'web');
  const squatter = createServer((socket) => socket.destroy());
  squatter.listen(engine.port, '127.0.0.1');
  await once(squatter, 'listening');
  const undo = async () => {
    await new Promise((closed) => squatter.close(closed));
    await startAgain(lab, 'web')();
  };
  try {
    await engine.command('start', 'web');
    await until(lab.clock, 'the end of the container', 10_000, async () => !(await engine.isRunning('web')));
    return undo;
  } catch (error) {
    await undo().catch(() => {});
    throw error;
  }
}
