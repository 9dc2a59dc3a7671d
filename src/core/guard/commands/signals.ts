/** Commands that send signals, by whom they reach: one process, a group of them, or everything that runs. */
import { because, type Reason } from '../classes.ts';

/** @returns undefined for what sends no signals */
export function ofSignals(name: string, rest: readonly string[]): Reason | undefined {
  if (name === 'kill') return ofKill(rest);
  if (name === 'pkill' || name === 'killall')
    return because('destructive', 'shell.signals', 'ends every process of that name');
  if (name === 'killall5') return because('destructive', 'shell.signals', 'ends everything that runs');
  if (name === 'skill' || name === 'slay')
    return because('destructive', 'shell.signals', `${name} ends every process of a user or a name`);
  if (name === 'fuser')
    return rest.some((word) => /^-\w*k|^--kill$/.test(word))
      ? because('destructive', 'shell.signals', 'fuser -k ends every process that uses it')
      : because('read', 'shell.read', 'fuser without -k only looks');
  return undefined;
}

function ofKill(rest: readonly string[]): Reason {
  const told = targetsOf(rest);
  if (told === 'lists') return because('risky', 'shell.signals', 'kill -l names signals');
  const wide = told.length === 0 ? 'which processes it ends cannot be seen' : told.map(reach).find(Boolean);
  return wide === undefined
    ? because('risky', 'shell.signals', 'ends a process')
    : because('destructive', 'shell.signals', wide);
}

/** What comes after the signal: `-9`, `-KILL`, `-s KILL`, `-n 9`, `--signal KILL`, or none. */
function targetsOf(rest: readonly string[]): readonly string[] | 'lists' {
  const [first = '', ...others] = rest;
  if (/^(-l|-L|--list(=.*)?|--table)$/.test(first)) return 'lists';
  if (/^(-s|-n|-q|--signal|--queue)$/.test(first)) return targetsOf(others.slice(1));
  if (/^(-[snq].|--)\w+=?/.test(first) && first !== '--') return targetsOf(others);
  if (first === '--') return others;
  // A signal where a process follows; alone it may be taken for a group.
  return first.startsWith('-') && others.length > 0 ? others.filter((word) => word !== '--') : rest;
}

/** Undefined for one process. */
function reach(target: string): string | undefined {
  if (/^%/.test(target)) return undefined;
  if (!/^-?\d+$/.test(target))
    return `kill ${target} ends every process of that name, or one that cannot be seen`;
  const pid = Number(target);
  if (pid === -1) return 'kill of -1 ends everything that runs';
  if (pid === 1) return 'kill of 1 ends the first process, and with it the machine or container';
  return pid <= 0 ? 'kill of 0 or of a negative number ends a whole group of processes' : undefined;
}
