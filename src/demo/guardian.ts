import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';

/**
 * Outlives its parent, however that ends (kill -9 too): when the pipe to it closes it ends what it was told to
 * keep an eye on, the API that `api.pid` names (Upkeep may have restarted it), and removes the folder.
 * A pid is only touched while that process stands in the stack's folder, so a reused number is safe.
 * What was started but not named before the parent died is found by where it stands: everything of the stack has
 * no terminal, which spares the shell of somebody looking around. It looks again after the folder has gone, for
 * what was only just starting.
 */
const script = `
trap '' INT TERM HUP
folder=$1
kept=
ours() {
  [ -d /proc/self ] || { kill -0 "$1" 2>/dev/null; return; }
  case $(readlink "/proc/$1/cwd" 2>/dev/null) in "$folder"|"$folder"/*) return 0 ;; esac
  return 1
}
strays() {
  for stray in /proc/[0-9]*; do
    case $(readlink "$stray/cwd" 2>/dev/null) in "$folder"|"$folder"/*) ;; *) continue ;; esac
    read -r stat 2>/dev/null < "$stray/stat" || continue
    set -- \${stat##*) }
    [ "$5" = 0 ] && kill -s KILL "\${stray#/proc/}" 2>/dev/null
  done
}
while read -r word pid signal; do
  case $word in
    keep) kept="$kept $pid:$signal" ;;
    forget)
      rest=
      for entry in $kept; do [ "\${entry%%:*}" = "$pid" ] || rest="$rest $entry"; done
      kept=$rest ;;
  esac
done
if read -r pid 2>/dev/null < "$folder/api.pid"; then kept="$kept $pid:KILL"; fi
for entry in $kept; do ours "\${entry%%:*}" && kill -s "\${entry##*:}" "\${entry%%:*}" 2>/dev/null; done
tries=0
while [ $tries -lt 40 ]; do
  left=
  for entry in $kept; do ours "\${entry%%:*}" && left=yes; done
  [ -z "$left" ] && break
  tries=$((tries + 1))
  sleep 0.1
done
for entry in $kept; do ours "\${entry%%:*}" && kill -s KILL "\${entry%%:*}" 2>/dev/null; done
strays
for mount in $(cut -d' ' -f2 /proc/self/mounts 2>/dev/null); do
  case $mount in "$folder"/*) umount -l "$mount" ;; esac
done
rm -rf -- "$folder"
strays
`;

export type EndSignal = 'KILL' | 'TERM' | 'QUIT' | 'INT';

export interface Guardian {
  readonly pid: number;
  /** From now on this process ends with us, by that signal. */
  keep(pid: number, signal: EndSignal): void;
  forget(pid: number): void;
  /** Ends what is left and removes the folder. */
  release(): Promise<void>;
}

export async function startGuardian(folder: string): Promise<Guardian> {
  const child: ChildProcess = spawn('sh', ['-c', script, 'upkeep-demo-guardian', folder], {
    cwd: '/',
    detached: true,
    stdio: ['pipe', 'ignore', 'ignore'],
  });
  await once(child, 'spawn');
  const pipe = child.stdin;
  if (child.pid === undefined || pipe === null) throw new Error('the guardian of the demo did not start');
  // A guardian that was killed must not take us along by EPIPE.
  pipe.on('error', () => {});
  const ended = once(child, 'exit');
  return {
    pid: child.pid,
    keep: (pid, signal) => void pipe.write(`keep ${pid} ${signal}\n`),
    forget: (pid) => void pipe.write(`forget ${pid}\n`),
    async release() {
      pipe.end();
      await ended;
    },
  };
}
