import type { Probe } from '../../../core/system.ts';
import type { Received } from '../reader.ts';

export const pushedProbe: Probe<Received> = {
  id: 'received.pushed',
  summary: 'What the application pushes',
  isPushed: true,
  metrics: {
    'app.*': { summary: 'A metric of the application, under its own name', unit: 'count', kind: 'gauge' },
  },
  run: async () => ({ ok: true, readings: [] }),
};
