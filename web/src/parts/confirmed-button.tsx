import { Button } from '@mantine/core';
import { useState } from 'react';
import type { Needed } from './permission.ts';
import { PermittedButton } from './permitted-button.tsx';

/** Asks once more before it does what cannot be taken back; the second button keeps things as they are. */
export function ConfirmedButton({
  needs,
  word,
  what,
  isBusy,
  onConfirm,
}: {
  needs: Needed;
  /** `Revoke` */
  word: string;
  /** Whom or what, for those who hear the button alone. */
  what: string;
  isBusy: boolean;
  onConfirm: () => void;
}) {
  const [isSure, setSure] = useState(false);
  const shown = isSure ? `${word} now` : `${word}…`;
  return (
    <>
      <PermittedButton
        needs={needs}
        size="xs"
        {...(isSure ? { color: 'red' } : { variant: 'default' })}
        loading={isBusy}
        aria-label={`${shown} ${what}`}
        onClick={() => (isSure ? onConfirm() : setSure(true))}
      >
        {shown}
      </PermittedButton>
      {isSure ? (
        <Button size="xs" variant="default" onClick={() => setSure(false)}>
          Keep
        </Button>
      ) : null}
    </>
  );
}
