/** `failover:` a map from a name to a pair of servers: which takes over, how the old one is fenced, how clients are led over. */
import type { FailoverSettings, FailoverSwitch } from '../core/failover.ts';
import type { SystemEntry } from '../core/system.ts';
import { type Field, list, report, reportKey, type Section, section, shown, text } from './field.ts';
import { checkName } from './targets.ts';
import { reference } from './values.ts';

const keys = ['primary', 'replica', 'fence', 'switch', 'through'];
const switchKeys = ['haproxy', 'backend', 'primary', 'replica', 'show', 'to'];
/** Name of a backend or server as the runtime API takes it. */
const proxyName = /^[A-Za-z0-9_.:-]+$/;

interface Around {
  readonly targets: readonly { readonly name: string; readonly system: string }[];
  readonly systems: readonly SystemEntry[];
}

export function readFailovers(field: Field | undefined, around: Around): { failovers?: FailoverSettings[] } {
  if (field === undefined) return {};
  const taken = new Map<string, string>();
  const failovers = (section(field)?.all ?? []).flatMap((pair) => {
    checkName(pair);
    const part = section(pair, keys);
    const read = part && readPair(part, around);
    if (!part || !read) return [];
    for (const key of ['primary', 'replica'] as const) {
      const before = taken.get(read[key]);
      if (before !== undefined)
        report(part.get(key) ?? part.field, `${read[key]} belongs to the pair ${before} already`);
      taken.set(read[key], pair.name);
    }
    return [read];
  });
  return { failovers };
}

function readPair(part: Section, around: Around): FailoverSettings | undefined {
  for (const [key, hint] of [
    ['primary', 'primary: the name of a target'],
    ['replica', 'replica: the name of the target that takes over'],
    [
      'switch',
      'switch: { haproxy: proxy, backend: db, primary: db1, replica: db2 }, or { show: [ … ], to: [ … ] }',
    ],
    ['through', 'through: the host:port that clients connect to'],
  ] as const) {
    if (!part.get(key)) reportKey(part.field, `has no ${key}`, hint);
  }
  const primary = readServer(part.get('primary'), around);
  const replica = readServer(part.get('replica'), around);
  const fence = readWords(part.get('fence'));
  const way = readSwitch(part.get('switch'), around);
  const through = readAddress(part.get('through'));
  if (primary !== undefined && primary === replica)
    return report(part.get('replica') ?? part.field, 'is the primary itself');
  if (!primary || !replica || !way || !through) return undefined;
  return { name: part.field.name, primary, replica, fence: fence ?? null, switch: way, through };
}

/** A target of a system that can be promoted. */
function readServer(field: Field | undefined, { targets, systems }: Around): string | undefined {
  const name =
    field &&
    reference(
      field,
      'target',
      targets.map((one) => one.name),
    );
  if (field === undefined || name === undefined) return undefined;
  const kinds = systems
    .filter(({ kind, actions }) => actions.some(({ id }) => id === `${kind}.promote`))
    .map(({ kind }) => kind);
  const own = targets.find((one) => one.name === name)?.system ?? '';
  if (kinds.includes(own)) return name;
  return report(field, `${shown(field)} is a target of ${own}`, `Upkeep can promote: ${kinds.join(', ')}`);
}

function readSwitch(field: Field | undefined, { targets }: Around): FailoverSwitch | undefined {
  const part = field && section(field, switchKeys);
  if (!field || !part) return undefined;
  const proxy = part.get('haproxy');
  if (proxy === undefined) return readPrograms(part);
  const proxies = targets.filter(({ system }) => system === 'haproxy').map(({ name }) => name);
  const name = reference(proxy, 'target of system haproxy', proxies);
  const words = (['backend', 'primary', 'replica'] as const).map((key) => {
    const own = part.get(key);
    if (own === undefined) return reportKey(field, `has no ${key}`, `${key}: as HAProxy names it`);
    const value = text(own);
    return value === undefined || proxyName.test(value)
      ? value
      : report(own, `${shown(own)} is no name of HAProxy`);
  });
  const [backend, primary, replica] = words;
  if (!name || !backend || !primary || !replica) return undefined;
  return { by: 'proxy', proxy: name, backend, primary, replica };
}

function readPrograms(part: Section): FailoverSwitch | undefined {
  const [show, to] = [readWords(part.get('show')), readWords(part.get('to'))];
  if (!part.get('show') || !part.get('to'))
    return reportKey(
      part.field,
      'names no way',
      'haproxy: a target of system haproxy, or show: [ … ] and to: [ … ]',
    );
  if (!show || !to) return undefined;
  if (!to.some((word) => word.includes('{target}')))
    return report(
      part.get('to') ?? part.field,
      'does not say where clients go',
      'put {target} where its name belongs',
    );
  return { by: 'programs', show, to };
}

/** Program and arguments; never a shell. */
function readWords(field: Field | undefined): string[] | undefined {
  if (field === undefined) return undefined;
  const words = list(field).flatMap((word) => text(word) ?? []);
  return words.length > 0 ? words : report(field, 'names no program', '[ program, argument, … ]');
}

function readAddress(field: Field | undefined): string | undefined {
  const value = field && text(field);
  if (field === undefined || value === undefined) return undefined;
  return /^(\[[0-9A-Fa-f:]+\]|[A-Za-z0-9_.-]+):\d{1,5}$/.test(value)
    ? value
    : report(field, `${shown(field)} is no host:port`, 'use db.internal:5432');
}
