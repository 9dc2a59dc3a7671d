import { ActionIcon, Menu, useMantineColorScheme } from '@mantine/core';
import { IconDots, IconKeyboard, IconLogout } from '@tabler/icons-react';
import { useSignOut } from '../api/changes.ts';
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
  return (
    <div className={styles.account}>
      <span className={styles.who}>
        <span className={styles.name}>{account.name}</span>
        {account.role === account.name ? null : <span className={styles.role}>{account.role}</span>}
      </span>
      <Menu position="top-end" width={220} shadow="md">
        <Menu.Target>
          <ActionIcon variant="subtle" color="gray" size="lg" aria-label="Account and appearance">
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
