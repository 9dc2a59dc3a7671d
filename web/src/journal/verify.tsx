import { Button } from '@mantine/core';
import { IconAlertOctagonFilled, IconCircleCheckFilled, IconShieldCheck } from '@tabler/icons-react';
import { useVerifyJournal } from '../api/changes.ts';
import { formatCount } from '../format/numbers.ts';
import { tellFailure } from '../parts/tell.ts';
import styles from './journal.module.css';

export function Verify() {
  const verify = useVerifyJournal();
  const answer = verify.data;
  return (
    <>
      <span role="status">
        {answer === undefined ? null : answer.ok ? (
          <span className={styles.verdict} data-tone="ok">
            <IconCircleCheckFilled size={17} aria-hidden /> Unbroken: {formatCount(answer.checked)} entries
          </span>
        ) : (
          <span className={styles.verdict} data-tone="critical">
            <IconAlertOctagonFilled size={17} aria-hidden /> Broken at entry {answer.brokenAt ?? 'unknown'}:{' '}
            {answer.reason ?? 'its hash does not fit'}
          </span>
        )}
      </span>
      <Button
        variant="default"
        leftSection={<IconShieldCheck size={17} />}
        loading={verify.isPending}
        onClick={() => verify.mutate(undefined, { onError: tellFailure })}
      >
        Verify the chain
      </Button>
    </>
  );
}
