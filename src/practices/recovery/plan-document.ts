/** The recovery plan as a report: what to do, and what is known of how long it takes. */
import { count } from '../../core/count.ts';
import type { Procedure, RecoveryPlan, Way, WayState } from '../../core/recovery-plan/plan.ts';
import { nothingDeclared, recoverySummary } from '../../core/recovery-plan/words.ts';
import { formatDuration } from '../../core/time.ts';
import type { Block, Figure, ReportDocument, Section, Tone } from '../reports/document.ts';
import { momentsIn, unknownText } from '../reports/words.ts';

const tones: Readonly<Record<WayState, Tone>> = {
  rehearsed: 'ok',
  stale: 'warning',
  slow: 'warning',
  failed: 'critical',
  never: 'critical',
  blocked: 'critical',
};

export function recoveryDocument(
  plan: RecoveryPlan,
  { timezone, version }: { readonly timezone: string; readonly version: string },
): ReportDocument {
  const moments = momentsIn(timezone);
  const ways = plan.procedures.flatMap((procedure) => procedure.ways);
  const gaps = plan.procedures.flatMap((procedure) => procedure.gaps);
  const isRed = ways.some(({ state }) => state === 'never' || state === 'blocked');
  const good = ways.filter(({ state }) => state === 'rehearsed');
  return {
    title: `${plan.name}: recovery plan`,
    span: `as it is declared and was measured on ${moments.long(plan.at)} (${timezone})`,
    tone: gaps.length > 0 || isRed ? 'critical' : good.length < ways.length ? 'warning' : 'ok',
    ...recoverySummary(plan),
    figures: figuresOf(ways, gaps),
    sections: plan.procedures.map((procedure) => sectionOf(procedure, moments.long)),
    footer: `Written by Upkeep ${version} from upkeep.yaml and what was measured. Print it, or keep it where it can be read when this is gone.`,
  };
}

function figuresOf(ways: readonly Way[], gaps: readonly string[]): Figure[] {
  const longest = (of: readonly (number | null)[]) => {
    const known = of.filter((ms) => ms !== null);
    return known.length === 0 ? null : Math.max(...known);
  };
  const [rto, rpo] = [longest(ways.map(({ rtoMs }) => rtoMs)), longest(ways.map(({ rpoMs }) => rpoMs))];
  const never = ways.filter(({ rehearsedAt }) => rehearsedAt === null).length;
  return [
    {
      label: 'Longest way back, measured (RTO)',
      value: rto === null ? unknownText : formatDuration(rto),
      note:
        rto === null
          ? 'never rehearsed'
          : `of ${count(ways.filter(({ rtoMs }) => rtoMs !== null).length, 'way')} that were measured`,
      tone: rto === null ? 'unknown' : 'quiet',
    },
    {
      label: 'Most that would be lost now (RPO)',
      value: rpo === null ? unknownText : formatDuration(rpo),
      note:
        rpo === null
          ? 'nothing is backed up, or nobody knows how far its log goes'
          : 'since the backup that a restore takes, or the log that it replays',
      tone: rpo === null ? 'unknown' : 'quiet',
    },
    {
      label: 'Never rehearsed',
      value: String(never),
      note: `of ${count(ways.length, 'way')} back; ${count(gaps.length, 'gap')} without any`,
      tone: never + gaps.length > 0 ? 'critical' : 'ok',
    },
  ];
}

function sectionOf({ title, when, ways, gaps }: Procedure, moment: (at: number) => string): Section {
  const times = (way: Way) => [
    { text: way.title, note: way.said, tone: 'quiet' as const },
    { text: way.rehearsedAt === null ? 'never' : moment(way.rehearsedAt), tone: tones[way.state] },
    { text: spent(way.rtoMs, way.objective?.rtoMs) },
    { text: spent(way.rpoMs, way.objective?.rpoMs) },
  ];
  const table: Block = {
    kind: 'table',
    columns: [
      { title: 'Way back' },
      { title: 'Rehearsed', isShort: true },
      { title: 'RTO measured / allowed', isShort: true },
      { title: 'RPO now / allowed', isShort: true },
    ],
    rows: ways.map(times),
  };
  const steps = ways.flatMap((way): Block[] => [
    { kind: 'text', text: `${way.title}:` },
    { kind: 'points', points: way.steps },
  ]);
  return {
    title,
    blocks: [
      { kind: 'text', text: when },
      ...(ways.length === 0 ? [] : [table, ...steps]),
      ...(ways.length + gaps.length === 0 ? [{ kind: 'text' as const, text: nothingDeclared }] : []),
      ...(gaps.length === 0
        ? []
        : [
            { kind: 'text' as const, text: 'No way back:' },
            { kind: 'points' as const, points: gaps },
          ]),
    ],
  };
}

function spent(measured: number | null, allowed: number | undefined): string {
  const known = measured === null ? unknownText : formatDuration(measured);
  return allowed === undefined ? known : `${known} / ${formatDuration(allowed)}`;
}
