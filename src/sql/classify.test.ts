/** Every statement of the table has its class, and no disguise lowers it. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import fc from 'fast-check';
import { type CommandClass, commandClasses, rankOf } from '../core/guard/classes.ts';
import { classifySql } from '../core/guard/sql/classify.ts';
import { sqlParser } from './parser.ts';

const parser = await sqlParser();
const classOf = (text: string) => classifySql(text, parser).class;
/** A file for each class, a statement a line. */
const statements = commandClasses.map((expected): [CommandClass, string[]] => {
  const text = readFileSync(new URL(`./fixtures/${expected}.sql`, import.meta.url), 'utf8');
  return [expected, text.trim().split('\n')];
});
const entries = statements.flatMap(([expected, all]) =>
  all.map((text): [string, string] => [expected, text]),
);

test('the table has more than two hundred statements, each once', () => {
  assert.ok(entries.length >= 200, String(entries.length));
  assert.equal(new Set(entries.map(([, text]) => text)).size, entries.length);
});

for (const [expected, all] of statements) {
  test(`${all.length} statements are ${expected}`, () => {
    const wrong = all.flatMap((text) => {
      const found = classifySql(text, parser);
      return found.class === expected ? [] : [`${found.class} (${found.reason.text}): ${text}`];
    });
    assert.deepEqual(wrong, []);
  });
}

test('every verdict has a reason of its own class with a stable id', () => {
  for (const [, text] of entries) {
    const found = classifySql(text, parser);
    assert.equal(found.reason.class, found.class, text);
    assert.match(found.reason.id, /^sql\.[a-z-]+$/, text);
    assert.ok(found.reason.text.length > 0, text);
  }
});

test('an empty text, a parser that throws and a text without end are forbidden', () => {
  assert.equal(classOf(''), 'forbidden');
  assert.equal(classOf('   '), 'forbidden');
  assert.equal(classOf(`SELECT '${'x'.repeat(300_000)}'`), 'forbidden');
  const broken = { sql: () => assert.fail('out of memory'), plpgsql: () => assert.fail('out of memory') };
  assert.equal(classifySql('SELECT 1', broken).class, 'forbidden');
  assert.equal(
    classifySql('SELECT 1', { sql: () => ({ stmts: [{}] }), plpgsql: () => null }).class,
    'forbidden',
  );
});

test('a node or statement that nobody knows is risky at least', () => {
  const of = (stmt: unknown) =>
    classifySql('x', { sql: () => ({ stmts: [{ stmt }] }), plpgsql: () => null }).class;
  assert.equal(of({ FutureStmt: {} }), 'risky');
  assert.equal(of({ SelectStmt: { targetList: [{ FutureExpr: { arg: {} } }] } }), 'risky');
});

test('schema changes tell their lock and the form that holds up nobody', () => {
  const lockOf = (text: string) => classifySql(text, parser).locks[0];
  assert.equal(lockOf('CREATE INDEX i ON t (a)')?.lock, 'SHARE');
  assert.match(lockOf('CREATE INDEX i ON t (a)')?.safeForm ?? '', /CONCURRENTLY/);
  assert.equal(lockOf('CREATE INDEX CONCURRENTLY i ON t (a)')?.lock, 'SHARE UPDATE EXCLUSIVE');
  assert.equal(lockOf('ALTER TABLE t ADD COLUMN a int DEFAULT 5')?.held, 'ms');
  assert.match(lockOf('ALTER TABLE t ADD COLUMN a float8 DEFAULT random()')?.held ?? '', /rewrite/);
  assert.match(lockOf('ALTER TABLE t ADD COLUMN a serial')?.held ?? '', /rewrite/);
  assert.match(lockOf('ALTER TABLE t ALTER a SET NOT NULL')?.safeForm ?? '', /NOT VALID/);
  assert.match(
    lockOf('ALTER TABLE t ADD FOREIGN KEY (a) REFERENCES u (a)')?.lock ?? '',
    /SHARE ROW EXCLUSIVE/,
  );
  assert.match(lockOf('ALTER TABLE t ADD UNIQUE (a)')?.safeForm ?? '', /USING INDEX/);
  assert.equal(lockOf('VACUUM t')?.lock, 'SHARE UPDATE EXCLUSIVE');
  assert.match(lockOf('DROP TABLE t')?.lock ?? '', /ACCESS EXCLUSIVE/);
  assert.equal(lockOf('SELECT 1'), undefined);
});

const isParsed = (text: string) => {
  try {
    parser.sql(text);
    return true;
  } catch {
    return false;
  }
};
const statement = fc.constantFrom(...entries.filter(([, text]) => isParsed(text)));

