/**
 * The class of one statement of MySQL or MariaDB, by its words as their lexers see them: there is no parser of theirs to
 * ask. So less is taken for reading than reads: what is not known is risky, what hides from a lexer is forbidden.
 */
import {
  because,
  type Classification,
  type CommandClass,
  classified,
  longestStatement,
  type Reason,
  rankOf,
} from '../classes.ts';
import { mysqlTokens, type Token } from './mysql-tokens.ts';

const words = (text: string) => new Set(text.trim().split(/\s+/));

/** Calculate only, in MySQL 8 and MariaDB 10 to 11 by their manuals. */
const readingFunctions =
  words(`COUNT SUM AVG MIN MAX GROUP_CONCAT STD STDDEV STDDEV_POP STDDEV_SAMP VARIANCE VAR_POP VAR_SAMP
  BIT_AND BIT_OR BIT_XOR JSON_ARRAYAGG JSON_OBJECTAGG ANY_VALUE ROW_NUMBER RANK DENSE_RANK PERCENT_RANK CUME_DIST NTILE LAG LEAD
  FIRST_VALUE LAST_VALUE NTH_VALUE ABS CEIL CEILING FLOOR ROUND TRUNCATE SIGN SQRT POW POWER EXP LN LOG LOG2 LOG10 MOD PI RAND
  RADIANS DEGREES SIN COS TAN ASIN ACOS ATAN ATAN2 COT CRC32 CONV BIN OCT HEX UNHEX LENGTH CHAR_LENGTH CHARACTER_LENGTH
  OCTET_LENGTH BIT_LENGTH LOWER LCASE UPPER UCASE TRIM LTRIM RTRIM LPAD RPAD LEFT RIGHT SUBSTR SUBSTRING SUBSTRING_INDEX MID LOCATE
  POSITION INSTR REPLACE REVERSE REPEAT CONCAT CONCAT_WS FORMAT ASCII ORD CHAR SPACE STRCMP ELT FIELD FIND_IN_SET MAKE_SET
  EXPORT_SET QUOTE SOUNDEX MD5 SHA SHA1 SHA2 TO_BASE64 FROM_BASE64 REGEXP_LIKE REGEXP_REPLACE REGEXP_INSTR REGEXP_SUBSTR
  NOW CURDATE CURTIME CURRENT_DATE CURRENT_TIME CURRENT_TIMESTAMP LOCALTIME LOCALTIMESTAMP SYSDATE UTC_DATE UTC_TIME UTC_TIMESTAMP
  UNIX_TIMESTAMP FROM_UNIXTIME DATE TIME TIMESTAMP YEAR QUARTER MONTH WEEK WEEKDAY DAY DAYOFMONTH DAYOFWEEK DAYOFYEAR DAYNAME
  MONTHNAME HOUR MINUTE SECOND MICROSECOND EXTRACT DATE_ADD DATE_SUB ADDDATE SUBDATE ADDTIME SUBTIME DATEDIFF TIMEDIFF
  TIMESTAMPDIFF TIMESTAMPADD DATE_FORMAT TIME_FORMAT STR_TO_DATE MAKEDATE MAKETIME LAST_DAY TO_DAYS FROM_DAYS TO_SECONDS
  SEC_TO_TIME TIME_TO_SEC PERIOD_ADD PERIOD_DIFF CONVERT_TZ IF IFNULL NULLIF COALESCE GREATEST LEAST INTERVAL ISNULL CAST CONVERT
  JSON_EXTRACT JSON_UNQUOTE JSON_VALUE JSON_KEYS JSON_LENGTH JSON_TYPE JSON_VALID JSON_CONTAINS JSON_CONTAINS_PATH JSON_SEARCH
  JSON_OBJECT JSON_ARRAY JSON_QUOTE JSON_SET JSON_INSERT JSON_REPLACE JSON_REMOVE JSON_MERGE_PATCH JSON_MERGE_PRESERVE JSON_DEPTH
  JSON_PRETTY JSON_OVERLAPS JSON_TABLE INET_ATON INET_NTOA INET6_ATON INET6_NTOA IS_IPV4 IS_IPV6 BIN_TO_UUID UUID_TO_BIN UUID IS_UUID
  DATABASE SCHEMA USER CURRENT_USER SESSION_USER SYSTEM_USER VERSION CONNECTION_ID FOUND_ROWS ROW_COUNT CHARSET COLLATION
  FORMAT_BYTES FORMAT_PICO_TIME BIT_COUNT GROUPING NVL NVL2 UNCOMPRESSED_LENGTH COMPRESS`);

