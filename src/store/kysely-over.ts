/**
 * What both engines hold to, around Kysely's own dialects: the same parameters, the same lists, no commit after a failed
 * statement, no use of the store inside one of its own transactions.
 */
import {
  type CompiledQuery,
  type DatabaseConnection,
  type Dialect,
  type DialectAdapter,
  type Driver,
  HandleEmptyInListsPlugin,
  Kysely,
  type QueryResult,
  replaceWithNoncontingentExpression,
} from 'kysely';
import { bindables } from './parameters.ts';
import type { Schema } from './schema.ts';
import { refuseInsideTransaction } from './scope.ts';

export function kyselyOver(inner: Dialect, adapter: DialectAdapter = inner.createAdapter()): Kysely<Schema> {
  return new Kysely<Schema>({
    dialect: {
      createDriver: () => checkedDriver(inner.createDriver()),
      createQueryCompiler: () => inner.createQueryCompiler(),
      createAdapter: () => adapter,
      createIntrospector: (db) => inner.createIntrospector(db),
    },
    // PostgreSQL refuses `in ()`; a list with nothing in it has no row.
    plugins: [new HandleEmptyInListsPlugin({ strategy: replaceWithNoncontingentExpression })],
  });
}

function checkedDriver(inner: Driver): Driver {
  const connections = new WeakMap<DatabaseConnection, CheckedConnection>();
  const failed = new WeakSet<DatabaseConnection>();
  const innerOf = (connection: DatabaseConnection) =>
    connection instanceof CheckedConnection ? connection.inner : connection;

  return {
    init: () => inner.init(),
    destroy: () => inner.destroy(),
    async acquireConnection() {
      refuseInsideTransaction();
      const connection = await inner.acquireConnection();
      const known =
        connections.get(connection) ?? new CheckedConnection(connection, () => failed.add(connection));
      connections.set(connection, known);
      return known;
    },
    releaseConnection: (connection) => inner.releaseConnection(innerOf(connection)),
    async beginTransaction(connection, settings) {
      await inner.beginTransaction(innerOf(connection), settings);
      failed.delete(innerOf(connection));
    },
    // PostgreSQL answers such a commit with a silent rollback, and SQLite would commit the other half.
    async commitTransaction(connection) {
      if (failed.has(innerOf(connection))) {
        throw new Error('a statement of this transaction failed, so nothing of it was committed');
      }
      await inner.commitTransaction(innerOf(connection));
    },
    async rollbackTransaction(connection) {
      failed.delete(innerOf(connection));
      await inner.rollbackTransaction(innerOf(connection));
    },
  };
}

class CheckedConnection implements DatabaseConnection {
  readonly inner: DatabaseConnection;
  readonly #failed: () => void;

  constructor(inner: DatabaseConnection, failed: () => void) {
    this.inner = inner;
    this.#failed = failed;
  }

  async executeQuery<R>(query: CompiledQuery): Promise<QueryResult<R>> {
    try {
      return await this.inner.executeQuery<R>({ ...query, parameters: bindables(query.parameters) });
    } catch (error) {
      this.#failed();
      throw error;
    }
  }

  streamQuery<R>(query: CompiledQuery, chunkSize?: number): AsyncIterableIterator<QueryResult<R>> {
    return this.inner.streamQuery<R>({ ...query, parameters: bindables(query.parameters) }, chunkSize);
  }
}