/** Changes the spelling of what stands outside of quotes and comments. */
function outside(text: string, change: (piece: string) => string): string {
  return text
    .split(/('(?:[^']|'')*'|"(?:[^"]|"")*"|\$(\w*)\$[\s\S]*?\$\2\$|--.*|\/\*[\s\S]*?\*\/)/g)
    .filter((piece) => piece !== undefined)
    .map((piece) => (/^['"$]|^--|^\/\*/.test(piece) ? piece : change(piece)))
    .join('');
}

const disguises: Readonly<Record<string, (text: string) => string>> = {
  'upper case': (text) => outside(text, (piece) => piece.toUpperCase()),
  'lower case': (text) => outside(text, (piece) => piece.toLowerCase()),
  comments: (text) => outside(text, (piece) => piece.replaceAll(' ', '/* SELECT 1 */')),
  'nested comment in front': (text) => `/* read /* only */ -- */ ${text}`,
  'line comment in front': (text) => `-- SELECT 1\n${text}`,
  'white space': (text) => outside(text, (piece) => piece.replaceAll(' ', ' \t\r\n\f ')),
  semicolon: (text) => `${text.replace(/;\s*$/, '')}\n;`,
  'empty statements around': (text) => `;;${text.replace(/;\s*$/, '')};;`,
};

test('case, comments, white space and semicolons never lower a class', () => {
  fc.assert(
    fc.property(
      statement,
      fc.shuffledSubarray(Object.keys(disguises), { minLength: 1 }),
      ([expected, text], order) => {
        const disguised = order.reduce((said, name) => disguises[name]?.(said) ?? said, text);
        const level = expected as CommandClass;
        assert.ok(
          rankOf(classOf(disguised)) >= rankOf(level),
          `${expected} became ${classOf(disguised)}: ${disguised}`,
        );
      },
    ),
    { numRuns: 400 },
  );
});

const wrappings: Readonly<Record<string, (text: string) => string>> = {
  'a CTE': (text) => `WITH w AS (${text} RETURNING 1) SELECT * FROM w`,
  'a CTE in a CTE': (text) => `WITH a AS (WITH w AS (${text} RETURNING 1) SELECT * FROM w) SELECT * FROM a`,
  'a materialized CTE beside others': (text) =>
    `WITH a AS (SELECT 1), w AS MATERIALIZED (${text} RETURNING 1), c AS (SELECT 2) SELECT * FROM a, w, c`,
  'EXPLAIN ANALYZE': (text) => `EXPLAIN (FORMAT json, ANALYZE) ${text}`,
  'a block': (text) => `DO $outer$ BEGIN ${text}; END $outer$`,
  'a loop in a block': (text) =>
    `DO $outer$ DECLARE i int; BEGIN FOR i IN 1..2 LOOP IF i > 0 THEN ${text}; END IF; END LOOP; END $outer$`,
  'a function': (text) => `CREATE FUNCTION f() RETURNS void LANGUAGE sql AS $outer$ ${text} $outer$`,
  'a prepared statement': (text) => `PREPARE p AS ${text}`,
  COPY: (text) => `COPY (${text} RETURNING 1) TO STDOUT`,
  'a rule': (text) => `CREATE RULE r AS ON INSERT TO a DO ALSO ${text}`,
};
const changing = fc.constantFrom(
  ...entries.filter(([, text]) => /^(DELETE|UPDATE|INSERT|MERGE)\b/.test(text) && isParsed(text)),
);

test('no wrapping lowers the class of a change', () => {
  const tried = new Map<string, number>();
  fc.assert(
    fc.property(changing, fc.constantFrom(...Object.keys(wrappings)), ([expected, text], name) => {
      const wrapped = wrappings[name]?.(text) ?? text;
      if (!isParsed(wrapped)) return;
      tried.set(name, (tried.get(name) ?? 0) + 1);
      const level = expected as CommandClass;
      assert.ok(
        rankOf(classOf(wrapped)) >= rankOf(level),
        `${expected} became ${classOf(wrapped)}: ${wrapped}`,
      );
    }),
    { numRuns: 600 },
  );
  for (const name of Object.keys(wrappings)) assert.ok((tried.get(name) ?? 0) > 0, `${name} was never tried`);
});

test('no name of table and column turns a delete of everything into less', () => {
  const name = fc.string({ minLength: 1, maxLength: 12 }).filter((one) => !one.includes('\0'));
  const quoted = (text: string) => `"${text.replaceAll('"', '""')}"`;
  fc.assert(
    fc.property(
      name,
      name,
      fc.constantFrom('', 'true', 'X = X', 'X IS NOT NULL', 'NOT (X IS NULL)', 'X = 1 OR X <> 1'),
      (table, column, where) => {
        const said = where.replaceAll('X', quoted(column));
        const text = `DELETE FROM ${quoted(table)}${said === '' ? '' : ` WHERE ${said}`}`;
        assert.ok(rankOf(classOf(text)) >= rankOf('destructive'), text);
      },
    ),
    { numRuns: 300 },
  );
});
