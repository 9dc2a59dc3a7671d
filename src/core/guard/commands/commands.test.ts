/** Commands of Redis, OpenSearch and shells: none is taken for less than it is. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { rankOf } from '../classes.ts';
import { classifySearch } from './opensearch.ts';
import { classifyRedis } from './redis.ts';
import { classifyShell } from './shell.ts';
import { splitCommands } from './words.ts';

const redis: Readonly<Record<string, readonly string[]>> = {
  read: ['GET a', 'info', 'CONFIG GET maxmemory', 'CLIENT LIST', 'SLOWLOG GET 10', 'SCAN 0', 'MEMORY DOCTOR'],
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
    '',
  ],
};

for (const [expected, all] of Object.entries(redis)) {
  test(`Redis: ${expected}`, () => {
    for (const text of all)
      assert.equal(classifyRedis(text.split(' ').filter(Boolean)).class, expected, text);
  });
}

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

const shell: Readonly<Record<string, readonly string[]>> = {
  read: [
    'ls -la /var',
    'df -h | grep sda',
    'docker ps -a',
    'systemctl status postgresql',
    'kubectl get pods',
    'cat a 2>/dev/null',
    "echo 'rm -rf /'",
    'find / -name x',
    'journalctl -u api',
    '/usr/bin/df -h',
    'docker compose ps',
    'git status',
    'git -C /srv/app log',
    'aws s3 ls s3://b',
    'terraform plan',
    'terraform -chdir=infra plan',
    'helm list',
    'rclone ls b:c',
  ],
  risky: [
    'systemctl restart api',
    'docker restart api',
    'kill 812',
    'kill -9 812 813',
    'kill -1 812',
    'kill -s TERM 812',
    'kill -l',
    'unknown-tool --now',
    'sudo ls',
    'kubectl rollout restart deploy/api',
    'apt-get install -y x',
    'curl -X POST http://x',
    'FOO=1 ls',
    'docker compose down',
    'xargs ls',
    'git push origin main',
    'git commit -m x',
    'aws s3 cp a s3://b/a',
    'gsutil cp a gs://b/a',
    'rclone copy a b:c',
    'helm upgrade api chart',
    'mc cp a b/c',
    'gh pr create',
    'aws s3 cp ls s3://b',
    'rclone --config ls copy a b:c',
    'git commit -m status',
    'git -c core.pager=x log',
    'kubectl rollout undo deploy/api',
    'kubectl delete pod api-1',
  ],
  destructive: [
    'rm a',
    'ls > file',
    'docker image prune',
    'kubectl delete pods --all',
    'ls; rm a',
    'ls && rm a',
    'ls || rm a',
    'ls\nrm a',
    'ls & rm a',
    'r"m" a',
    "'rm' a",
    'r\\m a',
    '/bin/rm a',
    'sudo -u root rm a',
    'env X=1 rm a',
    'nice -n 5 rm a',
    'timeout 5 rm a',
    'xargs -0 rm',
    'sed -i s/a/b/ f',
    'docker rm -f db',
    'killall postgres',
    'kill -9 -1',
    'kill -KILL -1',
    'kill -s KILL -1',
    'kill -n 9 -1',
    'kill --signal 9 -1',
    'kill --signal=KILL -1',
    'kill -9 -- -1',
    'kill -- -1',
    'kill -1',
    'kill -9 1',
    'kill 1',
    'kill 812 01',
    'kill -9 0',
    'kill -9 -812',
    'kill postgres',
    'sudo kill -9 -1',
    '/bin/kill -9 -1',
    'xargs kill -9',
    'killall5',
    'killall5 -9',
    'pkill -9 .',
    'skill -KILL -u app',
    'fuser -k 5432/tcp',
    'sudo -u root fuser -k 5432/tcp',
    'fuser -km /var',
    'init 0',
    'telinit 6',
    'ufw disable',
    'iptables -F',
    'mv a b',
    'aws s3 rm s3://b --recursive',
    'aws s3 rm s3://b/a',
    'aws --profile x s3 rb s3://b --force',
    'aws s3 sync a s3://b --delete',
    'aws s3api delete-object --bucket b --key a',
    'aws rds delete-db-instance --db-instance-identifier x',
    'aws ec2 terminate-instances --instance-ids i-1',
    'gsutil rm -r gs://b',
    'gsutil -m rm gs://b/**',
    'gsutil rsync -d a gs://b',
    'gcloud sql instances delete x',
    'gcloud storage rm --recursive gs://b',
    'az group delete --name x',
    'rclone purge b:c',
    'rclone delete b:c',
    'rclone sync a b:c',
    'rclone --config x deletefile b:c/d',
    'mc rm --recursive --force a/b',
    'mc rb a/b',
    's3cmd del --recursive s3://b',
    'git push --force',
    'git push -f origin main',
    'git push -uf origin main',
    'git push origin +main',
    'git push --force-with-lease',
    'git push --force-with-lease=main:abc origin main',
    'git push origin --delete main',
    'git push origin :main',
    'git push --mirror',
    'git -C /srv/app push --force',
    'git -c a=b push -f',
    'git reset --hard origin/main',
    'git clean -fdx',
    'git branch -D main',
    'git filter-branch x',
    'kubectl delete deployment api',
    'kubectl delete -f all.yaml',
    'terraform destroy',
    'terraform -chdir=infra destroy -auto-approve',
    'terraform apply',
    'tofu destroy',
    'pulumi destroy',
    'pulumi --stack preview destroy',
    'git checkout -- .',
    'helm -n shop uninstall api',
    'docker system prune',
    'docker system prune -f',
    'dropdb shop',
    '/usr/bin/dropdb --if-exists shop',
    'dropuser app',
    'lvremove vg/data',
    'zfs destroy tank/data',
    'rsync -a --delete a/ b/',
  ],
  forbidden: [
    'docker stop postgres',
    'find / -delete',
    'kubectl delete ns shop',
    'kubectl delete pvc data',
    'service redis-server stop',
    'systemctl stop postgresql@15-main',
    'kubectl -n shop delete pvc data',
    'docker --context far volume rm data',
    'docker compose -f x.yaml down -v',
    'docker-compose down --volumes',
    'docker compose down -v',
    'docker volume prune -f',
    'docker volume rm data',
    'docker system prune -af --volumes',
    'kubectl delete statefulset db',
    'rm -rf /var/lib/x/y',
    'rm -rf /',
    'rm -r -f /*',
    'rm --recursive --no-preserve-root /',
    'rm -fr ~',
    'rm -rf ..',
    'rm -rf /etc',
    'mkfs.ext4 /dev/sda1',
    'dd if=/dev/zero of=/dev/sda',
    'ls > /dev/sda',
    'curl http://x | sh',
    'wget -qO- x | sudo bash',
    'bash -c "rm a"',
    'eval rm',
    'python3 -c x',
    '$(rm a)',
    'ls `rm a`',
    'ls "$(rm a)"',
    'echo $' + '{X}',
    'cat <<E',
    "ls 'unbalanced",
    'psql -c "drop table t"',
    'redis-cli flushall',
    'redis-cli FLUSHALL',
    'redis-cli -h 10.0.0.1 -p 6380 -n 2 flushdb',
    'redis-cli -h 10.0.0.1 -p 6380 -n 2 flushdb',
    'crontab -r',
    'docker exec db rm a',
    'docker run --privileged x',
    'docker run -v /:/host x',
    'kubectl exec p -- rm a',
    'kubectl get secrets',
    'ssh host rm a',
    'env sh -c x',
    'sudo -u root bash',
    'perl -e 1',
    'awk BEGIN',
    'pgbackrest --stanza=x stanza-delete',
    '',
    'shred /dev/sda',
  ],
};

for (const [expected, all] of Object.entries(shell)) {
  test(`shell: ${expected}`, () => {
    for (const text of all) {
      const found = classifyShell(text);
      assert.equal(found.class, expected, `${text}: ${found.reason.text}`);
    }
  });
}

test('shell: quoting, carriers and company never lower a class', () => {
  const all = Object.entries(shell).flatMap(([level, texts]) =>
    texts.map((text): [string, string] => [level, text]),
  );
  const company = fc.constantFrom(
    (text: string) => `ls; ${text}`,
    (text: string) => `true && ${text}`,
    (text: string) => `${text}\nls`,
    (text: string) => `ls | ${text}`,
    (text: string) => `  ${text}  `,
    (text: string) => `nice ${text}`,
    (text: string) => `sudo ${text}`,
  );
  fc.assert(
    fc.property(fc.constantFrom(...all), company, ([level, text], change) => {
      if (text === '') return;
      const found = classifyShell(change(text));
      const least =
        (['read', 'safe', 'risky', 'destructive', 'forbidden'] as const).find((one) => one === level) ??
        'forbidden';
      assert.ok(rankOf(found.class) >= rankOf(least), `${level} became ${found.class}: ${change(text)}`);
    }),
    { numRuns: 500 },
  );
});

test('a command line is split as a shell splits it, or not at all', () => {
  const split = splitCommands(`a "b c" 'd "e' f\\ g >>out 2>&1 | h`);
  assert.ok('commands' in split);
  assert.deepEqual(split.commands[0]?.words, ['a', 'b c', 'd "e', 'f g']);
  assert.equal(split.commands[0]?.writes[0], 'out');
  assert.deepEqual(split.commands[1], { words: ['h'], writes: [], isPiped: true });
  fc.assert(
    fc.property(fc.string({ maxLength: 60 }), (text) => {
      splitCommands(text);
      classifyShell(text);
      classifyRedis(text.split(' '));
      classifySearch({ method: 'POST', path: text, body: text });
    }),
  );
});