/** Stand before a parenthesis and call nothing. */
const keywords =
  words(`SELECT FROM WHERE AND OR NOT XOR IN ANY SOME ALL EXISTS AS ON USING OVER BY JOIN CASE WHEN THEN ELSE UNION
  EXCEPT INTERSECT DISTINCT LIKE BETWEEN IS RLIKE REGEXP DIV HAVING LIMIT OFFSET VALUES ROW LATERAL PARTITION INDEX KEY
  DECIMAL NUMERIC CHAR VARCHAR BINARY SIGNED UNSIGNED DATETIME TIME FLOAT DOUBLE COLUMNS AGAINST MATCH STRAIGHT_JOIN WITHIN
  SEPARATOR OF WINDOW ROWS RANGE INTO TABLE SET`);

const waiting =
  words(`SLEEP BENCHMARK GET_LOCK RELEASE_LOCK RELEASE_ALL_LOCKS IS_FREE_LOCK IS_USED_LOCK MASTER_POS_WAIT SOURCE_POS_WAIT
  MASTER_GTID_WAIT WAIT_FOR_EXECUTED_GTID_SET WAIT_UNTIL_SQL_THREAD_AFTER_GTIDS`);

type Judge = (tokens: readonly Token[]) => Reason;

const as =
  (level: CommandClass, id: string, text: string): Judge =>
  () =>
    because(level, `mysql.${id}`, text);
const reads = as('read', 'read', 'only reads');
const gives = as('destructive', 'rights', 'changes who may do what');
const transaction = as('risky', 'transaction', 'begins, ends or changes a transaction');
const unseen = as('forbidden', 'runs-text', 'runs text as a statement that cannot be seen here');
const files = as('forbidden', 'files', 'reads or writes files of the server');
const replication = as('destructive', 'replication', 'changes or stops replication');

const has = (tokens: readonly Token[], word: RegExp) =>
  tokens.some(({ kind, text }) => /^(word|function)$/.test(kind) && word.test(text));

