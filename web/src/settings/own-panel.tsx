import { Button } from '@mantine/core';
import { IconCircleCheckFilled, IconShieldOff } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { secondFactorQuery } from '../api/access.ts';
import type { SignedIn } from '../api/shapes.ts';
import { count } from '../format/words.ts';
import { Age } from '../parts/age.tsx';
import { Panel } from '../parts/panel.tsx';
import { PasswordDialog } from './password-dialog.tsx';
import { RecoveryDialog, SetupDialog, TurnOffDialog } from './second-factor-dialogs.tsx';
import styles from './settings.module.css';

type Dialog = 'password' | 'setup' | 'codes' | 'off';

/** What belongs to who looks at the page. */
export function OwnPanel({ account }: { account: SignedIn }) {
  const [dialog, setDialog] = useState<Dialog>();
  const close = () => setDialog(undefined);
  const isOfProvider = account.method.startsWith('oidc:');
  return (
    <Panel title="Your account" flush>
      <div className={styles.row}>
        <div className={styles.token}>
          <strong>Password</strong>
          <span className={styles.soft}>
            {isOfProvider
              ? `You sign in with ${account.method.slice('oidc:'.length)}.`
              : 'A new one signs your other browsers out.'}
          </span>
        </div>
        {isOfProvider ? null : (
          <Button size="xs" variant="default" onClick={() => setDialog('password')}>
            Change…
          </Button>
        )}
      </div>
      {isOfProvider ? null : <SecondFactorRow onOpen={setDialog} isOn={account.hasSecondFactor} />}
      {dialog === 'password' ? <PasswordDialog onClose={close} /> : null}
      {dialog === 'setup' ? <SetupDialog onClose={close} /> : null}
      {dialog === 'codes' ? <RecoveryDialog onClose={close} /> : null}
      {dialog === 'off' ? <TurnOffDialog onClose={close} /> : null}
    </Panel>
  );
}

function SecondFactorRow({ isOn, onOpen }: { isOn: boolean; onOpen: (dialog: Dialog) => void }) {
  const { data } = useQuery(secondFactorQuery);
  return (
    <div className={styles.row}>
      <div className={styles.token}>
        <strong>Second factor</strong>
        <span className={styles.good} data-tone={isOn ? 'ok' : 'warning'}>
          {isOn ? <IconCircleCheckFilled size={16} aria-hidden /> : <IconShieldOff size={16} aria-hidden />}
          {isOn ? 'On' : 'Off'}
        </span>
        <span className={styles.soft}>
          {isOn && data?.since != null ? (
            <>
              since <Age at={data.since} />, {count(data.recoveryCodesLeft, 'recovery code')} left
            </>
          ) : (
            'A code of your phone beside the password: without it a stolen password opens nothing.'
          )}
        </span>
      </div>
      {isOn ? (
        <span className={styles.sure}>
          <Button size="xs" variant="default" onClick={() => onOpen('codes')}>
            New recovery codes…
          </Button>
          <Button size="xs" variant="default" onClick={() => onOpen('off')}>
            Turn off…
          </Button>
        </span>
      ) : (
        <Button size="xs" onClick={() => onOpen('setup')}>
          Set up…
        </Button>
      )}
    </div>
  );
}
