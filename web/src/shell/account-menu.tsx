import { ActionIcon, Menu, useMantineColorScheme } from '@mantine/core';
import { IconDeviceDesktop, IconDots, IconKeyboard, IconLogout, IconUsers } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { useSignOut } from '../api/changes.ts';
import { overviewQuery } from '../api/queries.ts';
import { browserZone, chooseZone, useZoneChoice } from '../format/zone.ts';
import styles from './account-menu.module.css';
import { schemes } from './schemes.ts';

export function AccountMenu({
  account,
  onHelp,
}: {
  account: { name: string; role: string };
  onHelp: () => void;
}) {
  const { colorScheme, setColorScheme } = useMantineColorScheme();
  const signOut = useSignOut();
  const zoneChoice = useZoneChoice();
  const { data: overview } = useQuery(overviewQuery);
  return (
    <div className={styles.account}>
      <span className={styles.who}>
        <span className={styles.name}>{account.name}</span>
        {account.role === account.name ? null : <span className={styles.role}>{account.role}</span>}
      </span>
      <Menu position="top-end" width={260} shadow="md">
        <Menu.Target>
          <ActionIcon variant="subtle" color="gray" size="lg" aria-label="Account, appearance and times">
            <IconDots size={18} />
          </ActionIcon>
        </Menu.Target>
        <Menu.Dropdown>
          <Menu.Label>Appearance</Menu.Label>
          {schemes.map(({ value, word, Icon }) => (
            <Menu.Item
              key={value}
              leftSection={<Icon size={16} />}
              rightSection={colorScheme === value ? <span className={styles.role}>chosen</span> : null}
              onClick={() => setColorScheme(value)}
            >
              {word}
            </Menu.Item>
          ))}
          <Menu.Label>Times</Menu.Label>
          {(['team', 'browser'] as const).map((value) => (
            <Menu.Item
              key={value}
              leftSection={value === 'team' ? <IconUsers size={16} /> : <IconDeviceDesktop size={16} />}
              rightSection={zoneChoice === value ? <span className={styles.role}>chosen</span> : null}
              onClick={() => chooseZone(value)}
            >
              {value === 'team'
                ? `The team’s, ${overview?.timezone ?? '…'}`
                : `This browser’s, ${browserZone}`}
            </Menu.Item>
          ))}
          <Menu.Divider />
          <Menu.Item leftSection={<IconKeyboard size={16} />} onClick={onHelp}>
            Keyboard shortcuts
          </Menu.Item>
          <Menu.Item leftSection={<IconLogout size={16} />} onClick={() => signOut.mutate()}>
            Sign out
          </Menu.Item>
        </Menu.Dropdown>
      </Menu>
    </div>
  );
}
