/** A step of a plan, told in words, that ends with a command to be run as it stands. Pure. */

/** With what the commands begin that plans of restores name. */
const command =
  /^(.*?: )((?:\/[\w./-]+|sudo|runuser|mv|sed|systemctl|service|pg_ctlcluster|psql|redis-server|redis-cli|docker|podman|upkeep) .+)$/s;

/** The words before it, and the command; null where there is none. */
export function commandIn(step: string): readonly [words: string, command: string | null] {
  const [, words, line] = command.exec(step) ?? [];
  return words === undefined || line === undefined ? [step, null] : [words.trimEnd(), line];
}
