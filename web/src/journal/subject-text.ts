const idLength = 8;
const nouns: Readonly<Record<string, string>> = { configuration: 'upkeep.yaml', upkeep: 'Upkeep itself' };
const byId = new Set(['incident', 'action', 'silence', 'subscriber', 'override']);

/** `target db`, `incident 01990d2c`: ids as short as they are typed on the command line. */
export function subjectText(subject: string): string {
  const colon = subject.indexOf(':');
  if (colon === -1) return nouns[subject] ?? subject;
  const [kind, name] = [subject.slice(0, colon), subject.slice(colon + 1)];
  return `${kind} ${byId.has(kind) ? name.slice(0, idLength) : name}`;
}
