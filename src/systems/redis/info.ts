import type { Ask } from './session.ts';

/** The `name:value` lines of INFO. */
export interface Info {
  text(name: string): string | undefined;
  number(name: string): number | undefined;
  names(prefix: string): string[];
}

/** Reads these sections, one INFO each, as servers before 7.0 take one section a time. */
export async function readInfo(ask: Ask, ...sections: readonly string[]): Promise<Info> {
  const answers = await Promise.all(sections.map((section) => ask('INFO', section)));
  return parseInfo(answers.map(String).join('\n'));
}

export function parseInfo(text: string): Info {
  const values = new Map<string, string>();
  for (const line of text.split(/\r?\n/)) {
    const colon = line.indexOf(':');
    if (colon > 0 && !line.startsWith('#')) values.set(line.slice(0, colon), line.slice(colon + 1));
  }
  return {
    text: (name) => values.get(name),
    number(name) {
      const value = Number.parseFloat(values.get(name) ?? '');
      return Number.isFinite(value) ? value : undefined;
    },
    names: (prefix) => [...values.keys()].filter((name) => name.startsWith(prefix)),
  };
}

/** `keys=10,expires=2,avg_ttl=0` as numbers; the form of keyspace and error lines. */
export function fieldsOf(value: string | undefined): Record<string, number> {
  return Object.fromEntries(
    (value ?? '').split(',').flatMap((part) => {
      const [name, number] = part.split('=');
      return name === undefined || number === undefined ? [] : [[name, Number(number)]];
    }),
  );
}

/** Keys and keys with an expiry over all databases. */
export function keyspaceOf(
  info: Info,
): { database: string; keys: number; expires: number; avgTtlMs: number }[] {
  return info
    .names('db')
    .filter((name) => /^db\d+$/.test(name))
    .map((database) => {
      const { keys = 0, expires = 0, avg_ttl: avgTtlMs = 0 } = fieldsOf(info.text(database));
      return { database, keys, expires, avgTtlMs };
    });
}

/** How often the server answered with this error since its start (Redis 6.2 and newer). */
export function errorsOf(info: Info, kind: string): number {
  return fieldsOf(info.text(`errorstat_${kind}`)).count ?? 0;
}

/** How often a command was called since the server started (INFO commandstats). */
export function callsOf(info: Info, command: string): number {
  return fieldsOf(info.text(`cmdstat_${command}`)).calls ?? 0;
}
