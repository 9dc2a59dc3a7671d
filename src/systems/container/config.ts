import { z } from 'zod';
import { scalingFields } from '../../core/scaling/settings.ts';

const scale = z
  .strictObject({
    ...scalingFields,
    port: z
      .number()
      .int()
      .min(1)
      .max(65_000)
      .optional()
      .describe(
        'Port of this machine that the declared container answers on; each copy has the next. `{port}` stands for it',
      ),
    env: z
      .record(z.string(), z.string())
      .default({})
      .describe('What a copy has in its environment besides: `PORT: "{port}"`; `{index}` is 1, 2, …'),
  })
  .refine(({ min, max }) => min <= max, { path: ['max'], message: 'is below min' })
  .refine(
    ({ env, port }) => port !== undefined || !Object.values(env).some((value) => value.includes('{port}')),
    {
      path: ['port'],
      message: 'is needed where {port} is used',
    },
  );

export const containerConfig = z
  .strictObject({
    socket: z
      .string()
      .min(1)
      .refine((text) => text.startsWith('/') || /^[^/:\s]+:\d+$/.test(text), {
        message: 'must be the path of a socket or host:port',
      })
      .default('/var/run/docker.sock')
      .describe('Socket of the Docker API; Podman serves the same one at /run/podman/podman.sock.'),
    containers: z
      .array(z.string().min(1))
      .default([])
      .describe(
        'Names of containers that must run; actions touch no others. All are watched where left out.',
      ),
    scale: z
      .record(z.string(), scale)
      .default({})
      .describe('By the name of a declared container: how many copies of it there are'),
  })
  .refine(({ containers, scale }) => Object.keys(scale).every((name) => containers.includes(name)), {
    path: ['scale'],
    message: 'names a container that is not among `containers`',
  });

export type ContainerConfig = z.output<typeof containerConfig>;
