/** A snapshot received as replicas receive it, proven by loading it and comparing keys and values. */
import type { BackupEngine } from '../../../core/backup/engine.ts';
import type { RedisConnection } from '../client.ts';
import { dataNeeds } from './needs.ts';
import { prove } from './prove-rdb.ts';
import { planRestore, restore, startCommand } from './restore-rdb.ts';
import { take } from './take-rdb.ts';

export const rdb: BackupEngine<RedisConnection> = {
  id: 'redis.rdb',
  summary:
    'a snapshot received by redis-cli --rdb, with sums of some values that were the same before and after it; proven by loading it into a scratch server and comparing',
  privileges:
    'ACL SETUSER upkeep +sync +psync +replconf +function|list +randomkey +type +pttl +strlen +get +llen +lrange +scard +smembers +zcard +zrange +hlen +hgetall +xlen +xrange %R~*',
  programs: [
    { name: 'redis-cli', apt: 'redis-tools' },
    { name: 'redis-check-rdb', apt: 'redis-tools' },
    { name: 'redis-server', apt: 'redis-server' },
  ],
  restoresInto: ['folder'],
  putInPlace: `start a Redis on it beside what lives: ${startCommand('/srv/restored', '6380')}; look, then lead the application over`,
  take,
  prove,
  planRestore,
  restore,
  needs: dataNeeds,
};
