/** Who keeps a file locked: the kernel says it, so that nobody has to look for the process by hand. */
import { readFileSync, statSync } from 'node:fs';
import { basename } from 'node:path';

/** `file is in use by pid 4242 (node, another Upkeep): stop it (kill 4242)`; where the kernel does not say it, how to look. */
export function inUseWords(file: string): string {
  const pid = lockingPid(file);
  if (pid === null) return `${file} is in use by another process: stop it (sudo fuser -v ${file} names it)`;
  const words = textOf(`/proc/${pid}/cmdline`).split('\0');
  const name = basename(words[0] ?? '');
  const isUpkeep = words.some((word) => /(^|\/)(upkeep|upkeep\.js)$/.test(word));
  const about = [name, ...(isUpkeep ? ['another Upkeep'] : [])].filter(Boolean).join(', ');
  return `${file} is in use by pid ${pid}${about === '' ? '' : ` (${about})`}: stop it (kill ${pid})`;
}

/** Of the lines of /proc/locks the one of this very file: `4: POSIX  ADVISORY  WRITE 28584 fe:00:4252007 …`. */
function lockingPid(file: string): number | null {
  const { dev, ino } = statSync(file, { bigint: true });
  const major = ((dev >> 8n) & 0xfffn) | ((dev >> 32n) & ~0xfffn);
  const minor = (dev & 0xffn) | ((dev >> 12n) & ~0xffn & 0xffffffffn);
  const place = `${hex(major)}:${hex(minor)}:${ino}`;
  for (const line of textOf('/proc/locks').split('\n')) {
    const [, , , , pid, where] = line.split(/\s+/);
    if (where === place && Number(pid) > 0 && Number(pid) !== process.pid) return Number(pid);
  }
  return null;
}

const hex = (number: bigint) => number.toString(16).padStart(2, '0');

function textOf(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}
