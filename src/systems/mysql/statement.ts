/** What the text of a statement tells, without parsing all of SQL. Pure. */

const comments = /^(?:\s+|\/\*(?!!)[\s\S]*?\*\/|--[^\n]*\n|#[^\n]*\n)+/;
const name = '(`(?:[^`]|``)+`(?:\\.`(?:[^`]|``)+`)?|[\\w$]+(?:\\.[\\w$]+)?)';
const definitions: readonly RegExp[] = [
  new RegExp(
    `^(?:alter|optimize|analyze|repair|check)\\s+(?:online\\s+|ignore\\s+|local\\s+|no_write_to_binlog\\s+)*table\\s+(?:if\\s+exists\\s+)?${name}`,
    'i',
  ),
  new RegExp(`^drop\\s+(?:temporary\\s+)?table\\s+(?:if\\s+exists\\s+)?${name}`, 'i'),
  new RegExp(`^truncate\\s+(?:table\\s+)?${name}`, 'i'),
  new RegExp(`^rename\\s+table\\s+(?:if\\s+exists\\s+)?${name}`, 'i'),
  new RegExp(
    `^(?:create|drop)\\s+(?:or\\s+replace\\s+|unique\\s+|fulltext\\s+|spatial\\s+)*index\\s+[\\s\\S]*?\\son\\s+${name}`,
    'i',
  ),
  new RegExp(`^create\\s+(?:or\\s+replace\\s+)?trigger\\s+[\\s\\S]*?\\son\\s+${name}`, 'i'),
  new RegExp(`^lock\\s+tables?\\s+${name}`, 'i'),
];

/**
 * The table that a statement wants for itself (ALTER, DROP, TRUNCATE, RENAME, CREATE INDEX, LOCK TABLES …), as
 * `schema.table`; undefined for statements that only read and write rows.
 */
export function definedTable(statement: string | null, database: string | null): string | undefined {
  const text = (statement ?? '').replace(comments, '');
  for (const pattern of definitions) {
    const found = pattern.exec(text)?.[1];
    if (found === undefined) continue;
    const plain = found.replaceAll('`', '');
    return plain.includes('.') || database === null ? plain : `${database}.${plain}`;
  }
  return undefined;
}

/** Whether a statement names the table `schema.table`, with or without its schema. */
export function mentions(statement: string | null, table: string): boolean {
  const bare = table.slice(table.indexOf('.') + 1).replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
  return new RegExp(`(^|[^\\w$])${bare}($|[^\\w$])`, 'i').test(statement ?? '');
}
