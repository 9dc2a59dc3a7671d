/** What is backed up, in the daily report: the last restore that proved it stands first. Pure. */
import { exposureOf, lostWords } from '../../core/backup/exposure.ts';
import type { PlanView } from '../../core/backup/view.ts';
import { formatDuration } from '../../core/time.ts';
import type { DailyFacts } from './daily-facts.ts';
import type { Cell, Item, Section } from './document.ts';
import { type Moments, unknownText } from './words.ts';

/** Empty where nothing is backed up: the recovery plan tells that. */
export function backupSection({ overview, to }: DailyFacts, moments: Moments): Section[] {
  const plans = overview.backups;
  if (plans.length === 0) return [];
  const wrong = plans.flatMap(({ name, wrong }) =>
    wrong.map((text): Item => ({ term: name, text, code: `upkeep backup list ${name}`, codeLabel: 'Look' })),
  );
  const columns = [
    { title: 'Backup' },
    { title: 'Last proven restore', isShort: true as const },
    { title: 'RTO measured', isNumber: true as const },
    { title: 'RPO now', isNumber: true as const },
    { title: 'Newest backup', isShort: true as const },
  ];
  const rows = plans.map((plan) => backupRow(plan, to, moments));
  return [
    {
      title: 'Backups',
      blocks: [
        { kind: 'table', columns, rows },
        ...(wrong.length > 0 ? [{ kind: 'items' as const, items: wrong }] : []),
      ],
    },
  ];
}

function backupRow(plan: PlanView, now: number, moments: Moments): Cell[] {
  const { name, target, engine, proven, lapsed, newestAt, restores, objectives, wrong } = plan;
  return [
    { text: name, note: `${target} by ${engine}` },
    proven === null
      ? lapsed
        ? {
            text: moments.short(lapsed.at),
            note: `red since ${moments.short(lapsed.redSince)}: ${lapsed.why}`,
            tone: 'critical',
          }
        : { text: 'never', tone: 'critical' }
      : {
          text: moments.short(proven.at),
          note: `level ${proven.level} of 6`,
          tone: wrong.length > 0 ? 'warning' : 'ok',
        },
    against((proven ?? lapsed)?.restoredInMs ?? null, objectives.rtoMs),
    against(exposureOf(plan, now), objectives.rpoMs),
    newestAt === null
      ? { text: 'none', tone: 'critical' }
      : {
          text: moments.short(newestAt),
          ...(restores?.passedOver != null && {
            note: `a restore takes ${moments.short(restores.at)}`,
            tone: 'warning',
          }),
        },
  ];
}

function against(measured: number | null, allowed: number): Cell {
  return {
    text: measured === null ? unknownText : lostWords(measured),
    note: `${formatDuration(allowed)} allowed`,
    ...(measured !== null && measured > allowed ? { tone: 'critical' as const } : {}),
  };
}
