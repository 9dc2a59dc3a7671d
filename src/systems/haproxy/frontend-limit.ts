/**
 * Before these releases HAProxy locks itself up, and its watchdog ends it, when the limit of a frontend is changed while
 * connections wait for it (haproxy/haproxy issue 2726; CHANGELOG: "Deadlock when setting frontend maxconn").
 */
const mendedFrom: ReadonlyMap<string, number> = new Map([
  ['2.4', 28],
  ['2.6', 20],
  ['2.8', 12],
  ['2.9', 12],
  ['3.0', 6],
]);
const mendedBranch = 301;

/** @param version as `show info` says it: `2.6.12-1+deb12u4` */
export function mayChangeFrontends(version: string): boolean {
  const found = /^(\d+)\.(\d+)\.(\d+)/.exec(version);
  if (found === null) return false;
  const [, major = '', minor = '', patch] = found;
  if (Number(major) * 100 + Number(minor) >= mendedBranch) return true;
  const least = mendedFrom.get(`${major}.${minor}`);
  return least !== undefined && Number(patch) >= least;
}
