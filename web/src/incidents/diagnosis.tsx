import { IconEyeOff } from '@tabler/icons-react';
import { unseenOf } from '../../../src/core/evidence-rows.ts';
import { grouped, named } from '../../../src/core/fold.ts';
import { bestOfEach } from '../../../src/core/incident/many.ts';
import { foldedReasons, unseenLines } from '../../../src/core/unseen.ts';
import type { IncidentDetail } from '../../../src/core/view.ts';
import { count } from '../format/words.ts';
import { Age } from '../parts/age.tsx';
import { FirstRows } from '../parts/fold.tsx';
import { isNarrow } from '../parts/narrow.ts';
import { Panel } from '../parts/panel.tsx';
import { Empty } from '../parts/states.tsx';
import styles from './diagnosis.module.css';
import { FindingCard } from './finding-card.tsx';

/** A phone shows the first, and the next where there are but two. */
const firstFindings = () => (isNarrow() ? 1 : 3);

export function Diagnosis({ incident }: { incident: IncidentDetail }) {
  const { findings } = incident;
  const findingsAtFirst = firstFindings();
  // Few are shown in the order of their rank; of many the best of each diagnosis.
  const { best, others } = bestOfEach(findings);
  const shown =
    findings.length <= findingsAtFirst + 1
      ? findings.map((finding, index) => ({ finding, rank: index + 1, alike: 0 }))
      : [
          ...best.slice(0, findingsAtFirst),
          ...[...best.slice(findingsAtFirst), ...others].toSorted((a, b) => a.rank - b.rank),
        ];
  const hidden = hiddenLines(incident);
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
          <FirstRows all={shown} most={findingsAtFirst} what={(left) => count(left, 'more finding')}>
            {({ finding, rank, alike }) => (
              <FindingCard
                key={finding.id + rank}
                finding={finding}
                rank={rank}
                alike={alike}
                evidence={incident.evidence.filter(({ id }) => finding.evidence.includes(id))}
                actions={incident.actions}
              />
            )}
          </FirstRows>
        </ol>
      )}
      {hidden.length === 0 ? null : (
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

/** Of findings only what no look tells already. */
function hiddenLines({ evidence, findings }: IncidentDetail): string[] {
  const told = new Set(unseenOf(evidence));
  const ofFindings = findings.flatMap(({ target, unseen }) =>
    foldedReasons(unseen.filter((text) => !told.has(text))).map((text) => ({ target, text })),
  );
  const others = grouped(ofFindings, ({ text }) => text).map((group) => {
    const targets = [...new Set(group.map(({ target }) => target))];
    return `${named(targets, 3)}: ${group[0].text}`;
  });
  return [...new Set([...unseenLines(evidence), ...others])];
}
