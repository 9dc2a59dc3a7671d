import { z } from 'zod';
import {
  type RecoveryFacts,
  type RecoveryPlan,
  type Rehearsal,
  recoveryPlan,
} from '../../core/recovery-plan/plan.ts';
import { servicesReached } from '../../core/topology.ts';
import type { ActionView } from '../../core/view.ts';
import type { Watched } from '../../pipeline/bound.ts';
import { reportPdf } from '../../practices/postmortem/pdf.ts';
import { repositoryOf } from '../../practices/recovery/ground.ts';
import { recoveryDocument } from '../../practices/recovery/plan-document.ts';
import { reportHtml } from '../../practices/reports/html.ts';
import { reportMarkdown } from '../../practices/reports/markdown.ts';
import * as actionRows from '../../store/actions.ts';
import { planViews } from '../backup/plans.ts';
import { defineVerb, type VerbContext } from '../context.ts';
import { drillScoreboard, type ScoreboardView } from '../drill/scoreboard.ts';
import { isPromotion, readinessOf } from './failover-readiness.ts';

const formats = ['markdown', 'html', 'pdf'] as const;

export interface WrittenRecoveryPlan {
  readonly title: string;
  readonly format: (typeof formats)[number];
  /** Text, or base64 of a PDF. */
  readonly content: string;
  readonly encoding: 'text' | 'base64';
  readonly plan: RecoveryPlan;
}

export const reportRecoveryPlan = defineVerb({
  name: 'report.recovery-plan',
  summary:
    'Writes the recovery plan (database, application, region) from the configuration, with the times of the last rehearsals; says what was never rehearsed',
  scope: 'read',
  changes: false,
  route: 'GET /reports/recovery-plan',
  positional: [],
  examples: ['upkeep report recovery-plan', 'upkeep report recovery-plan --format html > recovery-plan.html'],
  input: z.object({ format: z.enum(formats).default('markdown').describe('PDF comes as base64') }),
  async run({ ctx, input, actor }): Promise<WrittenRecoveryPlan> {
    const board = await drillScoreboard.run({ ctx, input: {}, actor }).catch(() => null);
    const plan = recoveryPlan(await gather(ctx, board));
    const { timezone } = ctx.configuration();
    const document = recoveryDocument(plan, { timezone, version: ctx.version });
    const { format } = input;
    const content =
      format === 'pdf'
        ? (await reportPdf(document)).toString('base64')
        : format === 'html'
          ? reportHtml(document)
          : reportMarkdown(document);
    return { title: document.title, format, content, encoding: format === 'pdf' ? 'base64' : 'text', plan };
  },
});

/** Enough to find the last of each kind. */
const lookedAt = 500;

async function gather(ctx: VerbContext, board: ScoreboardView | null): Promise<RecoveryFacts> {
  const configuration = ctx.configuration();
  const { targets, topology } = ctx.estate();
  const { failovers = [] } = configuration;
  const views = await planViews(ctx);
  const endedOf = async (filter: Pick<actionRows.ActionFilter, 'deed'>) =>
    (
      await actionRows.list(ctx.store.db, {
        ...filter,
        states: ['done', 'failed', 'undone'],
        limit: lookedAt,
      })
    ).filter(({ appliedAt, plan }) => appliedAt !== null && plan.undoes === undefined);
  // A promotion may be years old and counts until the next one.
  const promotions = await endedOf({ deed: 'promote' });
  const ended = [...promotions, ...(await endedOf({}))];
  const lastOf = (target: string, isOne: (action: string) => boolean) => {
    const found = ended.find(({ plan }) => plan.target === target && isOne(plan.action));
    return found ? { ...rehearsalOf(found), action: found.plan.action } : null;
  };
  return {
    name: configuration.name,
    now: ctx.clock.now(),
    dataTargets: [...targets].flatMap(([name, watched]) => (holdsData(watched) ? [name] : [])),
    fileTargets: [...targets].flatMap(([name, { bound }]) =>
      bound.engines?.some((engine) => engine.wantsPaths) ? [name] : [],
    ),
    backups: configuration.backups.flatMap((plan) => {
      const { name, rpoMs, rtoMs, target, engine: id, keepsLog = false } = plan;
      const view = views.find((one) => one.name === name);
      const engine = targets.get(target)?.bound.engines?.find((one) => one.id === id);
      const { restoresInto: into, putInPlace } = engine ?? {};
      const folder = repositoryOf(plan);
      const liesIn = engine?.liesIn?.({ folder }) ?? undefined;
      const elsewhere = engine?.elsewhere?.replaceAll('FOLDER', folder);
      const hands = {
        ...(into && { into }),
        ...(putInPlace && { putInPlace }),
        ...(elsewhere && { elsewhere }),
        ...(liesIn && { liesIn }),
      };
      return view ? [{ objective: { rpoMs, rtoMs }, view, keepsLog, ...hands }] : [];
    }),
    failovers: await Promise.all(
      failovers.map(async (settings) => ({
        settings,
        last: lastOf(settings.replica, isPromotion),
        readiness: await readinessOf(ctx, settings, promotions),
      })),
    ),
    unpaired: [...targets].flatMap(([target, { bound }]) =>
      bound.actions.some(({ id }) => isPromotion(id)) &&
      failovers.every(({ primary, replica }) => primary !== target && replica !== target)
        ? [{ target, services: servicesReached(topology, target) }]
        : [],
    ),
    failoverDrill: drillOf(board),
    parts: configuration.services.flatMap((service) =>
      service.targets
        .filter((target) => !targets.get(target)?.bound.engines?.length)
        .map((target) => {
          const actions = (targets.get(target)?.bound.actions ?? [])
            .map(({ id }) => id)
            .filter((id) => bringsBack.test(id));
          return {
            service: service.name,
            target,
            actions,
            last: lastOf(target, (id) => actions.includes(id)),
          };
        }),
    ),
  };
}

/** A cache holds nothing of its own, and what faults are injected into on purpose is no loss. */
function holdsData({ settings, bound }: Watched): boolean {
  const isSpare = settings.allowsDrills === true || settings.isGuess === true;
  return (bound.engines ?? []).length > 0 && !isSpare && settings.settings.role !== 'cache';
}

const bringsBack =
  /\.(restart|start|resume|rollback-release|restore-last-good|ready-server|renew-certificate|restore-certificate)$/;

function rehearsalOf({ appliedAt, endedAt, state, plan }: ActionView): Rehearsal {
  // The hold is ours: users had it back when it began.
  const tookMs =
    appliedAt === null || endedAt === null ? null : Math.max(0, endedAt - appliedAt - plan.holdMs);
  return { at: appliedAt ?? 0, tookMs: state === 'done' ? tookMs : null, isGood: state === 'done' };
}

/** Only where it was played on this machine: a drill of others rehearses nothing here. */
function drillOf(board: ScoreboardView | null): Rehearsal | null {
  const score = board?.origin === 'own' ? board.scores.find(({ id }) => id.endsWith('.failover')) : undefined;
  return board && score ? { at: board.endedAt, tookMs: score.mitigateMs, isGood: score.passed } : null;
}
