import { z } from 'zod';
import { type MaintenanceWindow, occurrencesOf, problemOf } from '../../core/maintenance.ts';
import { usualAudience } from '../../core/maintenance-audience.ts';
import { parseWall } from '../../core/oncall/wall-time.ts';
import { hintFor } from '../../core/suggest.ts';
import { parseDuration } from '../../core/time.ts';
import { UpkeepError } from '../../core/verb.ts';
import { zoneHint } from '../../core/zone-name.ts';
import { allWindows } from '../../pipeline/holds.ts';
import { planNotices } from '../../practices/maintenance/notices.ts';
import * as journal from '../../store/journal.ts';
import * as windowRows from '../../store/windows.ts';
import { defineVerb, type VerbContext } from '../context.ts';
import { windowView } from './view.ts';

const listed = z
  .union([z.array(z.string()), z.string()])
  .transform((given) =>
    (typeof given === 'string' ? given.split(',') : given).map((one) => one.trim()).filter(Boolean),
  );
const names = listed.prefault([]);
const defaultNoticeMs = 48 * 3_600_000;

export const maintenanceSchedule = defineVerb({
  name: 'maintenance.schedule',
  summary: 'Plans a maintenance window: notices are sent, checks go on, alerts are held and judged after',
  scope: 'operate',
  changes: true,
  route: 'POST /maintenance',
  positional: ['name'],
  examples: [
    'upkeep maintenance schedule new-disk --starts 2026-12-01T03:00 --for 1h --targets db --what "A larger disk"',
    'upkeep maintenance schedule patches --starts 2026-12-06T02:00 --repeat FREQ=WEEKLY;BYDAY=SU --for 2h --services api',
  ],
  input: z.object({
    name: z
      .string()
      .regex(/^[A-Za-z0-9][\w.-]{0,59}$/, 'letters, digits, - and _')
      .describe('what it is called; taken by one window at a time'),
    what: z.string().trim().min(3).max(200).optional().describe('brief description for the notice'),
    starts: z
      .string()
      .describe(
        'the first start: 2026-12-01T03:00 on the clock of its time zone, or with a zone, 2026-12-01T03:00:00Z',
      ),
    for: z.string().describe('how long: 30m, 2h'),
    repeat: z.string().optional().describe('RFC 5545 rule: FREQ=WEEKLY;BYDAY=SU'),
    timezone: z.string().optional().describe("default: the team's"),
    targets: names.describe('with commas between; with no target and no service everything is held'),
    services: names.describe('with commas between; their targets are held'),
    impact: z.string().max(500).optional().describe('what users will experience'),
    actionRequired: z.string().max(500).optional().describe('what users have to do'),
    notify: listed
      .optional()
      .describe(
        'channels that are told, or none; default: those that incidents of these targets use, pagers left out',
      ),
    noticeBefore: z.string().optional().describe('default: 48h'),
  }),
  async run({ ctx, input, actor }) {
    const window = { ...windowOf(ctx, input), createdBy: actor.name };
    const now = ctx.clock.now();
    const ends = window.rrule === null ? occurrencesOf(window, 0, Number.MAX_SAFE_INTEGER)[0]?.endsAt : null;
    if (ends !== null && (ends === undefined || ends <= now))
      throw new UpkeepError('bad-input', `starts: ${window.starts} in ${window.timezone} is over already`);
    await ctx.store.transaction(async (tx) => {
      const isTaken = (await allWindows(ctx, tx)).some(({ name }) => name === window.name);
      if (isTaken || !(await windowRows.insert(tx, window, now, ends)))
        throw new UpkeepError(
          'conflict',
          `there is a window ${window.name} already; choose another name or cancel it`,
        );
      await journal.append(tx, {
        at: now,
        actor: actor.name,
        kind: 'maintenance.scheduled',
        subject: `maintenance:${window.name}`,
        payload: {
          what: window.what,
          starts: window.starts,
          timezone: window.timezone,
          rrule: window.rrule,
          durationMs: window.durationMs,
        },
      });
      await planNotices(tx, [window], now);
    });
    ctx.changed();
    return windowView(window, now, ctx.configuration().notifiers);
  },
});

interface Asked {
  readonly name: string;
  readonly what?: string | undefined;
  readonly starts: string;
  readonly for: string;
  readonly repeat?: string | undefined;
  readonly timezone?: string | undefined;
  readonly targets: readonly string[];
  readonly services: readonly string[];
  readonly impact?: string | undefined;
  readonly actionRequired?: string | undefined;
  readonly notify?: readonly string[] | undefined;
  readonly noticeBefore?: string | undefined;
}

function windowOf(ctx: VerbContext, input: Asked): MaintenanceWindow {
  const { targets, services, notifiers, timezone } = ctx.configuration();
  const known = (key: string, given: readonly string[], found: readonly { name: string }[]) => {
    const all = found.map(({ name }) => name);
    const stranger = given.find((name) => !all.includes(name));
    if (stranger !== undefined)
      throw new UpkeepError(
        'bad-input',
        `${key}: there is no ${stranger}; ${hintFor(stranger, all) ?? `there are ${all.join(', ') || 'none'}`}`,
      );
    return given;
  };
  const concerned = {
    targets: known('targets', input.targets, targets),
    services: known('services', input.services, services),
  };
  const named = input.notify?.filter((name) => name !== 'none');
  const zone = input.timezone ?? timezone;
  const meant = zoneHint(zone);
  if (meant !== null)
    throw new UpkeepError('bad-input', `timezone: there is no time zone ${JSON.stringify(zone)}; ${meant}`);
  const problem = input.repeat === undefined ? null : problemOf(input.repeat, zone);
  if (problem !== null) throw new UpkeepError('bad-input', `repeat: ${problem}`);
  return {
    name: input.name,
    what: input.what ?? input.name,
    starts: wallTime('starts', input.starts, zone),
    timezone: zone,
    durationMs: duration('for', input.for),
    rrule: input.repeat ?? null,
    ...concerned,
    impact: input.impact ?? null,
    actionRequired: input.actionRequired ?? null,
    notify:
      named === undefined ? usualAudience(ctx.configuration(), concerned) : known('notify', named, notifiers),
    ...(named === undefined ? { isNotifyDefault: true } : {}),
    noticeBeforeMs:
      input.noticeBefore === undefined ? defaultNoticeMs : duration('noticeBefore', input.noticeBefore),
    isExcludedFromSlo: true,
    createdBy: null,
  };
}

function wallTime(key: string, text: string, zone: string): string {
  const wall = parseWall(text, zone);
  if (wall !== undefined) return wall;
  throw new UpkeepError(
    'bad-input',
    `${key}: ${JSON.stringify(text)} is no date and time; write 2026-12-01T03:00 (on the clock of ${zone}) or 2026-12-01T03:00:00Z`,
  );
}

function duration(key: string, text: string): number {
  const ms = parseDuration(text);
  if (ms === undefined || ms < 60_000)
    throw new UpkeepError('bad-input', `${key}: give a duration of at least 1m, such as 30m or 2h`);
  return ms;
}
