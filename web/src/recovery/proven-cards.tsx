import { levelWords } from '../../../src/core/backup/catalogue.ts';
import { exposureOf, newerCopyOf } from '../../../src/core/backup/exposure.ts';
import type { BackupView, PlanView } from '../api/backups.ts';
import { formatSpan, formatTook } from '../format/time.ts';
import type { Tone } from '../format/words.ts';
import { Age } from '../parts/age.tsx';
import styles from './backups.module.css';
import { measuredOf } from './reach.ts';

/** Last proven restore: when, RTO, RPO; never the last backup. */
export function ProvenCards({
  plans,
  backups,
  now,
}: {
  plans: readonly PlanView[];
  backups: readonly BackupView[];
  now: number;
}) {
  return (
    <ul className={styles.cards} aria-label="Last proven restores">
      {plans.map((plan) => (
        <Card
          key={plan.name}
          plan={plan}
          lost={measuredOf(backups.filter((one) => one.plan === plan.name)).at(-1)?.rpoMs ?? null}
          now={now}
        />
      ))}
    </ul>
  );
}

function Card({ plan, lost, now }: { plan: PlanView; lost: number | null; now: number }) {
  const { name, target, engine, proven, objectives, wrong, newestAt, restores, underWay, offsite, trend } =
    plan;
  const exposed = exposureOf(plan, now);
  const newer = plan.keepsLog ? null : newerCopyOf(plan);
  const shown = proven ?? plan.lapsed ?? null;
  return (
    <li className={styles.card} data-tone={toneOf(plan, exposed)} aria-label={name}>
      <p className={styles.who}>
        <b>{name}</b> {target} by {engine}
      </p>
      <dl className={styles.figures}>
        <div className={styles.first}>
          <dt>Last proven restore</dt>
          <dd>{shown === null ? 'never' : <Age at={shown.at} />}</dd>
          <dd className={styles.sub}>
            {shown === null
              ? 'what was never restored is a hope'
              : `level ${shown.level} of 6: ${levelWords[shown.level]}`}
            {plan.lapsed === undefined ? null : (
              <span className={styles.lapsed}>
                red since <Age at={plan.lapsed.redSince} />
              </span>
            )}
          </dd>
        </div>
        <Figure
          name="RTO measured"
          value={shown?.restoredInMs ?? null}
          allowed={objectives.rtoMs}
          more={
            trend?.nowMs == null
              ? null
              : `now ${trend.nowGuess === null ? '' : 'perhaps '}${formatTook(trend.nowMs)}`
          }
        />
        <Figure
          name="RPO now"
          value={exposed}
          allowed={objectives.rpoMs}
          more={lost === null ? null : `at the last restore ${formatTook(lost)}`}
        />
      </dl>
      <p className={styles.sub}>
        Newest backup {newestAt === null ? 'none' : <Age at={newestAt} />}
        {restores?.at === newestAt ? standingWords(restores) : ''}
        {offsite === null ? ' · no copy off-site' : ' · off-site '}
        {offsite === null ? null : offsite.newestAt === null ? 'no copy yet' : <Age at={offsite.newestAt} />}
        {offsite === null || offsite.newestAt === null ? null : `, ${copyWords[offsite.newestIs]}`}
        {offsite === null || offsite.newestIs === 'restored'
          ? ''
          : offsite.proven
            ? ', restored from there'
            : ', never restored from there'}
      </p>
      {restores?.passedOver == null ? null : (
        <p className={styles.sub}>
          A restore takes the backup of <Age at={restores.at} />: the newest is not taken
          {newer === null ? null : (
            <>
              {' '}
              · counted is the copy off-site of <Age at={newer} />, which is whole (--from offsite)
            </>
          )}
        </p>
      )}
      {underWay === null ? null : <p className={styles.sub}>Now: {underWay}</p>}
      {wrong.map((text) => (
        <p key={text} className={styles.wrong} role="alert">
          {text}
        </p>
      ))}
    </li>
  );
}

const copyWords: Readonly<Record<NonNullable<PlanView['offsite']>['newestIs'], string>> = {
  restored: 'whole when it was restored from there',
  'read-back': 'whole when it was read back',
  damaged: 'damaged',
  unread: 'not read back yet',
};

function standingWords(restores: PlanView['restores']): string {
  if (restores?.failed !== undefined) return ', damaged';
  return restores?.isProven === false ? ', not proven yet' : '';
}

/** What is not known is not well; a proof that could not be made takes nothing back from the last. */
function toneOf({ proven, wrong, notRun }: PlanView, exposed: number | null): Tone {
  if (wrong.some((text) => text !== notRun)) return 'critical';
  return proven === null || exposed === null || notRun !== undefined ? 'warning' : 'ok';
}

function Figure({
  name,
  value,
  allowed,
  more,
}: {
  name: string;
  value: number | null;
  allowed: number;
  more: string | null;
}) {
  const isOver = value !== null && value > allowed;
  return (
    <div data-tone={value === null ? 'unknown' : isOver ? 'critical' : 'ok'}>
      <dt>{name}</dt>
      <dd>{value === null ? 'unknown' : Number.isFinite(value) ? formatTook(value) : 'everything'}</dd>
      <dd className={styles.sub}>
        {isOver ? 'over the ' : 'of '}
        {formatSpan(allowed)} allowed{more === null ? '' : `, ${more}`}
      </dd>
    </div>
  );
}
