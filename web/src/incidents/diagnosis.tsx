import { IconEyeOff } from '@tabler/icons-react';
import type { IncidentDetail } from '../../../src/core/view.ts';
import { Age } from '../parts/age.tsx';
import { Panel } from '../parts/panel.tsx';
import { Empty } from '../parts/states.tsx';
import styles from './diagnosis.module.css';
import { FindingCard } from './finding-card.tsx';

export function Diagnosis({ incident }: { incident: IncidentDetail }) {
  const { findings } = incident;
  const unseen = [
    ...incident.evidence.flatMap(({ target, title, unseen }) =>
      unseen === undefined ? [] : [`${target}: ${title}: ${unseen}`],
    ),
    ...findings.flatMap(({ target, unseen }) => unseen.map((text) => `${target}: ${text}`)),
  ];
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
          {findings.map((finding, index) => (
            <FindingCard
              key={finding.id + finding.target}
              finding={finding}
              rank={index + 1}
              evidence={incident.evidence.filter(({ id }) => finding.evidence.includes(id))}
              actions={incident.actions}
            />
          ))}
        </ol>
      )}
      {unseen.length === 0 ? null : (
        <section className={styles.unseen} aria-labelledby="unseen">
          <h3 id="unseen">
            <IconEyeOff size={16} aria-hidden /> What could not be seen
          </h3>
          <ul>
            {[...new Set(unseen)].map((text) => (
              <li key={text}>{text}</li>
            ))}
          </ul>
        </section>
      )}
    </Panel>
  );
}
