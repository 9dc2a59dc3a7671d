/** `notify:` */
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
): { settings: NotifierSettings[]; names: string[] } {
  const fields = (field && section(field)?.all) ?? [];
  const names = fields.map((notifierField) => notifierField.name);
  const read = fields.flatMap((notifierField) => {
    checkName(notifierField);
    const part = section(notifierField);
    return (part && readNotifier(part, notifiers, names)) ?? [];
  });
  return { settings: read, names };
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
  if (!entry) return report(kindField, `there is no notifier ${shown(kindField)}`, hintFor(kind, kinds));
  const eventsField = part.get('events');
  const events = eventsField && list(eventsField).flatMap((item) => oneOf(item, messageEvents) ?? []);
  const linksField = part.get('links');
  const links = linksField && list(linksField).flatMap((item) => oneOf(item, linkPurposes) ?? []);
  const fallbackField = part.get('fallback');
  const others = names.filter((name) => name !== part.field.name);
  const fallback = fallbackField && reference(fallbackField, 'other notifier', others);
  const own = settings(part, entry.config, commonKeys);
  if (own === undefined) return undefined;
  const takesCause = entry.takesCause(own);
  return {
    name: part.field.name,
    kind,
    settings: own,
    ...(entry.isPager ? { isPager: true } : {}),
    ...(takesCause === undefined ? {} : { takesCause }),
    ...(events === undefined ? {} : { events }),
    ...(links === undefined ? {} : { links }),
    ...(fallback === undefined ? {} : { fallback }),
  };
}
