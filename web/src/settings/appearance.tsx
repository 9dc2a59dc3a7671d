import { SegmentedControl, useMantineColorScheme } from '@mantine/core';
import { Panel } from '../parts/panel.tsx';
import { schemes } from '../shell/schemes.ts';
import styles from './settings.module.css';

export function Appearance() {
  const { colorScheme, setColorScheme } = useMantineColorScheme();
  return (
    <Panel title="Appearance">
      <SegmentedControl
        aria-label="Appearance"
        value={colorScheme}
        onChange={(value) => {
          const chosen = schemes.find((scheme) => scheme.value === value);
          if (chosen) setColorScheme(chosen.value);
        }}
        data={schemes.map(({ value, word }) => ({ value, label: word }))}
      />
      <p className={styles.soft}>
        Kept in this browser, as is the zone of all times: the menu beside your name has both.
      </p>
    </Panel>
  );
}
