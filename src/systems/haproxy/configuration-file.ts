/** haproxy.cfg as far as Upkeep reads it: sections, their lines, and how servers are checked. */
import { redact } from '../../core/redact.ts';

export interface Section {
  /** `backend app` */
  readonly name: string;
  /** Without comments, words by one space. */
  readonly lines: readonly string[];
}

const sectionWords = new Set([
  'global',
  'defaults',
  'frontend',
  'backend',
  'listen',
  'userlist',
  'peers',
  'resolvers',
  'mailers',
  'program',
  'cache',
  'ring',
  'http-errors',
  'fcgi-app',
  'crt-store',
  'log-forward',
]);

export function parseConfiguration(text: string): Section[] {
  const sections: { name: string; lines: string[] }[] = [];
  for (const raw of text.split('\n')) {
    const line = withoutComment(raw).trim().replace(/\s+/g, ' ');
    if (line === '') continue;
    if (sectionWords.has(line.split(' ')[0] ?? '')) sections.push({ name: line, lines: [] });
    else sections.at(-1)?.lines.push(line);
  }
  return sections;
}

function withoutComment(line: string): string {
  return /^((?:\\.|"(?:\\.|[^"\\])*"|'[^']*'|[^#\\"'])*)/.exec(line)?.[1] ?? line;
}

/** Each line under its section and first words, numbered where they stand more than once; no secrets. */
export function documentOf(text: string): Record<string, string> {
  const values = new Map<string, string>();
  for (const { name, lines } of parseConfiguration(text)) {
    for (const line of lines) {
      const [first = '', second = '', ...rest] = line.split(' ');
      const isNamed = ['server', 'option', 'timeout', 'stats', 'bind', 'acl', 'user'].includes(first);
      const key = `${name}: ${isNamed ? `${first} ${second}` : first}`;
      const value = isNamed ? rest.join(' ') : [second, ...rest].join(' ');
      values.set(freeKey(values, key), withoutSecrets(line, value));
    }
  }
  return Object.fromEntries(values);
}

function freeKey(values: ReadonlyMap<string, string>, key: string): string {
  for (let number = 1; ; number++) {
    const candidate = number === 1 ? key : `${key} (${number})`;
    if (!values.has(candidate)) return candidate;
  }
}

function withoutSecrets(line: string, value: string): string {
  if (/^(user|stats auth) /.test(line))
    return value.replace(/(\S+:|password |insecure-password )\S+/g, '$1(hidden)');
  return redact(value);
}

/** The path that a backend's health check asks; undefined where it asks none, or another way than HTTP. */
export function checkPathOf(text: string, backend: string): string | undefined {
  const sections = parseConfiguration(text);
  const at = sections.findIndex(({ name }) => name === `backend ${backend}` || name === `listen ${backend}`);
  const own = sections[at]?.lines ?? [];
  const defaults =
    sections
      .slice(0, Math.max(0, at))
      .filter(({ name }) => name.startsWith('defaults'))
      .at(-1)?.lines ?? [];
  return pathIn(own) ?? pathIn(defaults);
}

function pathIn(lines: readonly string[]): string | undefined {
  for (const line of lines) {
    const send = /^http-check send\b.*?\buri (\S+)/.exec(line);
    if (send?.[1] !== undefined) return send[1];
  }
  for (const line of lines) {
    const found = /^option httpchk(?: (\S+))?(?: (\S+))?/.exec(line);
    if (found !== null) return found[2] ?? found[1];
  }
  return undefined;
}
