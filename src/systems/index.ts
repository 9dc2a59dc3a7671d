/** Every technology Upkeep knows: one import and one line each. */
import type { SystemEntry } from '../core/system.ts';
import { alertmanager } from './alertmanager/index.ts';
import { container } from './container/index.ts';
import { delivery } from './delivery/index.ts';
import { dns } from './dns/index.ts';
import { haproxy } from './haproxy/index.ts';
import { heartbeat } from './heartbeat/index.ts';
import { host } from './host/index.ts';
import { http } from './http/index.ts';
import { mysql } from './mysql/index.ts';
import { nginx } from './nginx/index.ts';
import { opensearch } from './opensearch/index.ts';
import { postgres } from './postgres/index.ts';
import { processSystem } from './process/index.ts';
import { prometheus } from './prometheus/index.ts';
import { rabbitmq } from './rabbitmq/index.ts';
import { received } from './received/index.ts';
import { redis } from './redis/index.ts';
import { statusPage } from './status-page/index.ts';
import { tcp } from './tcp/index.ts';
import { tidb } from './tidb/index.ts';
import { tls } from './tls/index.ts';

export const systems: readonly SystemEntry[] = [
  alertmanager,
  container,
  delivery,
  dns,
  haproxy,
  heartbeat,
  host,
  http,
  mysql,
  nginx,
  opensearch,
  postgres,
  processSystem,
  prometheus,
  rabbitmq,
  received,
  redis,
  statusPage,
  tcp,
  tidb,
  tls,
];
