/** What happens when nobody reads what Upkeep prints any more: `upkeep incident list | head -1`. */

/**
 * A command ends quietly with 0, as others in a pipe do; what has parts to stop stops them first. The service goes on:
 * that nobody reads its log is no reason to stop watching.
 */
export function endQuietlyOnClosedPipes(args: readonly string[]): void {
  const isService = args[0] === 'run';
  let isStopping = false;
  for (const stream of [process.stdout, process.stderr]) {
    stream.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code !== 'EPIPE' && error.code !== 'ERR_STREAM_DESTROYED') throw error;
      if (isService || isStopping) return;
      if (process.listenerCount('SIGTERM') === 0) process.exit(0);
      isStopping = true;
      process.kill(process.pid, 'SIGTERM');
    });
  }
}
