import { Button } from '@mantine/core';
import { IconShieldCheck } from '@tabler/icons-react';
import styles from './door.module.css';

const troubles: Readonly<Record<string, string>> = {
  refused: 'That sign-in was not accepted. Ask an admin of this Upkeep; the journal has the reason.',
  unavailable: 'The provider does not answer. Try again, or sign in with a password.',
};

/** What the address says of a sign-in that a provider sent back. */
export function providerTrouble(hash: string): string | undefined {
  return troubles[new URLSearchParams(hash.replace(/^#/, '')).get('sign-in') ?? ''];
}

/** Plain links: the browser leaves for the provider and comes back. */
export function Providers({ providers }: { providers: readonly { name: string; label: string }[] }) {
  if (providers.length === 0) return null;
  return (
    <>
      <p className={styles.or}>
        <span>or</span>
      </p>
      <div className={styles.form}>
        {providers.map(({ name, label }) => (
          <Button
            key={name}
            component="a"
            href={`/oidc/${encodeURIComponent(name)}/start`}
            variant="default"
            size="md"
            leftSection={<IconShieldCheck size={18} />}
          >
            Continue with {label}
          </Button>
        ))}
      </div>
    </>
  );
}
