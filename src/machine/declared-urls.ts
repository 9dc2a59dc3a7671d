/** Addresses that a project declares: environment, `.env`, compose file, render.yaml. */
import { join } from 'node:path';
import { parseEnv } from 'node:util';
import type { Surroundings } from '../core/system.ts';
import { type ComposeService, readComposeFile, type Variables } from './compose-file.ts';
import { field, parseOptional, readOptional } from './written-file.ts';

export type DeclaredUrl = Surroundings['urls'][number];

const fromEnvironment = 'the environment';

const storeUrl = /^(postgres(ql)?|rediss?|mysql|mariadb|tidb|amqps?|mongodb(\+srv)?):\/\//;
/** Addresses that are used, not kept up: hooks carry secrets, registries and proxies belong to others. */
const notOurs =
  /^(npm_|GIT_|YARN_|PNPM_)|PROXY|REGISTRY|HOOK|DSN|SENTRY|CALLBACK|REDIRECT|DOCS?(_|$)|HOMEPAGE|REPOSITORY|MIRROR|TELEMETRY|OTEL/i;

/** Those of the environment first, then the files in the order above; each address once. */
export function declaredUrls(env: Variables, folder: string): DeclaredUrl[] {
  const dotEnv = readDotEnv(folder);
  const found = [
    ...urlsOf(env, fromEnvironment),
    // What the environment sets too is never read from .env.
    ...urlsOf(dotEnv, '.env').filter((entry) => env[entry.variable] === undefined),
    ...composeUrls(folder, declaredVariables(env, folder)),
    ...renderUrls(folder),
  ];
  return found.filter((entry, at) => found.findIndex((other) => other.url === entry.url) === at);
}

/** Those of the environment, and those of `.env` that it does not set. */
export function declaredVariables(env: Variables, folder: string): Variables {
  return { ...readDotEnv(folder), ...env };
}

function readDotEnv(folder: string): Variables {
  const text = readOptional(join(folder, '.env'));
  if (text === undefined) return {};
  try {
    return parseEnv(text);
  } catch {
    return {};
  }
}

function urlsOf(variables: Variables, from: string): DeclaredUrl[] {
  return Object.entries(variables).flatMap(([variable, url]) =>
    url !== undefined && isOurs(variable, url) ? { url, variable, from } : [],
  );
}

function isOurs(variable: string, url: string): boolean {
  if (!URL.canParse(url) || notOurs.test(variable)) return false;
  if (storeUrl.test(url)) return new URL(url).hostname !== '';
  return /^https?:\/\//.test(url) && /(^|_)(URL|URI|ENDPOINT|ADDRESS|HOST|ORIGIN)$/i.test(variable);
}

/** Only what is published on this machine can be reached from it. */
function composeUrls(folder: string, variables: Variables): DeclaredUrl[] {
  const { file, services } = readComposeFile(folder, variables);
  return services.flatMap((service) => [
    ...serverUrl(service, file),
    ...Object.entries(service.environment).flatMap(([variable, value]) => {
      const url = value !== undefined && isOurs(variable, value) ? published(value, services) : undefined;
      return url === undefined ? [] : { url, variable, from: `${file} (${service.name})` };
    }),
  ]);
}

/** A database of the compose file itself, with the account that its environment makes. */
function serverUrl(
  { image, name, published: ports, environment }: ComposeService,
  file: string,
): DeclaredUrl[] {
  const from = `${file} (${name})`;
  const program =
    /(?:^|\/)(postgres|postgis|timescaledb|pgvector|redis|valkey|mysql|mariadb)(?:[:@-]|$)/.exec(image)?.[1];
  const isRedis = program === 'redis' || program === 'valkey';
  const isMysql = program === 'mysql' || program === 'mariadb';
  const port = ports.get(isRedis ? 6379 : isMysql ? 3306 : 5432);
  if (program === undefined || port === undefined) return [];
  if (isRedis) return [{ url: `redis://127.0.0.1:${port}`, variable: name, from }];
  if (isMysql) return [{ url: mysqlUrl(environment, port), variable: name, from }];
  const user = encodeURIComponent(environment.POSTGRES_USER ?? 'postgres');
  const password =
    environment.POSTGRES_PASSWORD === undefined
      ? ''
      : `:${encodeURIComponent(environment.POSTGRES_PASSWORD)}`;
  const database = encodeURIComponent(environment.POSTGRES_DB ?? environment.POSTGRES_USER ?? 'postgres');
  return [{ url: `postgres://${user}${password}@127.0.0.1:${port}/${database}`, variable: name, from }];
}

/** Both images take the variables of MySQL; MariaDB's also its own. */
function mysqlUrl(environment: Variables, port: number): string {
  const of = (name: string) => environment[`MARIADB_${name}`] ?? environment[`MYSQL_${name}`];
  const user = of('USER');
  const password = user === undefined ? of('ROOT_PASSWORD') : of('PASSWORD');
  const secret = password === undefined ? '' : `:${encodeURIComponent(password)}`;
  const database = encodeURIComponent(of('DATABASE') ?? '');
  return `mysql://${encodeURIComponent(user ?? 'root')}${secret}@127.0.0.1:${port}/${database}`;
}

const defaultPorts: Readonly<Record<string, number>> = {
  'postgres:': 5432,
  'postgresql:': 5432,
  'redis:': 6379,
  'mysql:': 3306,
  'mariadb:': 3306,
  'http:': 80,
};

/** The address as this machine reaches it; undefined for what lives inside the compose network alone. */
function published(text: string, services: readonly ComposeService[]): string | undefined {
  const url = new URL(text);
  const service = services.find((each) => each.name === url.hostname);
  if (service === undefined) return url.hostname.includes('.') ? text : undefined;
  const port = service.published.get(Number(url.port) || (defaultPorts[url.protocol] ?? 0));
  if (port === undefined) return undefined;
  return text.replace(/(:\/\/(?:[^/@]*@)?)[^/?#]*/, `$1127.0.0.1:${port}`);
}

/** Values written into render.yaml, and the domains of its web services with their health check. */
function renderUrls(folder: string): DeclaredUrl[] {
  const text = readOptional(join(folder, 'render.yaml'));
  if (text === undefined) return [];
  const services = field(parseOptional(text), 'services');
  return (Array.isArray(services) ? services : []).flatMap((service) => {
    const name = String(field(service, 'name') ?? 'web');
    const from = `render.yaml (${name})`;
    const health = String(field(service, 'healthCheckPath') ?? '/');
    const domains = field(service, 'domains');
    const variables = field(service, 'envVars');
    return [
      ...(Array.isArray(domains) ? domains : []).map((domain) => ({
        url: `https://${domain}${health}`,
        variable: name,
        from,
      })),
      ...(Array.isArray(variables) ? variables : []).flatMap((entry) => {
        const [variable, url] = [String(field(entry, 'key')), field(entry, 'value')];
        return typeof url === 'string' && isOurs(variable, url) ? { url, variable, from } : [];
      }),
    ].filter((entry) => URL.canParse(entry.url));
  });
}
