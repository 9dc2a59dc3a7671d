/** The embedded engine: Kysely's own SqliteDialect over node:sqlite. */
import { chmodSync, existsSync } from 'node:fs';
import { DatabaseSync, type StatementSync } from 'node:sqlite';
import { pathToFileURL } from 'node:url';
import {
  type Kysely,
  type LimitNode,
  SqliteAdapter,
  type SqliteDatabase,
  SqliteDialect,
  SqliteQueryCompiler,
  ValueNode,
} from 'kysely';
import { kyselyOver } from './kysely-over.ts';
import { bindables } from './parameters.ts';
import type { Schema } from './schema.ts';

/** How long a statement waits for another process that writes, in milliseconds; it blocks this process meanwhile. */
const busyTimeoutMs = 5_000;

export function openSqlite(file: string): Kysely<Schema> {
  const database = new DatabaseSync(file, { timeout: busyTimeoutMs, enableForeignKeyConstraints: true });
  try {
    // Password hashes and the journal are nobody else's to read; SQLite gives its WAL the same mode.
    chmodSync(file, 0o600);
    database.exec('pragma journal_mode = wal; pragma synchronous = full;');
  } catch (error) {
    database.close();
    throw error;
  }
  return kyselyOf(database);
}

/** For reading alone: nothing is made, not even a WAL beside the file. */
export function readSqlite(file: string): Kysely<Schema> {
  const url = pathToFileURL(file);
  // A store with no WAL is open nowhere; SQLite would make one to read it.
  if (!existsSync(`${file}-wal`)) url.searchParams.set('immutable', '1');
  return kyselyOf(new DatabaseSync(url, { readOnly: true, timeout: busyTimeoutMs }));
}

function kyselyOf(database: DatabaseSync): Kysely<Schema> {
  const dialect = new EmbeddedDialect({ database: kyselyDatabase(database) });
  return kyselyOver(dialect, new TransactionalAdapter());
}

/** Compiling costs more than most of our queries take; there are about a hundred different ones. */
const mostStatements = 256;

/** What Kysely asks of a SQLite database, answered by node:sqlite. */
export function kyselyDatabase(database: DatabaseSync): SqliteDatabase {
  const prepared = new Map<string, { statement: StatementSync; reader: boolean }>();
  function compiled(sql: string) {
    const known = prepared.get(sql);
    if (known) return known;
    // A deferred transaction that reads before it writes fails at once when another process wrote in between.
    const statement = database.prepare(sql === 'begin' ? 'begin immediate' : sql);
    const fresh = { statement, reader: statement.columns().length > 0 };
    // SQLite carries some pragmas out while it compiles them, so a compiled one says nothing the second time.
    if (sql.startsWith('pragma')) return fresh;
    if (prepared.size >= mostStatements) prepared.clear();
    prepared.set(sql, fresh);
    return fresh;
  }
  return {
    close: () => database.close(),
    prepare(sql) {
      const { statement, reader } = compiled(sql);
      return {
        reader,
        all: (parameters) => statement.all(...bindables(parameters)),
        run: (parameters) => statement.run(...bindables(parameters)),
        iterate: (parameters) => statement.iterate(...bindables(parameters)),
      };
    },
  };
}

class EmbeddedDialect extends SqliteDialect {
  override createQueryCompiler(): SqliteQueryCompiler {
    return new EmbeddedCompiler();
  }
}

/** SQLite plans by the limit, so it would compile a statement anew at each use where the limit is bound. */
class EmbeddedCompiler extends SqliteQueryCompiler {
  protected override visitLimit(node: LimitNode): void {
    const value = ValueNode.is(node.limit) ? node.limit.value : undefined;
    const isNumber = Number.isSafeInteger(value);
    super.visitLimit(isNumber ? { ...node, limit: ValueNode.createImmediate(value) } : node);
  }
}

/** SQLite changes tables in transactions, though Kysely does not rely on it: a migration is done whole or not at all. */
class TransactionalAdapter extends SqliteAdapter {
  override get supportsTransactionalDdl(): boolean {
    return true;
  }
}
