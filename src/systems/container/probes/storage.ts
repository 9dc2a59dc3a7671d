import { z } from 'zod';
import type { Probe } from '../../../core/system.ts';
import { ask, type ContainerConnection, observe } from '../client.ts';

const size = z
  .number()
  .nullish()
  .transform((value) => value ?? 0);
const usage = z.object({
  Images: z.array(z.object({ Size: size, Containers: size })).nullish(),
  Volumes: z.array(z.object({ UsageData: z.object({ RefCount: size, Size: size }).nullish() })).nullish(),
  BuildCache: z.array(z.object({ Size: size, InUse: z.boolean().default(false) })).nullish(),
});

export const storage: Probe<ContainerConnection> = {
  id: 'container.storage',
  summary: 'Images, build cache and volumes that nobody uses; a volume is data and is only reported',
  atMostEveryMs: 300_000,
  metrics: {
    'container.images.unused': {
      summary: 'Size of images that no container uses',
      unit: 'bytes',
      kind: 'gauge',
    },
    'container.build_cache': { summary: 'Size of build cache not in use', unit: 'bytes', kind: 'gauge' },
    'container.volumes.orphaned': { summary: 'Volumes that no container uses', unit: 'count', kind: 'gauge' },
  },
  run: (conn, ctx) =>
    observe(conn, ctx, async () => {
      const { Images, Volumes, BuildCache } = await ask(conn, '/system/df', usage, ctx.signal);
      const sum = (parts: readonly { Size: number }[]) =>
        parts.reduce((all, { Size }) => all + Math.max(0, Size), 0);
      const orphaned = (Volumes ?? []).filter(({ UsageData }) => UsageData && UsageData.RefCount === 0);
      return {
        readings: [
          {
            metric: 'container.images.unused',
            value: sum((Images ?? []).filter(({ Containers }) => Containers === 0)),
          },
          { metric: 'container.build_cache', value: sum((BuildCache ?? []).filter(({ InUse }) => !InUse)) },
          { metric: 'container.volumes.orphaned', value: orphaned.length },
        ],
      };
    }),
};
