import { Collapse } from '@mantine/core';
import { IconChevronRight, IconShieldCheck, IconShieldOff, IconShieldQuestion } from '@tabler/icons-react';
import { Link } from '@tanstack/react-router';
import { useState } from 'react';
import type { Asking } from '../../../src/core/approval.ts';
import type { ActionView } from '../../../src/core/view.ts';
import { liveStates } from '../format/words.ts';
import { Age } from '../parts/age.tsx';
import { ActionMark } from '../parts/marks.tsx';
import { isNarrow } from '../parts/narrow.ts';
import styles from './action-card.module.css';
import { ActionDetail } from './action-detail.tsx';
import { AsOf } from './as-of.tsx';
import { cardId, Decision } from './decision.tsx';
import { Expiry } from './expiry.tsx';
import { RiskMark } from './risk-mark.tsx';
import { canBeTakenBack, TakeBack } from './take-back.tsx';

const guardIcons = { allow: IconShieldCheck, ask: IconShieldQuestion, deny: IconShieldOff };
const guardWords = { allow: 'The guard allowed it', ask: 'The guard asks', deny: 'The guard refused' };

export function ActionCard({
  action,
  isWithin = false,
  isOpenAtFirst,
}: {
  action: ActionView;
  /** On an incident's page, which needs no link to itself. */
  isWithin?: boolean;
  isOpenAtFirst?: boolean;
}) {
  const isWaiting = action.state === 'awaiting-approval';
  const [isOpen, setOpen] = useState(
    isOpenAtFirst ?? (liveStates.includes(action.state) && !(isWithin && isNarrow())),
  );
  const GuardIcon = guardIcons[action.judgement.kind];
  const heading = `action-${action.id}`;
  return (
    <article
      className={styles.card}
      id={cardId(action.id)}
      tabIndex={-1}
      data-waiting={isWaiting || undefined}
      aria-labelledby={heading}
    >
      <div className={styles.top}>
        <ActionMark state={action.state} />
        <RiskMark risk={action.plan.risk} />
        {isWaiting && action.expiresAt !== null ? <Expiry at={action.expiresAt} /> : null}
        <span className={styles.when}>
          <Age at={action.endedAt ?? action.proposedAt} />
        </span>
      </div>
      <h3 id={heading} className={styles.summary}>
        <Link to="/actions/$id" params={{ id: action.id }}>
          {action.plan.summary}
        </Link>
        <AsOf action={action} />
      </h3>
      <p className={styles.meta}>
        <code>{action.plan.action}</code> on{' '}
        <Link to="/targets/$name" params={{ name: action.plan.target }}>
          {action.plan.target}
        </Link>
        , proposed by {action.proposedBy}
        {action.incidentId === null || isWithin ? null : (
          <>
            {' '}
            for{' '}
            <Link to="/incidents/$id" params={{ id: action.incidentId }}>
              this incident
            </Link>
          </>
        )}
      </p>
      <p className={styles.why}>{action.why}</p>
      <p className={styles.guard}>
        <GuardIcon size={16} aria-hidden />
        <span>
          {guardWords[action.judgement.kind]}: {action.judgement.reason}
        </span>
      </p>
      {isWaiting && action.approval ? <p className={styles.meta}>{waitsFor(action.approval)}</p> : null}
      {action.result === null ? null : <p className={styles.result}>{action.result}</p>}
      <div className={styles.buttons}>
        {isWaiting ? <Decision action={action} /> : null}
        {canBeTakenBack(action) ? <TakeBack action={action} /> : null}
        <button
          type="button"
          className={styles.toggle}
          aria-expanded={isOpen}
          onClick={() => setOpen(!isOpen)}
        >
          <IconChevronRight size={16} className={styles.chevron} aria-hidden />
          {isOpen ? 'Hide the plan' : 'Show the plan'}
        </button>
      </div>
      <Collapse expanded={isOpen}>
        <ActionDetail action={action} />
      </Collapse>
    </article>
  );
}

function waitsFor(approval: Asking): string {
  const asked = [...new Set(approval.asked.flatMap(({ whom }) => whom))];
  const told = asked.length === 0 ? 'nobody could be asked' : `asked: ${asked.join(', ')}`;
  const { needed, given } = approval;
  const people = needed - given.length === 1 ? 'one person' : `${needed - given.length} people`;
  const besides = given.length === 0 ? '' : ` besides ${given.map(({ by }) => by).join(', ')}`;
  return `Waits for ${people}${besides}; ${told}`;
}
