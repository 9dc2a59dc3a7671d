import type { Problem } from '../core/configuration.ts';

/** `upkeep.yaml:4:12 targets.db.every: "10x" is no duration (use 10s, 5m or 1h)` */
export function formatProblem(problem: Problem): string {
  const place = `${problem.file}:${problem.line}:${problem.col}`;
  const path = problem.path === '' ? '' : ` ${problem.path}:`;
  const hint = problem.hint === undefined ? '' : ` (${problem.hint})`;
  return `${place}${path} ${problem.message}${hint}`;
}

/** In the order of the file. */
export function sortProblems(problems: readonly Problem[]): Problem[] {
  return [...problems].sort((a, b) => a.line - b.line || a.col - b.col || a.path.localeCompare(b.path));
}
