import { Button } from '@mantine/core';
import { useQueryClient } from '@tanstack/react-query';
import { useSignOut } from '../api/changes.ts';
import { useTitle } from '../parts/title.ts';
import styles from './door.module.css';
import { Door } from './door.tsx';
import { SecondFactorSetup } from './second-factor-setup.tsx';

/** Where this Upkeep asks everybody for a second factor, nothing else opens before it is set up. */
export function EnrolPage({ name }: { name: string }) {
  useTitle('Second factor');
  const client = useQueryClient();
  const signOut = useSignOut();
  return (
    <Door
      title="Set up your second factor"
      lead={`This Upkeep asks for a code beside the password, ${name}. An authenticator app on your phone makes it.`}
    >
      <SecondFactorSetup onDone={() => void client.resetQueries()} />
      <div className={styles.ways}>
        <Button variant="subtle" color="gray" size="xs" onClick={() => signOut.mutate()}>
          Sign out
        </Button>
      </div>
    </Door>
  );
}
