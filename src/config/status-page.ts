/** `statusPage:` */
import { resolve } from 'node:path';
import type { NotifierSettings, ServiceSettings } from '../core/configuration.ts';
import type { ComponentSettings, StatusPageSettings } from '../core/status-page.ts';
import { type Field, list, report, reportKey, section, shown, text } from './field.ts';
import { oneOf, reference, timezone } from './values.ts';

export interface StatusPageNames {
  readonly targets: readonly string[];
  readonly services: readonly Pick<ServiceSettings, 'name' | 'targets'>[];
  /** Declared, whether or not they can be read. */
  readonly notifiers: readonly Pick<NotifierSettings, 'name' | 'kind'>[];
}

interface Place {
  /** Of the team. */
  readonly name: string;
  readonly timezone: string;
  /** Where relative paths start. */
  readonly folder: string;
}

const accesses = ['off', 'link', 'public'] as const;
const keys = [
  'title',
  'access',
  'folder',
  'url',
  'timezone',
  'components',
  'announce',
  'subscriptions',
  'branding',
];

export function readStatusPage(
  field: Field | undefined,
  names: StatusPageNames,
  place: Place,
): { statusPage?: StatusPageSettings } {
  const part = field && section(field, keys);
  if (!field || !part) return {};
  const read = <T>(key: string, reader: (found: Field) => T | undefined): T | undefined => {
    const found = part.get(key);
    return found && reader(found);
  };
  const components = read('components', (found) => readComponents(found, names)) ?? everyService(names);
  const isSaid = field.source.problems.some(({ path }) => /^(services|statusPage\.components)\b/.test(path));
  if (components.length === 0 && !isSaid)
    reportKey(field, 'shows nothing: there are no services', 'name targets: components: [{ target: … }]');
  const access = read('access', (found) => oneOf(found, accesses)) ?? 'off';
  const subscriptions = part.get('subscriptions');
  if (subscriptions && access === 'off')
    report(
      subscriptions,
      'needs a page that Upkeep serves',
      'access: public, for the form and the links of mails',
    );
  return {
    statusPage: {
      title: read('title', text) ?? `${place.name} status`,
      access,
      folder: resolve(place.folder, read('folder', text) ?? 'data/status-page'),
      url: read('url', readUrl)?.replace(/\/+$/, '') ?? null,
      timezone: read('timezone', timezone) ?? place.timezone,
      components,
      announce: read('announce', (found) => oneOf(found, ['automatic', 'by-hand'])) ?? 'automatic',
      subscriptions: (subscriptions && readChannel(subscriptions, names.notifiers)) ?? null,
      branding: readBranding(part.get('branding'), place.folder),
    },
  };
}

/**
 * The channel to subscribers: as the notifier says, but with a queue and a breaker of its own, so that a thousand
 * subscribers or their dead addresses never keep a page to somebody on call waiting.
 */
export function subscriberChannel(
  { statusPage }: { readonly statusPage?: StatusPageSettings },
  notifiers: readonly NotifierSettings[],
): NotifierSettings[] {
  const channel = notifiers.find(({ name }) => name === statusPage?.subscriptions);
  if (!channel) return [];
  const { kind, settings } = channel;
  return [{ name: `${channel.name}@status-page`, kind, settings, events: [], links: [] }];
}

function everyService({ services }: StatusPageNames): ComponentSettings[] {
  return services.map(({ name, targets }) => ({
    ...{ name, group: null, description: null },
    ...{ targets, services: [name] },
  }));
}

function readComponents(field: Field, names: StatusPageNames): ComponentSettings[] {
  const seen = new Set<string>();
  return list(field).flatMap((item) => {
    const component = readComponent(item, names);
    if (!component) return [];
    if (seen.has(component.name)) report(item, `is a second component called ${component.name}`);
    seen.add(component.name);
    return [component];
  });
}

function readComponent(field: Field, names: StatusPageNames): ComponentSettings | undefined {
  const part = section(field, ['name', 'group', 'description', 'service', 'target']);
  if (!part) return undefined;
  const word = (key: string) => {
    const found = part.get(key);
    return found && text(found);
  };
  const [serviceField, targetField] = [part.get('service'), part.get('target')];
  if ((serviceField === undefined) === (targetField === undefined))
    return report(field, 'needs either a service or a target', '{ name: API, service: api }');
  const serviceNames = names.services.map(({ name }) => name);
  const service = serviceField && reference(serviceField, 'service', serviceNames);
  const target = targetField && reference(targetField, 'target', names.targets);
  const internal = service ?? target;
  if (internal === undefined) return undefined;
  const targets =
    target === undefined ? names.services.find(({ name }) => name === service)?.targets : [target];
  return {
    name: word('name') ?? internal,
    group: word('group') ?? null,
    description: word('description') ?? null,
    targets: targets ?? [],
    services: service === undefined ? [] : [service],
  };
}

function readChannel(field: Field, notifiers: StatusPageNames['notifiers']): string | undefined {
  const mail = notifiers.filter(({ kind }) => kind === 'email').map(({ name }) => name);
  // One of a kind that there is not may be meant for mail: its kind is the problem.
  const name = text(field);
  if (notifiers.some((one) => one.name === name && !mail.includes(one.name) && isUnread(field, one.name)))
    return undefined;
  return reference(field, 'e-mail notifier', mail);
}

function isUnread(field: Field, notifier: string): boolean {
  return field.source.problems.some(({ path }) => path === `notify.${notifier}.notifier`);
}

function readBranding(field: Field | undefined, folder: string): StatusPageSettings['branding'] {
  const part = field && section(field, ['logo', 'css', 'accent', 'footer']);
  const path = (key: string, ending: RegExp, hint: string) => {
    const found = part?.get(key);
    const value = found && text(found);
    if (!found || value === undefined) return null;
    return ending.test(value)
      ? resolve(folder, value)
      : (report(found, `${shown(found)} is ${hint}`) ?? null);
  };
  const [accentField, footerField] = [part?.get('accent'), part?.get('footer')];
  return {
    logo: path('logo', /\.(svg|png|jpe?g|webp|gif)$/i, 'no picture: svg, png, jpg, webp or gif'),
    css: path('css', /\.css$/i, 'no .css file'),
    accent: (accentField && readColour(accentField)) ?? null,
    footer: footerField ? (section(footerField)?.all ?? []).flatMap((link) => readLink(link) ?? []) : [],
  };
}

function readColour(field: Field): string | undefined {
  const value = text(field);
  if (value === undefined) return undefined;
  if (/^#[0-9a-f]{6}$/i.test(value)) return value.toLowerCase();
  return report(field, `${shown(field)} is no colour`, 'six digits in quotes: "#1c6fd0"');
}

function readLink(field: Field): { text: string; url: string } | undefined {
  const url = readUrl(field, /^(https?:\/\/|mailto:)/);
  return url === undefined ? undefined : { text: field.name, url };
}

function readUrl(field: Field, scheme = /^https?:\/\//): string | undefined {
  const value = text(field);
  if (value === undefined) return undefined;
  if (scheme.test(value) && URL.canParse(value)) return value;
  return report(field, `${shown(field)} is no address`, 'use https://status.example.org');
}