const byFirst: Readonly<Record<string, Judge>> = {
  ...{ SELECT: reads, TABLE: reads, VALUES: reads, WITH: reads, DESC: reads, DESCRIBE: reads },
  EXPLAIN: (tokens) =>
    has(tokens, /^(INSERT|UPDATE|DELETE|REPLACE|ANALYZE)$/)
      ? because('risky', 'mysql.explain', 'EXPLAIN of what changes rows, or one that runs it')
      : reads(tokens),
  SHOW: (tokens) =>
    has(tokens, /^(USER|GRANTS|AUTHENTICATION)$/)
      ? because('forbidden', 'mysql.secrets', 'shows the hashes of passwords')
      : reads(tokens),
  ...{
    USE: as('safe', 'use', 'chooses a database'),
    CHECKSUM: as('safe', 'reads-all', 'reads a whole table'),
  },
  ANALYZE: (tokens) =>
    has(tokens.slice(1, 4), /^TABLE$/)
      ? because('safe', 'mysql.analyze', 'counts anew what the planner goes by')
      : because('risky', 'mysql.explain', 'ANALYZE runs the statement'),
  INSERT: as('risky', 'writes', 'writes rows'),
  REPLACE: as('destructive', 'writes', 'REPLACE removes the rows that are in its way'),
  UPDATE: ofRows,
  DELETE: ofRows,
  CREATE: (tokens) =>
    has(tokens, /^(SONAME|SERVER)$/)
      ? because('forbidden', 'mysql.loads', 'loads a library, or reaches another server')
      : has(tokens.slice(1, 5), /^(USER|ROLE)$/)
        ? gives(tokens)
        : has(tokens.slice(1, 3), /^REPLACE$/)
          ? because('destructive', 'mysql.replaces', 'CREATE OR REPLACE removes what was there')
          : because('risky', 'mysql.schema', 'changes the schema'),
  ALTER: (tokens) =>
    has(tokens.slice(1, 3), /^(USER|ROLE|SERVER|INSTANCE|DATABASE|SCHEMA)$/)
      ? gives(tokens)
      : has(
            tokens.slice(2),
            /^(DROP|TRUNCATE|DISCARD|IMPORT|EXCHANGE|MODIFY|CHANGE|CONVERT|RENAME|DISABLE|REMOVE|COALESCE|REORGANIZE)$/,
          )
        ? because('destructive', 'mysql.alter', 'ALTER may lose data, or what others rely on')
        : because('risky', 'mysql.schema', 'changes the schema'),
  ...{
    DROP: as('destructive', 'drop', 'DROP removes it for good'),
    TRUNCATE: as('destructive', 'truncate', 'TRUNCATE removes every row'),
  },
  ...{ GRANT: gives, REVOKE: gives, RENAME: as('destructive', 'rename', 'others still use the old name') },
  SET: ofSetting,
  FLUSH: (tokens) =>
    has(tokens, /^(TABLES?|PRIVILEGES|LOGS|HOSTS|USER_RESOURCES)$/)
      ? because('destructive', 'mysql.flush', 'FLUSH may lock every table, or turn logs over')
      : because('risky', 'mysql.flush', 'FLUSH empties what the server keeps at hand'),
  ...{
    RESET: replication,
    PURGE: as('destructive', 'purge', 'removes logs that recovery and replicas may need'),
  },
  ...{ CHANGE: replication, STOP: replication, CLONE: replication },
  START: (tokens) => (has(tokens.slice(1, 2), /^TRANSACTION$/) ? transaction(tokens) : replication(tokens)),
  ...{
    BEGIN: transaction,
    COMMIT: transaction,
    ROLLBACK: transaction,
    SAVEPOINT: transaction,
    RELEASE: transaction,
    XA: transaction,
  },
  ...{ LOCK: as('risky', 'locks', 'keeps others out'), UNLOCK: as('risky', 'locks', 'gives locks back') },
  HANDLER: as('risky', 'handler', 'HANDLER holds a table open and reads past transactions'),
  ...{
    KILL: as('risky', 'kill', 'ends a session or its statement'),
    CALL: as('risky', 'call', 'CALL runs a procedure that may do anything'),
  },
  DO: as('risky', 'do', 'DO runs expressions for what they do'),
  ...{
    OPTIMIZE: as('risky', 'rebuilds', 'rebuilds a table'),
    REPAIR: as('destructive', 'repair', 'REPAIR may lose rows'),
  },
  CHECK: as('risky', 'check', 'reads and locks a whole table'),
  LOAD: files,
  IMPORT: files,
  ...{ PREPARE: unseen, EXECUTE: unseen, BINLOG: unseen, SOURCE: unseen, SYSTEM: unseen, DELIMITER: unseen },
  ...{
    INSTALL: as('forbidden', 'loads', 'loads a library into the server'),
    UNINSTALL: as('forbidden', 'loads', 'takes a library out of the server'),
  },
  ...{
    SHUTDOWN: as('forbidden', 'stops', 'stops the server'),
    RESTART: as('forbidden', 'stops', 'stops the server'),
  },
};

/** Only `column = value`, joined by AND: MySQL takes a text for the number 0, so that names no rows. */
function ofRows(tokens: readonly Token[]): Reason {
  const [first = { text: '' }] = tokens;
  const at = tokens.findIndex(({ kind, text }) => /^(word|function)$/.test(kind) && text === 'WHERE');
  const condition = tokens
    .slice(at + 1)
    .map(({ kind, text }) =>
      kind === 'sign' || (kind === 'word' && /^(AND|LIMIT|TRUE|FALSE|NULL)$/.test(text))
        ? text
        : kind === 'text' || (kind === 'number' && Number(text) !== 0)
          ? 'value'
          : kind === 'word' || kind === 'quoted'
            ? 'name'
            : 'other',
    );
  const isNamed =
    at >= 0 &&
    /^name(?: \. name)* = value(?: AND name(?: \. name)* = value)*(?: LIMIT value)?$/.test(
      condition.join(' '),
    );
  return isNamed
    ? because('risky', 'mysql.writes', `${first.text} changes the rows of one value`)
    : because('destructive', 'mysql.writes', `${first.text} may change every row`);
}

function ofSetting(tokens: readonly Token[]): Reason {
  if (has(tokens.slice(1, 4), /^(PASSWORD|ROLE|DEFAULT)$/))
    return because('destructive', 'mysql.rights', 'changes who may do what');
  const isGlobal =
    has(tokens, /^(GLOBAL|PERSIST|PERSIST_ONLY)$/) ||
    tokens.some(({ kind, text }) => kind === 'variable' && /^@@(GLOBAL|PERSIST)/.test(text));
  return isGlobal
    ? because('destructive', 'mysql.set-global', 'SET GLOBAL changes the server for everybody')
    : because('risky', 'mysql.set', 'changes how the session behaves');
}

