/** Services and databases that a render.yaml declares without saying where they are reached. */
import { join } from 'node:path';
import { field, parseOptional, readOptional } from './written-file.ts';

export interface RenderPart {
  readonly name: string;
  readonly kind: 'web' | 'postgres' | 'redis';
  /** Of a web service: the one to ask. */
  readonly healthCheckPath?: string;
}

export interface RenderFile {
  readonly parts: readonly RenderPart[];
  /** Those that its services listen on (`PORT`). */
  readonly ports: readonly number[];
}

/** The kind of the two names that Render has given to its Redis. */
const kinds: Readonly<Record<string, RenderPart['kind']>> = { web: 'web', redis: 'redis', keyvalue: 'redis' };

/** A missing or broken file declares nothing. A web service with domains is told by `declaredUrls`. */
export function readRenderFile(folder: string): RenderFile {
  const document = parseOptional(readOptional(join(folder, 'render.yaml')) ?? '');
  const services = listed(document, 'services');
  const found = services.flatMap((service): RenderPart[] => {
    const kind = kinds[String(field(service, 'type'))];
    const name = field(service, 'name');
    if (kind === undefined || typeof name !== 'string' || listed(service, 'domains').length > 0) return [];
    const health = field(service, 'healthCheckPath');
    return [
      { name, kind, ...(kind === 'web' && typeof health === 'string' ? { healthCheckPath: health } : {}) },
    ];
  });
  const databases = listed(document, 'databases').flatMap((database): RenderPart[] => {
    const name = field(database, 'name');
    return typeof name === 'string' ? [{ name, kind: 'postgres' }] : [];
  });
  const ports = services
    .flatMap((service) => listed(service, 'envVars'))
    .filter((entry) => field(entry, 'key') === 'PORT')
    .map((entry) => Number(field(entry, 'value')));
  return { parts: [...found, ...databases], ports: ports.filter((port) => port > 0) };
}

function listed(holder: unknown, name: string): readonly unknown[] {
  const list = field(holder, name);
  return Array.isArray(list) ? list : [];
}
