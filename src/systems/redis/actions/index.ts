import { bgsave } from './bgsave.ts';
import { invalidate } from './invalidate.ts';
import { killIdleClients } from './kill-idle-clients.ts';
import { scriptKill } from './script-kill.ts';
import { setMaxmemory } from './set-maxmemory.ts';
import { setMaxmemoryPolicy } from './set-maxmemory-policy.ts';

export const actions = [
  killIdleClients,
  setMaxmemory,
  setMaxmemoryPolicy,
  scriptKill,
  bgsave,
  invalidate,
] as const;
