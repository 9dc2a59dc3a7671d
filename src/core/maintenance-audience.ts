/** Who hears of a maintenance window that names nobody: the channels that its incidents would be told by. Pure. */
import type { Configuration } from './configuration.ts';
import type { MaintenanceWindow } from './maintenance.ts';
import { policyFor } from './oncall/policy.ts';
import { levels } from './severity.ts';
import { formatDuration } from './time.ts';

type Rules = Pick<Configuration, 'escalation' | 'oncall' | 'notifiers' | 'services'>;

/**
 * Names of the channels in any step of the policies of what the window concerns, and those that ask for
 * `maintenance.scheduled` in `events`. Left out are pagers, which wake people or cost money with each message, and
 * channels whose `events` leave it out.
 */
export function usualAudience(
  { escalation, oncall, notifiers, services }: Rules,
  about: { readonly targets: readonly string[]; readonly services: readonly string[] },
): string[] {
  const isAll = about.targets.length + about.services.length === 0;
  const concerned = services.filter(
    (service) =>
      isAll ||
      about.services.includes(service.name) ||
      service.targets.some((target) => about.targets.includes(target)),
  );
  const steps = [[], ...concerned.map(({ name }) => [name])].flatMap((names) =>
    levels.flatMap((level) => policyFor({ escalation, oncall }, { level, services: names }).steps),
  );
  const told = new Set(steps.flatMap(({ notify }) => notify));
  return notifiers
    .filter(
      ({ name, isPager, events }) =>
        events?.includes('maintenance.scheduled') ?? (isPager !== true && told.has(name)),
    )
    .map(({ name }) => name);
}

/** `48 h ahead, at the start and at the end`; when that moment has passed, `now`. */
export function noticeWords(
  { noticeBeforeMs, rrule }: Pick<MaintenanceWindow, 'noticeBeforeMs' | 'rrule'>,
  startsInMs: number,
): string {
  const isLate = rrule === null && startsInMs < noticeBeforeMs;
  return `${isLate ? 'at once' : `${formatDuration(noticeBeforeMs)} ahead`}, at the start and at the end`;
}
