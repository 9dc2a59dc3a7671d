/**
 * One text for all statements that differ in their values only, for logs and servers that give no fingerprint of their
 * own (PostgreSQL's queryid is better where it is at hand). No parser: good enough to tell statements apart, in any dialect.
 */
export function statementFingerprint(sql: string): string {
  return (
    sql
      .slice(0, 10_000)
      // Texts go first: a text may hold what looks like a comment.
      .replace(/\$([a-z_]*)\$[\s\S]*?\$\1\$/gi, '?')
      .replace(/\b[EBXN]?'(?:[^'\\]|''|\\.)*'/gi, '?')
      .replace(/'(?:[^'\\]|''|\\.)*'/g, '?')
      .replace(/\/\*[\s\S]*?\*\//g, ' ')
      .replace(/--[^\n]*/g, ' ')
      .replace(/[$:@]\d+\b/g, '?')
      .replace(/(?<![\w"`.])[-+]?\b\d+(\.\d+)?(e[-+]?\d+)?\b/gi, '?')
      .replace(/\b(true|false|null)\b(?=\s*[,)])/gi, '?')
      .replace(/\s+/g, ' ')
      .replace(/\( ?\?( ?, ?\?)* ?\)/g, '(?)')
      .replace(/(\(\?\))( ?, ?\(\?\))+/g, '(?)')
      .replace(/ ?([,=<>()]) ?/g, '$1')
      .trim()
      .replace(/ ?;$/, '')
      .toLowerCase()
  );
}
