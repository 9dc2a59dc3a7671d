/** How whoever did something is called in a sentence; the command line of this machine names nobody. */
export function actorWords(name: string): string {
  return name === 'cli' ? 'somebody at the command line' : name;
}
