import type { Change } from '../../../core/change.ts';
import type { Evidence } from '../../../core/evidence.ts';
import type { Diagnosis, DiagnosisContext } from '../../../core/system.ts';
import { formatDuration } from '../../../core/time.ts';
import type { HttpClient } from '../client.ts';
import { buildsEvidence, judgeBuilds } from './builds.ts';
import { dependenciesIn } from './dependencies.ts';
import { look } from './look.ts';
import { factsOf, idsOf } from './reading.ts';

const id = 'http.bad-release';
/** What is looked at before a deployment. */
const beforeMs = 15 * 60_000;
/** A new build that answers with errors does so with its first requests; what begins later has another cause. */
const rightAfterMs = 2 * 60_000;
/** Clocks of who reports a deployment and of checks differ a little. */
const skewMs = 5_000;
const leastBefore = 5;
const leastSince = 2;
/** Share of 5xx answers: hardly any before, most of them since. */
const mostBefore = 0.05;
const least = 0.5;
/** A build that fails now and then is told from chance by many good checks before it, and several bad ones since (J). */
const inPart = { share: 0.1, errors: 3, before: 20 };

/** An application that answers, with server errors, since the moment at which another release of it went into force. */
export const badRelease: Diagnosis<HttpClient> = {
  id,
  title: 'errors began with a deployment',
  summary: 'Server errors began right after a deployment, and nothing that the application needs is ill',
  explains: ['http.down'],
  async gather(client, target, ctx) {
    const [seen, released] = await Promise.all([look(client, target, ctx), releaseEvidence(target, ctx)]);
    // Asked often only where there is a deployment to blame.
    const builds = released.length === 0 ? [] : await buildsEvidence(client, target, ctx);
    return [...seen, ...released, ...builds];
  },
  conclude(evidence, target) {
    const answer = factsOf(evidence, target, 'answer');
    const facts = evidence.find((each) => each.id === `${target}.release`)?.facts;
    if (!facts || !answer) return [];
    const builds = judgeBuilds(evidence, target, { to: String(facts.to), from: String(facts.from) });
    if (builds.kind === 'innocent') return [];
    const isGuilty = builds.kind === 'guilty';
    const [earlier, since] = [Number(facts.checksBefore), Number(facts.checksSince)];
    const errors = Number(facts.errorsSince);
    const isInPart =
      errors >= inPart.errors &&
      errors / since >= inPart.share &&
      earlier >= inPart.before &&
      Number(facts.errorsBefore) === 0;
    const seenNow = Number(answer.status ?? 0);
    // Of a build that fails in part the one answer just now may be a good one.
    const seenBefore = isInPart && answer.isExpected === true ? Number(facts.errorStatus ?? 0) : 0;
    const status = isGuilty ? builds.status : Math.max(seenNow, seenBefore);
    if (status < 500) return [];
    // A proxy that speaks for a server behind it, or an error that names a dependency, is another trouble.
    if (answer.proxySays !== undefined || answer.refusal !== undefined) return [];
    if (dependenciesIn(evidence, target).some((each) => each.up === false)) return [];
    if (facts.othersIll !== '') return [];
    if (earlier < leastBefore || since < leastSince) return [];
    if (Number(facts.errorsBefore) / earlier > mostBefore) return [];
    // Where an old build still answers beside the new one, only its share of the checks fails.
    if (!isGuilty && errors / since < least && !isInPart) return [];
    const onset = Number(facts.firstErrorAt);
    const [after, at] = [Number(facts.deployedAfter), Number(facts.deployedAt)];
    if (!(onset >= after - skewMs && onset <= at + rightAfterMs)) return [];
    const place = String(facts.releaseTarget);
    const back = String(facts.from);
    const canRollBack = place !== '' && back !== '';
    return [
      {
        id,
        target: canRollBack ? place : target,
        summary: `${facts.change} answers with ${status}: ${isGuilty && errors === 0 ? builds.share : `${facts.errorsBefore} of ${earlier} checks failed before it, ${errors} of ${since} since`}`,
        explanation: `The first error came ${onset <= at ? 'with' : `${formatDuration(onset - at)} after`} the deployment. ${target} is reached and answers itself, its error names nothing that it needs, and what it needs is well: the new build fails, not what is below it.${isGuilty ? ` ${builds.words}` : ''} Restarting it would start the same build.`,
        confidence: Math.min(0.97, (canRollBack ? 0.9 : 0.8) + (isGuilty ? 0.07 : 0)),
        change: String(facts.id),
        onset,
        evidence: [
          ...idsOf(evidence, target, ['alert', 'answer', 'dependencies']),
          `${target}.release`,
          ...(isGuilty ? [`${target}.builds`] : []),
        ],
        unseen: [
          ...(canRollBack ? [] : ['how this release is rolled back: declare it below releases:']),
          ...(isGuilty ? [] : ['which build answers: name the header or field that says so as build:']),
        ],
        recommendations: canRollBack
          ? [
              {
                action: 'delivery.rollback-release',
                target: place,
                input: { to: back },
                why: `${target} answers with ${status} since ${facts.change}`,
              },
            ]
          : [],
      },
    ];
  },
};

