import { z } from 'zod';
import { type Classification, rankOf } from '../../core/guard/classes.ts';
import { classifySearch } from '../../core/guard/commands/opensearch.ts';
import { classifyRedis } from '../../core/guard/commands/redis.ts';
import { classifyShell } from '../../core/guard/commands/shell.ts';
import { splitCommands } from '../../core/guard/commands/words.ts';
import { classifySql } from '../../core/guard/sql/classify.ts';
import { classifyMysql } from '../../core/guard/sql/mysql.ts';
import { UpkeepError } from '../../core/verb.ts';
import { sqlParser } from '../../sql/parser.ts';
import { defineVerb } from '../context.ts';

const languages = ['sql', 'mysql', 'redis', 'opensearch', 'shell'] as const;

export const guardClassify = defineVerb({
  name: 'guard.classify',
  summary: 'Says how much a statement or command may do, why, and which locks it takes; runs nothing',
  scope: 'read',
  changes: false,
  route: 'GET /guard/classify',
  positional: ['statement'],
  examples: [
    'upkeep guard classify "DELETE FROM orders"',
    'upkeep guard classify "SELECT sleep(9)" --language mysql',
    'upkeep guard classify "CONFIG SET dir /tmp" --language redis',
    'upkeep guard classify "DELETE /logs-*" --language opensearch',
    'upkeep guard classify "docker compose down -v" --language shell',
  ],
  input: z.object({
    // What a request line bears once it is encoded.
    statement: z.string().max(10_000).describe('one statement, command, or request such as DELETE /orders'),
    language: z
      .enum(languages)
      .default('sql')
      .describe('what it is written in; sql is PostgreSQL, mysql also MariaDB'),
  }),
  async run({ input: { statement, language } }) {
    const found = await classify(statement, language);
    return {
      language,
      ...found,
      /** What a level means for whoever wants to run it. */
      means: meanings[found.class],
      isAllowedForReaders: rankOf(found.class) === 0,
    };
  },
});

const meanings: Readonly<Record<Classification['class'], string>> = {
  read: 'only reads',
  safe: 'may be done by policy',
  risky: 'a person must approve',
  destructive: 'a person must approve, with a backup proven by restore',
  forbidden: 'Upkeep never runs it, whoever approves',
};

async function classify(statement: string, language: (typeof languages)[number]): Promise<Classification> {
  if (language === 'sql') return classifySql(statement, await sqlParser());
  if (language === 'mysql') return classifyMysql(statement);
  if (language === 'shell') return classifyShell(statement);
  if (language === 'redis') {
    const split = splitCommands(statement);
    return classifyRedis(
      'commands' in split && split.commands.length === 1 ? (split.commands[0]?.words ?? []) : [],
    );
  }
  const [, method, path, body] = /^\s*([A-Za-z]+)\s+(\S+)\s*([\s\S]*)$/.exec(statement) ?? [];
  if (method === undefined || path === undefined)
    throw new UpkeepError('bad-input', 'statement: write METHOD /path and a body, such as DELETE /orders');
  return classifySearch({ method, path, ...(body ? { body } : {}) });
}
