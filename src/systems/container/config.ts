import { z } from 'zod';

export const containerConfig = z.strictObject({
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
    .describe('Names of containers that must run; actions touch no others. All are watched where left out.'),
});

export type ContainerConfig = z.output<typeof containerConfig>;
