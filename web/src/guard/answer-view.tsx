import { IconCircleCheckFilled, IconCircleXFilled, IconHandStop, IconInfoCircle } from '@tabler/icons-react';
import type { FactLine } from '../../../src/core/guard/facts.ts';
import type { Judgement } from '../../../src/core/guard/judge.ts';
import type { Outlook } from '../../../src/core/guard/outlook.ts';
import { CheckList } from '../actions/check-list.tsx';
import { RiskMark } from '../actions/risk-mark.tsx';
import { Steps } from '../actions/steps.tsx';
import type { Explained } from '../api/guard.ts';
import { formatMoment } from '../format/time.ts';
import { count } from '../format/words.ts';
import table from '../parts/facts.module.css';
import { Chip } from '../parts/marks.tsx';
import { ScrollBox } from '../parts/scroll-box.tsx';
import { answers, reasonText } from './answers.ts';
import styles from './guard.module.css';

const icons = { allow: IconCircleCheckFilled, ask: IconHandStop, deny: IconCircleXFilled };

function Verdict({ judgement, children }: { judgement: Judgement; children?: React.ReactNode }) {
  const Icon = icons[judgement.kind];
  const { long, tone } = answers[judgement.kind];
  return (
    <div className={styles.verdict} data-tone={tone}>
      <Icon size={30} aria-hidden />
      <div>
        <p className={styles.word}>{long}</p>
        <p>{reasonText(judgement.reason)}</p>
        {children}
      </div>
    </div>
  );
}

/** Before a plan: what the policy says of every such action. */
export function OutlookAnswer({ outlook }: { outlook: Outlook }) {
  return (
    <Verdict judgement={outlook.judgement}>
      <p className={styles.soft}>
        So says the policy of this action. What it is done to can only make the answer stricter: say{' '}
        {outlook.needs.join(' and ')} to ask exactly.
      </p>
    </Verdict>
  );
}

export function AnswerView({
  answer,
  outlook,
  target,
}: {
  answer: Explained;
  outlook: Outlook;
  target: string;
}) {
  if ('refused' in answer) {
    return (
      <div className={styles.verdict} data-tone="quiet">
        <IconInfoCircle size={30} aria-hidden />
        <div>
          <p className={styles.word}>It cannot be planned now</p>
          <p>{answer.refused}</p>
          <p className={styles.soft}>
            Where it can, the policy says: {answers[outlook.judgement.kind].long.toLowerCase()}.{' '}
            {reasonText(outlook.judgement.reason)}
          </p>
        </div>
      </div>
    );
  }
  const { plan, judgement, voices, checks, known } = answer;
  const concerning = checks.filter((check) => check.answer !== 'not-applicable');
  return (
    <>
      <Verdict judgement={judgement} />
      <div className={styles.plan}>
        <p className={styles.marks}>
          <RiskMark risk={plan.risk} isLong />
        </p>
        <p className={styles.summary}>
          On {target}: {plan.summary}
        </p>
        <Steps steps={plan.steps} />
        {voices.length < 2 ? null : (
          <section aria-label="Who has a say">
            <h3>Who has a say</h3>
            <ul className={styles.voices}>
              {voices.map((voice) => (
                <li key={`${voice.rule} ${voice.reason}`}>
                  <Chip tone={answers[voice.kind].tone}>{answers[voice.kind].short}</Chip>
                  <span>{reasonText(voice.reason)}</span>
                </li>
              ))}
            </ul>
          </section>
        )}
        {concerning.length === 0 ? null : (
          <section aria-label="Before the change">
            <h3>Before the change</h3>
            <CheckList checks={checks} />
          </section>
        )}
        <Known known={known} />
      </div>
    </>
  );
}

function Known({ known }: { known: readonly FactLine[] }) {
  const asked = known.filter(({ doesNotApply }) => !doesNotApply);
  const idle = known.filter(({ doesNotApply }) => doesNotApply).map(({ what }) => what);
  const unknown = asked.filter(({ isKnown }) => !isKnown).length;
  return (
    <details className={styles.known}>
      <summary>
        What the guard goes by
        {unknown === 0 ? '' : `; ${count(unknown, 'fact')} nobody knows`}
      </summary>
      <ScrollBox label="What the guard goes by">
        <table className={table.table}>
          <thead>
            <tr>
              <th scope="col">Fact</th>
              <th scope="col">Now</th>
              <th scope="col">From where, or what would tell</th>
            </tr>
          </thead>
          <tbody>
            {asked.map((fact) => (
              <tr key={fact.name}>
                <th scope="row">{fact.what}</th>
                <td>{fact.isKnown ? valueText(fact) : <span className={styles.soft}>unknown</span>}</td>
                <td data-width="long">{fact.source}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </ScrollBox>
      {idle.length === 0 ? null : <p className={styles.soft}>Does not apply: {idle.join(', ')}</p>}
    </details>
  );
}

function valueText({ name, value }: FactLine): string {
  if (typeof value === 'boolean') return value ? 'yes' : 'no';
  if (typeof value === 'number' && (name === 'now' || name.endsWith('At'))) return formatMoment(value);
  return value === '' ? 'none' : String(value);
}
