/** Every drill: one file for each family of faults. */
import type { Drill } from '../drill.ts';
import { backup } from './backup.ts';
import { containers } from './containers.ts';
import { controls } from './controls.ts';
import { disk } from './disk.ts';
import { failover } from './failover.ts';
import { host } from './host.ts';
import { mysql } from './mysql.ts';
import { names } from './names.ts';
import { outside } from './outside.ts';
import { postgresAccidents } from './postgres-accidents.ts';
import { postgresSessions } from './postgres-sessions.ts';
import { postgresUpkeep } from './postgres-upkeep.ts';
import { rabbitmq } from './rabbitmq.ts';
import { redis } from './redis.ts';
import { shop } from './shop.ts';
import { web } from './web.ts';

export const drills: readonly Drill[] = [
  ...postgresSessions,
  ...postgresUpkeep,
  ...postgresAccidents,
  ...failover,
  ...backup,
  ...redis,
  ...mysql,
  ...rabbitmq,
  ...containers,
  ...shop,
  ...web,
  ...names,
  ...outside,
  ...disk,
  ...host,
  ...controls,
];
