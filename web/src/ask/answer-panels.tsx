import { IconEyeOff } from '@tabler/icons-react';
import { Link } from '@tanstack/react-router';
import { unseenLines } from '../../../src/core/unseen.ts';
import type { QuestionView } from '../api/question.ts';
import { formatValue } from '../format/numbers.ts';
import { formatMoment, formatSpan } from '../format/time.ts';
import { EvidenceView } from '../incidents/evidence-view.tsx';
import { FindingCard } from '../incidents/finding-card.tsx';
import { Age } from '../parts/age.tsx';
import { Chip } from '../parts/marks.tsx';
import { Panel } from '../parts/panel.tsx';
import rows from '../parts/rows.module.css';
import { movedText, titleOf } from './answer-text.ts';
import styles from './ask.module.css';
import { MovedPanel } from './moved-panel.tsx';

const mostChanges = 8;

/** The answer first: since when, and why. What it rests on follows. */
export function AnswerPanels({ view }: { view: QuestionView }) {
  return (
    <>
      <Short view={view} />
      <Firing view={view} />
      {view.findings.length === 0 ? null : (
        <Panel
          title={view.present === null ? 'Likely causes' : 'Cause, as it was found then'}
          count={view.findings.length}
          flush
        >
          <ol aria-label="Findings">
            {view.findings.map((finding, index) => (
              <FindingCard
                key={finding.id + finding.target + finding.summary}
                finding={{ ...finding, summary: titleOf(finding, view.targets) }}
                rank={index + 1}
                evidence={view.evidence.filter(({ id }) => finding.evidence.includes(id))}
                actions={[]}
              />
            ))}
          </ol>
        </Panel>
      )}
      <Present view={view} />
      <MovedPanel view={view} />
      <Events view={view} />
      <Changes view={view} />
      <Incidents view={view} />
      <OtherEvidence view={view} />
    </>
  );
}

function Short({ view }: { view: QuestionView }) {
  const { leading, exactToMs, findings, steady, understood } = view;
  const [first] = findings;
  const recommended = first?.recommendations[0];
  const title = view.answer ?? (first ? titleOf(first, view.targets) : withoutCause(view));
  return (
    <section className={styles.answer} aria-label="The answer">
      <p className={styles.understood}>
        Understood as:{' '}
        {[understood.about, ...understood.symptoms, understood.time ?? ''].filter(Boolean).join(', ')}
      </p>
      {understood.unknown.length === 0 ? null : (
        <p className={styles.unknown}>
          I did not understand:{' '}
          {understood.unknown
            .map(({ word, near }) => `“${word}”${near === null ? '' : ` (did you mean ${near}?)`}`)
            .join(', ')}
          ; looked at {understood.about}.
        </p>
      )}
      <h2 className={styles.title}>{title}</h2>
      {leading === null ? null : (
        <p>
          {first === undefined ? null : <>{movedText(leading)}, </>}
          since {formatMoment(leading.onset)} (to within {formatSpan(exactToMs ?? 0)})
          {leading.ended === null ? '' : `, until ${formatMoment(leading.ended)}`}
        </p>
      )}
      {leading === null && steady.length > 0 && first === undefined && view.firing.length === 0 ? (
        <p className={styles.soft}>
          Steady:{' '}
          {steady
            .slice(0, 4)
            .map(
              ({ metric, target, value, unit }) => `${metric} of ${target} about ${formatValue(value, unit)}`,
            )
            .join(', ')}
        </p>
      ) : null}
      {recommended === undefined ? null : (
        <p className={styles.next}>
          Safe next step:{' '}
          <Link to="/policy" search={{ target: recommended.target, action: recommended.action }}>
            ask the guard about {recommended.action} on {recommended.target}
          </Link>
          ; that changes nothing.
        </p>
      )}
    </section>
  );
}

/** What fires is never nothing. */
function withoutCause({ leading, firing, present, understood }: QuestionView): string {
  if (present !== null) return 'No cause was found then';
  if (leading !== null) return movedText(leading);
  return firing.length > 0
    ? 'No cause was found beyond what fires'
    : `Nothing unusual was measured ${understood.time ?? 'in the last day'}`;
}