async function releaseEvidence(target: string, ctx: DiagnosisContext): Promise<Evidence[]> {
  const deployments = ctx.changes.filter(({ kind }) => kind === 'deployment');
  const now = ctx.clock.now();
  const began = Math.min(now, ...ctx.alerts.filter((one) => one.target === target).map(({ since }) => since));
  // The newest that could have done it: a later one cannot.
  const change = deployments.toSorted((a, b) => b.at - a.at).find(({ after }) => after - skewMs <= began);
  if (!change) return [];
  const own = ownRelease(change, deployments);
  const switched = switchedBetween(own, ctx);
  const [after, deployedAt] = switched === undefined ? [change.after, change.at] : [switched, switched];
  const span = { from: after - beforeMs, to: now };
  const series = await ctx.history(target, 'http.status', span);
  const checks = series.flatMap(({ at, values }) =>
    at.map((moment, index) => ({ at: moment, status: values[index] ?? 0 })),
  );
  const seenAt = checks.filter((one) => one.at >= after - skewMs).find((one) => one.status >= 500)?.at;
  // Not every answer is kept: of a build that fails now and then the alert may know of errors that no sample shows.
  const firstErrorAt = seenAt ?? (began < now ? began : undefined);
  const boundary = firstErrorAt ?? deployedAt;
  const earlier = checks.filter((one) => one.at < boundary);
  const since = checks.filter((one) => one.at >= boundary);
  const errorStatus = since.findLast(({ status }) => status >= 500)?.status ?? null;
  const failed = (some: readonly { status: number }[]) => some.filter(({ status }) => status >= 500).length;
  const known = own?.differences.find(({ name }) => name === 'release');
  const ill = ctx.alerts.filter(
    (one) =>
      one.target !== target &&
      one.target !== own?.target &&
      one.state === 'firing' &&
      ctx.dependencies.includes(one.target),
  );
  return [
    {
      id: `${target}.release`,
      target,
      title: `The deployment before the errors of ${target}`,
      at: now,
      how: `upkeep change list; the samples of http.status of ${target}`,
      facts: {
        id: change.id,
        change:
          own && known ? `release ${known.after ?? '?'} (it was ${known.before ?? '?'})` : change.summary,
        deployedAfter: after,
        deployedAt,
        firstErrorAt: firstErrorAt ?? null,
        checksBefore: earlier.length,
        errorsBefore: failed(earlier),
        checksSince: since.length,
        errorsSince: failed(since),
        errorStatus,
        releaseTarget: own?.target ?? '',
        from: known?.before ?? '',
        to: known?.after ?? '',
        othersIll: ill.map((one) => `${one.target}: ${one.rule}`).join(', '),
      },
    },
  ];
}

/** The very moment, where the link tells it. */
function switchedBetween(own: Change | undefined, ctx: DiagnosisContext): number | undefined {
  const age = own?.target == null ? undefined : ctx.latest(own.target, 'delivery.release.age')[0];
  if (!own || !age) return undefined;
  const at = age.at - age.value * 1_000;
  return at >= own.after - skewMs && at <= own.at + skewMs ? at : undefined;
}

/** The same deployment as the link or tag shows it, where somebody else reported it too. */
function ownRelease(change: Change, deployments: readonly Change[]): Change | undefined {
  const isOwn = (one: Change) => one.source === 'delivery.release' && !one.isReported;
  if (isOwn(change)) return change;
  return deployments.find(
    (one) => isOwn(one) && one.at >= change.at - rightAfterMs && one.after <= change.at + rightAfterMs,
  );
}
