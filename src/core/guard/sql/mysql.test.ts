/** Statements of MySQL and MariaDB: none is taken for less than it is. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { rankOf } from '../classes.ts';
import { classifyMysql } from './mysql.ts';

const statements: Readonly<Record<string, readonly string[]>> = {
  read: [
    'SELECT 1',
    'select id, `name` from orders where id = 5 and name like "a%" limit 10;',
    "SELECT COUNT(*), REPLACE(a, 'x', 'y') FROM t GROUP BY b -- done",
    'SHOW PROCESSLIST',
    "SHOW GLOBAL STATUS LIKE 'Threads%'",
    'EXPLAIN SELECT * FROM t',
    '(SELECT 1) UNION (SELECT 2)',
    'WITH t AS (SELECT 1) SELECT * FROM t',
    "SELECT 'INTO OUTFILE; DROP TABLE t'",
    'SELECT `delete` FROM t # sleep(9)',
    'SELECT 1 /* into outfile */',
    'SELECT * FROM information_schema.processlist WHERE id IN (1, 2)',
    'SELECT 3--1',
  ],
  safe: ['ANALYZE TABLE t', 'USE shop'],
  risky: [
    'SELECT sleep(9)',
    'SELECT `sleep`(9)',
    'SELECT sleep (9)',
    "SELECT GET_LOCK('a', 9)",
    'SELECT BENCHMARK(1e9, MD5(1))',
    'SELECT * FROM t FOR UPDATE',
    'SELECT * FROM t FOR SHARE',
    'SELECT * FROM t LOCK IN SHARE MODE',
    'SELECT 1 INTO @a',
    'SELECT @a := 1',
    'SELECT shop.work()',
    'SELECT my_function(1)',
    'SELECT 1 --sleep\n, sleep(9)',
    'HANDLER t OPEN',
    'KILL 5',
    'KILL QUERY 5',
    'CALL p()',
    'DO sleep(1)',
    'INSERT INTO t VALUES (1)',
    'UPDATE t SET a = 1 WHERE id = 5',
    "DELETE FROM t WHERE t.name = 'a' AND b = 3 LIMIT 1",
    'SET autocommit = 0',
    'LOCK TABLES t WRITE',
    'FLUSH STATUS',
    'CREATE TABLE t (a int)',
    'ALTER TABLE t ADD COLUMN a int',
    'OPTIMIZE TABLE t',
    'ANALYZE UPDATE t SET a = 1',
    'NEWWORD x',
  ],
  destructive: [
    'SET GLOBAL read_only = 0',
    'SET @@global.sync_binlog = 0',
    'SET PERSIST x = 1',
    'SET PASSWORD FOR a = "b"',
    'DROP TABLE t',
    'TRUNCATE t',
    'DELETE FROM t',
    'DELETE FROM t WHERE 1 = 1',
    'DELETE FROM t WHERE name = 0',
    'DELETE FROM t WHERE id = id',
    'DELETE FROM t WHERE id = 5 OR 1',
    'UPDATE t SET a = 1',
    'REPLACE INTO t VALUES (1)',
    'FLUSH TABLES WITH READ LOCK',
    'RESET MASTER',
    "PURGE BINARY LOGS TO 'x'",
    'STOP REPLICA',
    'GRANT ALL ON *.* TO a',
    'ALTER TABLE t DROP COLUMN a',
    'CREATE USER a',
    'WITH t AS (SELECT 1) DELETE FROM x',
  ],
  forbidden: [
    'SELECT 1 /*! INTO OUTFILE "x" */',
    'SELECT /*!50000 sleep(9) */ 1',
    'SELECT /*M!100000 sleep(9) */ 1',
    'SELECT /*+ SET_VAR(sql_mode="") */ 1',
    "SELECT * FROM t INTO OUTFILE '/tmp/x'",
    "SELECT 1 INTO DUMPFILE '/tmp/x'",
    "SELECT LOAD_FILE('/etc/passwd')",
    "LOAD DATA INFILE 'x' INTO TABLE t",
    "LOAD DATA LOCAL INFILE 'x' INTO TABLE t",
    'SELECT 1; DROP TABLE t',
    "SELECT '\\'; DROP TABLE t; -- '",
    "SELECT 'unbalanced",
    "PREPARE s FROM 'drop table t'",
    "EXECUTE IMMEDIATE 'x'",
    'SELECT * FROM mysql.user',
    'SELECT * FROM `mysql`.`user`',
    'SELECT authentication_string FROM user',
    'SHOW CREATE USER a',
    'SHOW GRANTS FOR a',
    "INSTALL PLUGIN x SONAME 'y'",
    "CREATE FUNCTION f RETURNS INT SONAME 'x.so'",
    'SHUTDOWN',
    '\\! sh',
    '',
    ';',
  ],
};

for (const [expected, all] of Object.entries(statements)) {
  test(`MySQL: ${expected}`, () => {
    const wrong = all.flatMap((text) => {
      const found = classifyMysql(text);
      return found.class === expected ? [] : [`${text}: ${found.class}, ${found.reason.text}`];
    });
    assert.deepEqual(wrong, []);
  });
}

test('MySQL: letters, spaces and comments never lower a class', () => {
  const all = Object.entries(statements).flatMap(([level, texts]) =>
    texts.map((text) => [level, text] as const),
  );
  const change = fc.constantFrom(
    (text: string) => text.toLowerCase(),
    (text: string) => text.replaceAll(' ', '\n\t '),
    (text: string) => `/* read */ ${text}`,
    (text: string) => `# note\n${text}`,
    (text: string) => text.replaceAll(' ', '/**/'),
  );
  fc.assert(
    fc.property(fc.constantFrom(...all), change, ([level, text], by) => {
      if (/--|#/.test(text)) return;
      const least = (['read', 'safe', 'risky', 'destructive', 'forbidden'] as const).find(
        (one) => one === level,
      );
      const found = classifyMysql(by(text));
      assert.ok(
        rankOf(found.class) >= rankOf(least ?? 'forbidden'),
        `${level} became ${found.class}: ${by(text)}`,
      );
    }),
    { numRuns: 400 },
  );
  fc.assert(fc.property(fc.string({ maxLength: 80 }), (text) => void classifyMysql(text)));
});