function Firing({ view }: { view: QuestionView }) {
  if (view.firing.length === 0) return null;
  return (
    <Panel title="Fires now" count={view.firing.length} flush>
      <ul aria-label="Fires now">
        {view.firing.map(({ rule, target, summary, detail, since }) => (
          <li key={rule + target + summary + detail} className={rows.row}>
            <div className={rows.what}>
              <strong>
                {target}: {summary}
              </strong>
              {detail === '' ? null : <p className={rows.sub}>{detail}</p>}
            </div>
            <span className={rows.sub}>
              <Age at={since} />
            </span>
          </li>
        ))}
      </ul>
    </Panel>
  );
}

/** Of an incident that is over, what is there now is another matter. */
function Present({ view: { present, targets } }: { view: QuestionView }) {
  if (present === null || present.findings.length === 0) return null;
  return (
    <Panel title="Now, apart from that" count={present.findings.length} flush>
      <ul aria-label="Now, apart from that">
        {present.findings.map((finding) => (
          <li key={finding.id + finding.target + finding.summary} className={rows.row}>
            <div className={rows.what}>
              <strong>{titleOf(finding, targets)}</strong>
              <p className={rows.sub}>{finding.explanation}</p>
            </div>
          </li>
        ))}
      </ul>
    </Panel>
  );
}

function Events({ view: { events } }: { view: QuestionView }) {
  if (events.length === 0) return null;
  return (
    <Panel title="What Upkeep saw and did then" count={events.length} flush>
      <ul aria-label="What Upkeep saw and did then">
        {events.map(({ at, target, text }) => (
          <li key={at + target + text} className={rows.row}>
            <div className={rows.what}>
              {target}: {text}
            </div>
            <span className={rows.sub}>
              <Age at={at} />
            </span>
          </li>
        ))}
      </ul>
    </Panel>
  );
}

function Changes({ view }: { view: QuestionView }) {
  if (view.changes.length === 0) return null;
  return (
    <Panel title="Changes around it" count={view.changes.length} flush>
      <ul aria-label="Changes around it">
        {view.changes.slice(0, mostChanges).map(({ change, verdict, reason }) => (
          <li key={change.id} className={rows.row}>
            <div className={rows.what}>
              <p className={rows.marks}>
                <strong>{change.summary}</strong>
                {verdict === 'suspect' ? (
                  <Chip tone="critical">Suspected</Chip>
                ) : (
                  <Chip tone="quiet">Not blamed</Chip>
                )}
              </p>
              <p className={rows.sub}>
                {change.target ?? change.service ?? 'where is not known'}: {reason}
              </p>
            </div>
            <span className={rows.sub}>
              <Age at={change.at} />
            </span>
          </li>
        ))}
      </ul>
    </Panel>
  );
}

function Incidents({ view }: { view: QuestionView }) {
  if (view.incidents.length === 0) return null;
  return (
    <Panel title="Incidents of that time" count={view.incidents.length} flush>
      <ul aria-label="Incidents of that time">
        {view.incidents.map(({ id, title, openedAt, resolvedAt, found }) => (
          <li key={id} className={rows.row}>
            <div className={rows.what}>
              <Link to="/incidents/$id" params={{ id }} className={rows.title}>
                {title}
              </Link>
              {found === null ? null : <p className={rows.sub}>{found}</p>}
            </div>
            <span className={rows.sub}>
              <Age at={openedAt} />
              {resolvedAt === null ? ', still open' : `, for ${formatSpan(resolvedAt - openedAt)}`}
            </span>
          </li>
        ))}
      </ul>
    </Panel>
  );
}

/** What no finding rests on, folded: it was looked at all the same. */
function OtherEvidence({ view }: { view: QuestionView }) {
  const used = new Set(view.findings.flatMap(({ evidence }) => evidence));
  const rest = view.evidence.filter(({ id }) => !used.has(id));
  const unseen = [
    ...(view.storedWords === null ? [] : [`${view.storedWords} Of the rest nothing is known.`]),
    ...view.unseen,
    ...unseenLines(rest),
  ];
  return (
    <>
      {unseen.length === 0 ? null : (
        <Panel title="What could not be seen" count={unseen.length}>
          <ul className={styles.unseen}>
            {[...new Set(unseen)].map((text) => (
              <li key={text}>
                <IconEyeOff size={15} aria-hidden /> <span>{text}</span>
              </li>
            ))}
          </ul>
        </Panel>
      )}
      {rest.length === 0 ? null : (
        <details className={styles.rest}>
          <summary>What else was looked at ({rest.length})</summary>
          <div className={styles.pieces}>
            {rest.map((evidence) => (
              <EvidenceView key={evidence.id} evidence={evidence} />
            ))}
          </div>
        </details>
      )}
    </>
  );
}