/** What counts wherever it stands. */
function everywhere(tokens: readonly Token[]): Reason[] {
  const found: Reason[] = [];
  tokens.forEach(({ kind, text }, at) => {
    const after = tokens[at + 1]?.text ?? '';
    const before = tokens[at - 1]?.text ?? '';
    if (kind === 'function' && before !== '.') found.push(...ofFunction(text));
    else if (kind === 'function') found.push(because('risky', 'mysql.function', `${text}() may do anything`));
    if (kind === 'sign' && text === ':=') found.push(because('risky', 'mysql.set', ':= sets a variable'));
    if (
      before === '.' &&
      /^`?MYSQL`?$/.test(tokens[at - 2]?.text ?? '') &&
      /^(USER|GLOBAL_PRIV|PASSWORD_HISTORY|SERVERS|SLAVE_MASTER_INFO|PROXIES_PRIV)$/.test(text)
    )
      found.push(
        because('forbidden', 'mysql.secrets', `mysql.${text.toLowerCase()} holds the hashes of passwords`),
      );
    if (text === 'AUTHENTICATION_STRING' && kind !== 'text')
      found.push(because('forbidden', 'mysql.secrets', 'reads the hashes of passwords'));
    if (kind !== 'word' || before === '.') return;
    if (/^(OUTFILE|DUMPFILE|INFILE)$/.test(text))
      found.push(because('forbidden', 'mysql.files', `${text} reaches files of the server`));
    if (text === 'INTO') found.push(because('risky', 'mysql.into', 'INTO keeps what is read'));
    if ((text === 'FOR' && /^(UPDATE|SHARE)$/.test(after)) || (text === 'LOCK' && after === 'IN'))
      found.push(because('risky', 'mysql.locks', 'locks the rows that it reads'));
    if (/^(PROCEDURE|NEXT|PREVIOUS)$/.test(text) && at > 0)
      found.push(because('risky', 'mysql.unknown', `${text} may change something`));
    if (
      at > 0 &&
      /^(INSERT|UPDATE|DELETE|REPLACE|DROP|TRUNCATE|ALTER|CREATE)$/.test(text) &&
      before !== 'FOR'
    )
      found.push(because('destructive', 'mysql.inside', `${text} inside of another statement`));
  });
  return found;
}

function ofFunction(name: string): Reason[] {
  if (/^(LOAD_FILE|SYS_EXEC|SYS_EVAL|SYS_GET|SYS_SET)$/.test(name))
    return [because('forbidden', 'mysql.files', `${name}() reaches files or programs of the server`)];
  if (waiting.has(name))
    return [because('risky', 'mysql.waits', `${name}() waits, locks or keeps the server busy`)];
  return readingFunctions.has(name) || keywords.has(name)
    ? []
    : [because('risky', 'mysql.function', `${name}() is no function that is known to read only`)];
}

function judge(tokens: readonly Token[]): Reason[] {
  const last = tokens.at(-1);
  const said = last?.kind === 'sign' && last.text === ';' ? tokens.slice(0, -1) : tokens;
  if (said.some(({ kind, text }) => kind === 'sign' && text === ';'))
    return [
      because('forbidden', 'mysql.one-statement', 'several statements; exactly one is judged at a time'),
    ];
  const first = said.find(({ text }) => text !== '(');
  if (!first) return [because('forbidden', 'mysql.syntax', 'no statement')];
  const begins = said.slice(said.indexOf(first));
  const found = Object.hasOwn(byFirst, first.text) ? byFirst[first.text] : undefined;
  const own =
    found?.(begins) ?? because('risky', 'mysql.unknown', `${first.text} is no statement that is known`);
  // Names of columns are not looked at where the whole is judged by its first word as more than reading.
  const inside = everywhere(begins).filter(
    ({ id }) => rankOf(own.class) === 0 || !/^mysql\.(inside|into|function)$/.test(id),
  );
  return [own, ...inside];
}

export function classifyMysql(text: string): Classification {
  const least = because('read', 'mysql.read', 'only reads');
  if (text.length > longestStatement)
    return classified(
      [because('forbidden', 'mysql.too-long', `the statement has more than ${longestStatement} characters`)],
      least,
    );
  const ways = text.includes('\\') ? [true, false] : [true];
  const reasons = ways.flatMap((escapes) => {
    const tokens = mysqlTokens(text, escapes);
    if ('unseen' in tokens)
      return [
        because(
          'forbidden',
          'mysql.unseen',
          escapes ? tokens.unseen : 'sql_mode decides how its backslashes are read',
        ),
      ];
    return judge(tokens);
  });
  return classified(reasons, least);
}
