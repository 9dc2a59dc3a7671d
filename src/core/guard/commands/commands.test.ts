/** Commands of Redis and OpenSearch: none is taken for less than it is. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { classifySearch } from './opensearch.ts';
import { classifyRedis } from './redis.ts';

const redis: Readonly<Record<string, readonly string[]>> = {
  read: [
    'GET a',
    'info',
    'CONFIG GET maxmemory',
    'CLIENT LIST',
    'SLOWLOG GET 10',
    'SCAN 0',
    'MEMORY DOCTOR',
    'SORT_RO a',
    'CONFIG GET max*',
    'CLIENT HELP',
    'MODULE LIST',
    'CLUSTER REPLICAS x',
  ],
  safe: ['BGSAVE', 'MEMORY PURGE', 'CLIENT SETNAME upkeep'],
  risky: [
    'SET a 1',
    'DEL a',
    'CLIENT KILL ID 5',
    'CONFIG SET maxmemory 1gb',
    'SCRIPT KILL',
    'MONITOR',
    'NEWCOMMAND x',
    'SORT a STORE b',
    'SAVE',
    'SPOP a',
    'LPOP a',
    'BLPOP a 0',
    'CLIENT NO-EVICT on',
    'ACL LOG RESET',
    'GEORADIUS a 1 1 1 m STORE b',
    'CONFIG NEWSUB',
    'CLIENT NEWSUB',
    '__proto__',
    'CONFIG constructor',
  ],
  destructive: [
    'ACL SETUSER x',
    'CONFIG SET requirepass x',
    'CONFIG SET appendonly no',
    'CONFIG SET maxmemory 1gb save ""',
    'CLUSTER RESET HARD',
    'XGROUP DESTROY a b',
  ],
  forbidden: [
    'FUNCTION FLUSH',
    'SLAVEOF 10.0.0.1 6379',
    'REPLICAOF NO ONE',
    'SCRIPT FLUSH',
    'FlushAll',
    'flushdb ASYNC',
    'FLUSHALL',
    'CONFIG SET dir /tmp',
    'config set DBFILENAME x.so',
    'CONFIG SET maxmemory 1 dir /var',
    'DEBUG SLEEP 100',
    'SHUTDOWN NOSAVE',
    'KEYS *',
    'EVAL x 0',
    'EVALSHA x 0',
    'MODULE LOAD /x.so',
    'SCRIPT LOAD x',
    'FUNCTION LOAD x',
    'FCALL f 0',
    'ACL LIST',
    'CONFIG GET *',
    'CONFIG GET requirepass',
    'CONFIG GET maxmemory require*',
    'CONFIG GET [r]equirepass',
    'MODULE LOADEX /x.so',
    '',
  ],
};

for (const [expected, all] of Object.entries(redis)) {
  test(`Redis: ${expected}`, () => {
    for (const text of all)
      assert.equal(classifyRedis(text.split(' ').filter(Boolean)).class, expected, text);
  });
}

test('Redis: what is not known is said with its second word', () => {
  assert.equal(classifyRedis(['CLIENT', 'NEWSUB']).reason.text, 'CLIENT NEWSUB is no command that is known');
  assert.equal(classifyRedis(['NEWCOMMAND', 'x']).reason.text, 'NEWCOMMAND is no command that is known');
  assert.equal(classifyRedis(['SPOP', 'a']).reason.text, 'SPOP changes keys, or disturbs others');
});

test('Redis: a line break in a command is refused', () => {
  assert.equal(classifyRedis(['GET\r\nFLUSHALL', 'a']).class, 'forbidden');
});

const search: Readonly<Record<string, readonly string[]>> = {
  read: [
    'GET /_cluster/health',
    'HEAD /orders',
    'POST /orders/_search {"query":{"match_all":{}}}',
    'POST /_count',
    'GET /*',
  ],
  safe: ['DELETE /_search/scroll'],
  risky: [
    'PUT /orders',
    'POST /orders/_doc',
    'POST /orders/_refresh',
    'DELETE /orders/_doc/1',
    'POST /_bulk {"index":{}}',
    'POST /orders/_search {"script_fields" : {}}',
    'POST /_brandnew',
    'PUT /_cluster/settings {}',
  ],
  destructive: [
    'POST /_bulk {"delete":{"_id":1}}',
    'DELETE /_snapshot/repo/one',
    'POST /_snapshot/repo/one/_restore',
    'POST /_aliases {"actions":[{"remove_index":{}}]}',
    'PUT /_plugins/_security/api/roles/x {}',
  ],
  forbidden: [
    'POST /orders/_close',
    'POST /orders/_delete_by_query {"query":{"term":{"a":1}}}',
    'DELETE /_index_template/x',
    'DELETE /_template/x',
    'DELETE /orders',
    'DELETE /_all',
    'DELETE /*',
    'DELETE /logs-*',
    'DELETE /a,b',
    'DELETE /%2A',
    'DELETE /',
    'DELETE /a/../*',
    'POST /orders/_delete_by_query {"query":{"match_all":{}}}',
    'POST /_all/_delete_by_query {"query":{"term":{}}}',
    'POST /*/_close',
    'PUT /_cluster/settings {"persistent":{"action.destructive_requires_name":false}}',
    'TRACE /',
  ],
};

for (const [expected, all] of Object.entries(search)) {
  test(`OpenSearch: ${expected}`, () => {
    for (const text of all) {
      const [, method = '', path = '', body] = /^(\S+) (\S+)(?: (.*))?$/.exec(text) ?? [];
      const found = classifySearch({ method, path, ...(body === undefined ? {} : { body }) });
      assert.equal(found.class, expected, `${text}: ${found.reason.text}`);
    }
  });
}
