/** The services of a compose file, with its variables filled in. */
import { join } from 'node:path';
import { entries, field, parseOptional, readOptional } from './written-file.ts';

export type Variables = Readonly<Record<string, string | undefined>>;

const fileNames = ['compose.yaml', 'compose.yml', 'docker-compose.yaml', 'docker-compose.yml'] as const;

export interface ComposeService {
  readonly name: string;
  readonly image: string;
  /** Port inside the container to port of this machine. */
  readonly published: ReadonlyMap<number, number>;
  readonly environment: Variables;
}

export interface ComposeFile {
  /** `compose.yaml` */
  readonly file: string;
  readonly services: readonly ComposeService[];
}

/** The first that there is, as compose chooses; none is a file without services. */
export function readComposeFile(folder: string, variables: Variables): ComposeFile {
  for (const file of fileNames) {
    const text = readOptional(join(folder, file));
    if (text !== undefined) return { file, services: servicesOf(parseOptional(text), variables) };
  }
  return { file: fileNames[0], services: [] };
}

function servicesOf(document: unknown, variables: Variables): ComposeService[] {
  return entries(field(document, 'services')).map(([name, service]) => ({
    name,
    image: interpolate(String(field(service, 'image') ?? ''), variables) ?? '',
    published: publishedPorts(field(service, 'ports'), variables),
    environment: environmentOf(field(service, 'environment'), variables),
  }));
}

/** `5433:5432`, `127.0.0.1:5433:5432/tcp`, or { target, published }. */
function publishedPorts(ports: unknown, variables: Variables): Map<number, number> {
  const found = new Map<number, number>();
  for (const port of Array.isArray(ports) ? ports : []) {
    const [inside, outside] =
      typeof port === 'object'
        ? [field(port, 'target'), field(port, 'published')]
        : (interpolate(String(port), variables) ?? '')
            .replace(/\/\w+$/, '')
            .split(':')
            .reverse();
    if (Number(inside) > 0 && Number(outside) > 0) found.set(Number(inside), Number(outside));
  }
  return found;
}

/** A map, or a list of NAME=value. */
function environmentOf(environment: unknown, variables: Variables): Variables {
  const pairs = Array.isArray(environment)
    ? environment.map((line): [string, unknown] => {
        const [, name = '', value] = /^([^=]+)(?:=(.*))?$/s.exec(String(line)) ?? [];
        return [name, value];
      })
    : entries(environment);
  return Object.fromEntries(
    pairs.map(([name, value]) => [
      name,
      value === null || value === undefined ? variables[name] : interpolate(String(value), variables),
    ]),
  );
}

/** `${NAME}`, `${NAME:-default}` and `$$` as compose has them; undefined when a variable is not set. */
function interpolate(text: string, variables: Variables): string | undefined {
  let isComplete = true;
  const filled = text.replace(
    /\$\$|\$\{(\w+)(?::?-([^}]*))?[^}]*\}|\$(\w+)/g,
    (all, braced, fallback, bare) => {
      if (all === '$$') return '$';
      const value = variables[String(braced ?? bare)] ?? fallback;
      if (value === undefined) isComplete = false;
      return String(value ?? '');
    },
  );
  return isComplete ? filled : undefined;
}
