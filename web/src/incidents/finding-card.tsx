import { Collapse } from '@mantine/core';
import { IconBolt, IconChevronRight, IconZoomQuestion } from '@tabler/icons-react';
import { Link } from '@tanstack/react-router';
import { useState } from 'react';
import type { Evidence, Finding } from '../../../src/core/evidence.ts';
import { sinceWords } from '../../../src/core/incident/over.ts';
import type { ActionView } from '../../../src/core/view.ts';
import { formatRatio } from '../format/numbers.ts';
import { formatClock } from '../format/time.ts';
import { actionWords, count } from '../format/words.ts';
import { Age } from '../parts/age.tsx';
import { CodeText } from '../parts/copy.tsx';
import styles from './diagnosis.module.css';
import { EvidenceView } from './evidence-view.tsx';
import { explained } from './explained.ts';

/** The first finding is shown with its evidence; the others unfold. */
export function FindingCard({
  finding,
  rank,
  alike = 0,
  evidence,
  actions,
}: {
  finding: Finding;
  rank: number;
  /** So many more of the same diagnosis follow. */
  alike?: number;
  evidence: readonly Evidence[];
  actions: readonly ActionView[];
}) {
  const [isOpen, setOpen] = useState(false);
  const { text, commands } = explained(finding);
  const since = sinceWords(finding);
  const words =
    finding.nature === 'hygiene'
      ? 'how it is set up'
      : finding.confidence >= 0.8
        ? 'likely'
        : finding.confidence >= 0.5
          ? 'plausible'
          : 'possible';
  return (
    <li className={styles.finding} data-first={rank === 1 || undefined}>
      <div className={styles.rank} aria-hidden>
        {rank}
      </div>
      <div className={styles.body}>
        <h3 className={styles.summary}>{finding.summary}</h3>
        <p className={styles.meta}>
          <Confidence value={finding.confidence} words={words} />
          <Link to="/targets/$name" params={{ name: finding.target }}>
            {finding.target}
          </Link>
          <code>{finding.id}</code>
          {finding.seenAt === undefined ? null : <span>seen {formatClock(finding.seenAt)}</span>}
          {since === null ? null : <span>{since}</span>}
          {finding.over === undefined ? null : (
            <span>
              over since {formatClock(finding.over.at)}
              {finding.over.by === undefined ? null : <> by {finding.over.by}</>}
            </span>
          )}
          {finding.onset === undefined ? null : (
            <span>
              began <Age at={finding.onset} />
            </span>
          )}
          {alike === 0 ? null : <span>and {alike} more like it</span>}
        </p>
        <p className={styles.explanation}>{text}</p>
        {finding.beside === undefined ? null : (
          <p className={styles.explanation}>
            <strong>Also seen, no cause of what fires:</strong> {finding.beside}.
          </p>
        )}
        {commands === null ? null : (
          <div className={styles.next}>
            <CodeText text={commands} what="commands" />
          </div>
        )}
        {(finding.decides ?? []).map((text) => (
          <p key={text} className={styles.recommendation}>
            <IconZoomQuestion size={16} aria-hidden />
            <span>
              <strong>Would decide:</strong> {text}
            </span>
          </p>
        ))}
        {finding.recommendations.map((recommendation) => {
          const action = actions.find(
            ({ plan }) =>
              plan.undoes === undefined &&
              plan.action === recommendation.action &&
              plan.target === recommendation.target,
          );
          return (
            <p key={recommendation.action + recommendation.target} className={styles.recommendation}>
              <IconBolt size={16} aria-hidden />
              <span>
                <strong>{recommendation.action}</strong> on {recommendation.target}: {recommendation.why}
                {action === undefined ? null : (
                  <>
                    {' '}
                    <Link to="/actions/$id" params={{ id: action.id }}>
                      {actionWords[action.state].word}
                    </Link>
                  </>
                )}
              </span>
            </p>
          );
        })}
        {evidence.length === 0 ? null : (
          <>
            <button
              type="button"
              className={styles.toggle}
              aria-expanded={isOpen}
              onClick={() => setOpen(!isOpen)}
            >
              <IconChevronRight size={16} className={styles.chevron} aria-hidden />
              {isOpen ? 'Hide' : 'Show'} {count(evidence.length, 'piece')} of evidence
            </button>
            <Collapse expanded={isOpen}>
              <div className={styles.evidence}>
                {evidence.map((each) => (
                  <EvidenceView key={each.id} evidence={each} />
                ))}
              </div>
            </Collapse>
          </>
        )}
      </div>
    </li>
  );
}

function Confidence({ value, words }: { value: number; words: string }) {
  return (
    <span className={styles.confidence}>
      <span className={styles.meter} aria-hidden>
        <span style={{ width: `${value * 100}%` }} />
      </span>
      {words}, {formatRatio(value, 0)} sure
    </span>
  );
}
