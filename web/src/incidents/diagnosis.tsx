import { IconEyeOff } from '@tabler/icons-react';
import { grouped, named } from '../../../src/core/fold.ts';
import type { IncidentDetail } from '../../../src/core/view.ts';
import { count } from '../format/words.ts';
import { Age } from '../parts/age.tsx';
import { FirstRows } from '../parts/fold.tsx';
import { Panel } from '../parts/panel.tsx';
import { Empty } from '../parts/states.tsx';
import styles from './diagnosis.module.css';
import { FindingCard } from './finding-card.tsx';

export function Diagnosis({ incident }: { incident: IncidentDetail }) {
  const { findings } = incident;
  const unseen = [
    ...incident.evidence.flatMap(({ target, title, unseen }) =>
      unseen === undefined ? [] : [{ target, text: `${title}: ${unseen}` }],
    ),
    ...findings.flatMap(({ target, unseen }) => unseen.map((text) => ({ target, text }))),
  ];
  const hidden = grouped(unseen, ({ text }) => text).map((group) => {
    const targets = [...new Set(group.map(({ target }) => target))];
    return `${named(targets, 3)}: ${group[0].text}`;
  });
  return (
    <Panel
      title="Why"
      id="why"
      count={findings.length === 0 ? undefined : findings.length}
      flush
      aside={
        incident.diagnosedAt === null ? null : (
          <span className={styles.when}>
            looked <Age at={incident.diagnosedAt} />
          </span>
        )
      }
    >
      {findings.length === 0 ? (
        <Empty
          title={
            incident.diagnosedAt === null ? 'Evidence is being gathered' : 'The evidence explains nothing yet'
          }
        >
          {incident.diagnosedAt === null
            ? 'Findings appear here by themselves.'
            : 'No diagnosis fits what was seen. What could be seen and what could not is below.'}
        </Empty>
      ) : (
        <ol aria-label="Findings">
          <FirstRows all={findings} most={3} what={(left) => count(left, 'more finding')}>
            {(finding, index) => (
              <FindingCard
                key={finding.id + finding.target}
                finding={finding}
                rank={index + 1}
                evidence={incident.evidence.filter(({ id }) => finding.evidence.includes(id))}
                actions={incident.actions}
              />
            )}
          </FirstRows>
        </ol>
      )}
      {unseen.length === 0 ? null : (
        <section className={styles.unseen} aria-labelledby="unseen">
          <h3 id="unseen">
            <IconEyeOff size={16} aria-hidden /> What could not be seen
          </h3>
          <ul>
            <FirstRows all={hidden} most={6} what={(left) => `${left} more`} isWithin>
              {(text) => <li key={text}>{text}</li>}
            </FirstRows>
          </ul>
        </section>
      )}
    </Panel>
  );
}
