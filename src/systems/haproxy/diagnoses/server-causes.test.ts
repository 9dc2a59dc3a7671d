import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import type { Evidence, Scalar } from '../../../core/evidence.ts';
import { causesOf } from './server-causes.ts';

const recorded = new URL('./recorded/health-path-renamed.json', import.meta.url);

/** While a check is under way HAProxy shows the state of the last and no code: 0, which is read as null. */
function withoutCode(change: (evidence: Evidence) => Evidence = (same) => same): Evidence[] {
  const { evidence }: { evidence: Evidence[] } = JSON.parse(readFileSync(recorded, 'utf8'));
  return evidence.map((piece) => {
    const at = piece.table?.columns.indexOf('code') ?? -1;
    if (!piece.table || at === -1) return change(piece);
    const rows = piece.table.rows.map((row): Scalar[] =>
      row.map((cell, column) => (column === at ? null : cell)),
    );
    return { ...piece, table: { ...piece.table, rows } };
  });
}

test('where HAProxy shows no code just now, what the server answers us on the same path counts', () => {
  assert.deepEqual(
    causesOf(withoutCode(), 'tried').map(({ kind, words }) => [kind, words]),
    Array.from({ length: 2 }, () => [
      'wrong-check',
      'its check of /healthz gets 404 while / is answered with 200',
    ]),
  );
});

test('where nobody knows the code, none is told', () => {
  const causes = causesOf(
    withoutCode((piece) =>
      piece.id.endsWith('.direct') ? { ...piece, table: { columns: [], rows: [] } } : piece,
    ),
    'tried',
  );
  for (const { kind, words } of causes) {
    assert.equal(kind, 'ill');
    assert.equal(words, 'it answers its check, and not as HAProxy asks for');
  }
});

test('a check that passes by now is not told as one that fails', () => {
  const { evidence }: { evidence: Evidence[] } = JSON.parse(readFileSync(recorded, 'utf8'));
  const now: Readonly<Record<string, Scalar>> = { check: 'L7OK', code: 200 };
  const passing = evidence.map((piece): Evidence => {
    const { table } = piece;
    if (!piece.id.endsWith('.servers-down') || !table) return piece;
    const rows = table.rows.map((row) => row.map((cell, column) => now[table.columns[column] ?? ''] ?? cell));
    return { ...piece, table: { ...table, rows } };
  });
  for (const { kind, words, confidence } of causesOf(passing, 'tried')) {
    assert.equal(kind, 'well-from-here');
    assert.match(
      words,
      /^its check passes \(L7OK 200[^)]*\) and it answers us with 200: it came back just now$/,
    );
    assert.ok(confidence < 0.5, 'a guess leads nothing');
  }
});
