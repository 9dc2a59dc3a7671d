/** Every drill: one file for each family of faults. */
import type { Drill } from '../drill.ts';
import { containers } from './containers.ts';
import { controls } from './controls.ts';
import { disk } from './disk.ts';
import { host } from './host.ts';
import { mysql } from './mysql.ts';
import { names } from './names.ts';
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
  ...redis,
  ...mysql,
  ...rabbitmq,
  ...containers,
  ...shop,
  ...web,
  ...names,
  ...disk,
  ...host,
  ...controls,
];
