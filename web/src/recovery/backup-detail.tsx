import { levelWords } from '../../../src/core/backup/catalogue.ts';
import type { Look } from '../../../src/core/backup/engine.ts';
import { remarkOf } from '../../../src/core/backup/size.ts';
import { endOf, isNotRun } from '../../../src/core/backup/view.ts';
import { type BackupView, useProve } from '../api/backups.ts';
import { formatBytes, formatSeconds } from '../format/numbers.ts';
import { formatMoment, formatTook } from '../format/time.ts';
import { Age } from '../parts/age.tsx';
import { Chip } from '../parts/marks.tsx';
import { PermittedButton } from '../parts/permitted-button.tsx';
import { tellDone, tellFailure, tellWarning } from '../parts/tell.ts';
import styles from './backups.module.css';
import { markOf, stateWords } from './marking.ts';
import { PinButton } from './pin-button.tsx';

const signs = { ok: '✓', warning: '!', critical: '✗' } as const;

function toneOfLook({ good, remark }: Look): keyof typeof signs {
  if (!good) return 'critical';
  return remark === undefined ? 'ok' : 'warning';
}

/** One backup with what its last proof looked at. */
export function BackupDetail({ backup }: { backup: BackupView }) {
  const { id, kind, state, startedAt, bytes, detail, proofs, copyOf, lockedUntil, isPinned, markedAt } =
    backup;
  const { notRun } = backup;
  const prove = useProve(id);
  const { tone, words } = markOf(backup);
  const [proof] = proofs;
  const remark = proof ? remarkOf(proof.looks) : null;
  const facts = [
    kind,
    `${formatBytes(bytes)} stored${remark === null ? '' : ` (${remark})`}`,
    ...(detail === '' ? [] : [detail]),
    ...(copyOf === null ? [] : ['copy off-site']),
    ...(lockedUntil === null ? [] : [`locked until ${formatMoment(lockedUntil)}`]),
    ...(backup.isAhead ? ['taken by a clock that was ahead: when is not known'] : []),
    ...(isPinned ? ['pinned'] : []),
    ...(markedAt === null ? [] : [`marked for removal ${formatMoment(markedAt)}`]),
  ];
  return (
    <section className={styles.detail} aria-label="The backup that is chosen">
      <header className={styles.detailHead}>
        <div>
          <h3>{formatMoment(startedAt)}</h3>
          <p className={styles.sub}>
            <code>{id.slice(0, 13)}</code> · {facts.join(' · ')}
          </p>
        </div>
        <Chip tone={tone}>{state === 'good' ? words : stateWords[state]}</Chip>
      </header>
      {notRun === undefined ? null : (
        <p className={styles.notRun}>
          Tried <Age at={notRun.at} /> and not proven, because level {endOf(notRun).level} could not be looked
          at: {endOf(notRun).detail}
        </p>
      )}
      {proof === undefined ? null : (
        <>
          <p className={styles.sub}>
            Looked at <Age at={proof.at} /> with {proof.restoredWith || 'its own tools'}
            {proof.restoredInMs === null ? '' : `, restored in ${formatTook(proof.restoredInMs)}`}
          </p>
          <ul className={styles.looks} aria-label="What the last proof looked at">
            {proof.looks.map((look) => (
              <li key={`${look.level}${look.detail}`} data-tone={toneOfLook(look)}>
                <b>
                  {signs[toneOfLook(look)]} {look.level} {levelWords[look.level]}
                </b>
                <span>{look.detail}</span>
                <span data-figures>{formatSeconds(look.tookMs / 1_000)}</span>
              </li>
            ))}
          </ul>
        </>
      )}
      {state === 'good' ? (
        <div className={styles.buttons}>
          <PinButton id={id} isPinned={isPinned} startedAt={startedAt} />
          <PermittedButton
            needs="operate"
            size="xs"
            variant="default"
            loading={prove.isPending}
            onClick={() =>
              prove.mutate(undefined, {
                onSuccess: (made) => {
                  if (made.isGood) tellDone(`Proven to level ${made.level ?? 0}.`);
                  else if (isNotRun(made)) tellWarning('It could not be proven', endOf(made).detail);
                  else tellWarning('It did not hold', 'What was found wrong stands with the backup.');
                },
                onError: tellFailure,
              })
            }
          >
            Prove it again
          </PermittedButton>
        </div>
      ) : null}
    </section>
  );
}
