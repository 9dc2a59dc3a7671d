import { Link } from '@tanstack/react-router';
import { Fragment } from 'react';
import type { Outlook } from '../../../src/core/guard/outlook.ts';
import { RiskMark } from '../actions/risk-mark.tsx';
import { count } from '../format/words.ts';
import { Chip } from '../parts/marks.tsx';
import { Panel } from '../parts/panel.tsx';
import rows from '../parts/rows.module.css';
import { answers, isUnnamed, reasonText } from './answers.ts';
import styles from './guard.module.css';

const order = { allow: 0, ask: 1, deny: 2 };

/** Everything that can be done to a target, what Upkeep does by itself first. */
export function OutlookPanel({ target, outlook }: { target: string; outlook: readonly Outlook[] }) {
  const sorted = [...outlook].sort((a, b) => order[a.judgement.kind] - order[b.judgement.kind]);
  const named = sorted.filter(({ judgement }) => !isUnnamed(judgement));
  const unnamed = sorted.filter(({ judgement }) => isUnnamed(judgement));
  return (
    <Panel title={`What may be done to ${target} now`} flush>
      <ul aria-label={`What may be done to ${target} now`}>
        {named.map(({ action, summary, risk, judgement }) => (
          <li key={action} className={rows.row}>
            <div className={rows.what}>
              <p className={rows.marks}>
                <Link to="/policy" search={{ target, action }} className={rows.title}>
                  {action}
                </Link>
                {risk === 'safe' ? null : <RiskMark risk={risk} />}
              </p>
              <p className={rows.sub}>{summary}</p>
              <p className={rows.sub}>{reasonText(judgement.reason)}</p>
            </div>
            <Chip tone={answers[judgement.kind].tone}>{answers[judgement.kind].short}</Chip>
          </li>
        ))}
        {unnamed.length === 0 ? null : (
          <li className={rows.row}>
            <div className={rows.what}>
              <p>
                {count(unnamed.length, 'action is', 'actions are')} named by no line of the policy, so not
                done:
              </p>
              <p className={styles.unnamed}>
                {unnamed.map(({ action, summary }, index) => (
                  <Fragment key={action}>
                    {index === 0 ? '' : ', '}
                    <Link to="/policy" search={{ target, action }} title={summary}>
                      {action}
                    </Link>
                  </Fragment>
                ))}
              </p>
            </div>
            <Chip tone="quiet">No</Chip>
          </li>
        )}
      </ul>
    </Panel>
  );
}
