/** `notify:` */

import { isMap } from 'yaml';
import type { NotifierSettings } from '../core/configuration.ts';
import { linkPurposes } from '../core/link.ts';
import { messageEvents } from '../core/message.ts';
import type { NotifierEntry } from '../core/notifier.ts';
import { hintFor } from '../core/suggest.ts';
import {
  type Field,
  getOrMisspelt,
  list,
  report,
  reportKey,
  resolved,
  type Section,
  section,
  shown,
  text,
} from './field.ts';
import { settings } from './settings.ts';
import { checkName } from './targets.ts';
import { oneOf, reference } from './values.ts';

const commonKeys = ['notifier', 'events', 'fallback', 'links'];

export function readNotifiers(
  field: Field | undefined,
  notifiers: readonly NotifierEntry[],
): { settings: NotifierSettings[]; declared: Pick<NotifierSettings, 'name' | 'kind'>[]; names: string[] } {
  const fields = (field && section(field)?.all) ?? [];
  const names = fields.map((notifierField) => notifierField.name);
  const read = fields.flatMap((notifierField) => {
    checkName(notifierField);
    const part = section(notifierField);
    return (part && readNotifier(part, notifiers, names)) ?? [];
  });
  // What a notifier lacks is its own problem: whoever names it has none.
  const declared = fields.map((notifierField) => {
    const known = read.find(({ name }) => name === notifierField.name);
    return { name: notifierField.name, kind: known?.kind ?? kindOf(notifierField) };
  });
  return { settings: read, declared, names };
}

/** As it is written, problems or not; empty where nothing is. */
function kindOf(field: Field): string {
  const node = resolved(field);
  const kind = isMap(node) ? node.get('notifier') : undefined;
  return typeof kind === 'string' ? kind : '';
}

function readNotifier(
  part: Section,
  notifiers: readonly NotifierEntry[],
  names: readonly string[],
): NotifierSettings | undefined {
  const kinds = notifiers.map((notifier) => notifier.kind);
  const kindField = getOrMisspelt(part, 'notifier', commonKeys);
  if (!kindField) return reportKey(part.field, 'has no notifier', `one of ${kinds.join(', ')}`);
  const kind = text(kindField);
  if (kind === undefined) return undefined;
  const entry = notifiers.find((notifier) => notifier.kind === kind);
  // Of a notifier that there is, its settings name the key.
  if (!entry && kindField.name !== 'notifier')
    reportKey(kindField, 'is not a key that belongs here', 'did you mean notifier?');
  if (!entry) report(kindField, `there is no notifier ${shown(kindField)}`, hintFor(kind, kinds));
  const eventsField = part.get('events');
  const events = eventsField && list(eventsField).flatMap((item) => oneOf(item, messageEvents) ?? []);
  const linksField = part.get('links');
  const links = linksField && list(linksField).flatMap((item) => oneOf(item, linkPurposes) ?? []);
  const fallbackField = part.get('fallback');
  const others = names.filter((name) => name !== part.field.name);
  const fallback = fallbackField && reference(fallbackField, 'other notifier', others);
  const own = entry && settings(part, entry.config, commonKeys);
  if (entry === undefined || own === undefined) return undefined;
  const takesCause = entry.takesCause(own);
  return {
    name: part.field.name,
    kind,
    settings: own,
    ...(entry.isPager ? { isPager: true } : {}),
    ...(takesCause === undefined ? {} : { takesCause }),
    ...(entry.tracksIncidents(own) ? { tracksIncidents: true } : {}),
    ...(events === undefined ? {} : { events }),
    ...(links === undefined ? {} : { links }),
    ...(fallback === undefined ? {} : { fallback }),
  };
}
