import { ActionIcon, Button, Menu } from '@mantine/core';
import { IconCheck, IconDots } from '@tabler/icons-react';
import { useState } from 'react';
import { type AccountChange, type AccountView, useChangeAccount } from '../api/access.ts';
import type { SignedIn } from '../api/shapes.ts';
import { Age } from '../parts/age.tsx';
import { Chip } from '../parts/marks.tsx';
import { tellDone, tellFailure } from '../parts/tell.ts';
import { isRole, roleChoices, roleWord } from './roles.ts';
import styles from './settings.module.css';

export function PersonRow({ person, me }: { person: AccountView; me: SignedIn }) {
  const change = useChangeAccount();
  const [isSure, setSure] = useState(false);
  const { name, role, disabledAt, secondFactorSince, provider } = person;
  const run = (wanted: AccountChange, done: string) =>
    change.mutate(wanted, {
      onSuccess: () => tellDone(done),
      onError: tellFailure,
      onSettled: () => setSure(false),
    });
  // The server says the same; here it only keeps buttons away that would be refused.
  const mayChange = role !== 'owner' || me.role === 'owner';
  return (
    <li
      className={isSure ? styles.row : `${styles.row} ${styles.person}`}
      data-ended={disabledAt !== null || undefined}
    >
      <div className={styles.token}>
        <strong>{name}</strong>
        <Chip tone={role === 'viewer' ? 'quiet' : role === 'operator' ? 'busy' : 'warning'}>
          {roleWord(role)}
        </Chip>
        <span className={styles.soft}>
          {name === me.name ? 'you, ' : null}
          since <Age at={person.createdAt} />
          {provider === null ? null : `, by ${hostOf(provider.issuer)}`}
          {secondFactorSince === null ? null : ', second factor on'}
          {disabledAt === null ? null : (
            <>
              , disabled <Age at={disabledAt} />
            </>
          )}
        </span>
      </div>
      {isSure ? (
        <span className={styles.sure}>
          <Button
            size="xs"
            color="red"
            loading={change.isPending}
            onClick={() => run({ do: 'remove', name }, `${name} is removed`)}
          >
            Remove {name}
          </Button>
          <Button size="xs" variant="default" onClick={() => setSure(false)}>
            Keep
          </Button>
        </span>
      ) : mayChange ? (
        <PersonMenu
          person={person}
          isMe={name === me.name}
          isOwner={me.role === 'owner'}
          run={run}
          onRemove={() => setSure(true)}
        />
      ) : null}
    </li>
  );
}

function PersonMenu({
  person: { name, role, disabledAt, secondFactorSince },
  isMe,
  isOwner,
  run,
  onRemove,
}: {
  person: AccountView;
  isMe: boolean;
  isOwner: boolean;
  run: (change: AccountChange, done: string) => void;
  onRemove: () => void;
}) {
  return (
    <Menu position="bottom-end" width={290} shadow="md">
      <Menu.Target>
        <ActionIcon variant="subtle" color="gray" size="lg" aria-label={`Change ${name}`}>
          <IconDots size={18} />
        </ActionIcon>
      </Menu.Target>
      <Menu.Dropdown>
        <Menu.Label>Role</Menu.Label>
        {roleChoices
          .filter(({ value }) => value !== 'owner' || isOwner)
          .map(({ value, label, meaning }) => (
            <Menu.Item
              key={value}
              rightSection={value === role ? <IconCheck size={15} aria-label="now" /> : null}
              onClick={() => {
                if (isRole(value) && value !== role)
                  run({ do: 'role', name, role: value }, `${name} is ${label.toLowerCase()} now`);
              }}
            >
              {label}
              <span className={styles.meaning}>{meaning}</span>
            </Menu.Item>
          ))}
        {isMe ? null : <Menu.Divider />}
        {isMe || secondFactorSince === null ? null : (
          <Menu.Item
            onClick={() =>
              run({ do: 'second-factor-off', name }, `${name} needs no code until it is set up anew`)
            }
          >
            Turn the second factor off
          </Menu.Item>
        )}
        {isMe ? null : disabledAt === null ? (
          <Menu.Item onClick={() => run({ do: 'disable', name }, `${name} is signed out everywhere`)}>
            Disable
          </Menu.Item>
        ) : (
          <Menu.Item onClick={() => run({ do: 'enable', name }, `${name} may sign in again`)}>
            Enable
          </Menu.Item>
        )}
        {isMe ? null : (
          <Menu.Item color="red" onClick={onRemove}>
            Remove…
          </Menu.Item>
        )}
      </Menu.Dropdown>
    </Menu>
  );
}

function hostOf(issuer: string): string {
  return URL.canParse(issuer) ? new URL(issuer).host : issuer;
}
