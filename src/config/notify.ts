/** `notify:` and `oncall:` */
import type { Configuration, EscalationStep, NotifierSettings } from '../core/configuration.ts';
import { messageEvents } from '../core/message.ts';
import type { NotifierEntry } from '../core/notifier.ts';
import { levels } from '../core/severity.ts';
import { type Field, list, report, reportKey, type Section, section, shown, text } from './field.ts';
import { settings } from './settings.ts';
import { hintFor } from './suggest.ts';
import { checkName } from './targets.ts';
import { duration, oneOf, reference } from './values.ts';

const commonKeys = ['notifier', 'events'];

export function readNotifiers(
  field: Field | undefined,
  notifiers: readonly NotifierEntry[],
): { settings: NotifierSettings[]; names: string[] } {
  const fields = (field && section(field)?.all) ?? [];
  const read = fields.flatMap((notifierField) => {
    checkName(notifierField);
    const part = section(notifierField);
    return (part && readNotifier(part, notifiers)) ?? [];
  });
  return { settings: read, names: fields.map((notifierField) => notifierField.name) };
}

function readNotifier(part: Section, notifiers: readonly NotifierEntry[]): NotifierSettings | undefined {
  const kinds = notifiers.map((notifier) => notifier.kind);
  const kindField = part.get('notifier');
  if (!kindField) return reportKey(part.field, 'has no notifier', `one of ${kinds.join(', ')}`);
  const kind = text(kindField);
  if (kind === undefined) return undefined;
  const entry = notifiers.find((notifier) => notifier.kind === kind);
  if (!entry) return report(kindField, `there is no notifier ${shown(kindField)}`, hintFor(kind, kinds));
  const eventsField = part.get('events');
  const events = eventsField && list(eventsField).flatMap((item) => oneOf(item, messageEvents) ?? []);
  const own = settings(part, entry.config, commonKeys);
  if (own === undefined) return undefined;
  return { name: part.field.name, kind, settings: own, ...(events === undefined ? {} : { events }) };
}

/** Where nothing is said, every level goes to every notifier at once. */
export function readEscalation(
  field: Field | undefined,
  notifierNames: readonly string[],
): Configuration['escalation'] {
  const part = field && section(field, ['escalation']);
  const escalationField = part?.get('escalation');
  const escalation = escalationField && section(escalationField, levels);
  const everybody: EscalationStep[] = notifierNames.map((notify) => ({ notify, afterMs: 0 }));
  const steps = (level: (typeof levels)[number]): readonly EscalationStep[] => {
    if (escalation === undefined) return everybody;
    const levelField = escalation.get(level);
    const read = levelField ? list(levelField).flatMap((item) => readStep(item, notifierNames) ?? []) : [];
    return read.sort((a, b) => a.afterMs - b.afterMs);
  };
  return {
    critical: steps('critical'),
    high: steps('high'),
    medium: steps('medium'),
    low: steps('low'),
  };
}

function readStep(field: Field, notifierNames: readonly string[]): EscalationStep | undefined {
  const part = section(field, ['notify', 'after']);
  if (part === undefined) return undefined;
  const [notifyField, afterField] = [part.get('notify'), part.get('after')];
  if (!notifyField) return reportKey(field, 'names nobody', 'write { notify: NAME, after: 0s }');
  const notify = reference(notifyField, 'notifier', notifierNames);
  const afterMs = afterField ? duration(afterField) : 0;
  return notify === undefined || afterMs === undefined ? undefined : { notify, afterMs };
}
