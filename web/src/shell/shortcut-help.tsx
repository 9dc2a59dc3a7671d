import { Kbd, Modal } from '@mantine/core';
import { places } from './places.ts';
import styles from './shortcut-help.module.css';

export function ShortcutHelp({ isOpen, onClose }: { isOpen: boolean; onClose: () => void }) {
  return (
    <Modal opened={isOpen} onClose={onClose} title="Keyboard shortcuts" size="sm" centered>
      <dl className={styles.list}>
        <Row keys={['/']} what="Find on this page" />
        {places.map(({ to, key, word }) => (
          <Row key={to} keys={['g', key]} what={`Go to ${word.toLowerCase()}`} />
        ))}
        <Row keys={['Esc']} what="Close what is open" />
        <Row keys={['?']} what="Show this" />
      </dl>
    </Modal>
  );
}

function Row({ keys, what }: { keys: readonly string[]; what: string }) {
  return (
    <div className={styles.row}>
      <dt>{what}</dt>
      <dd>
        {keys.map((key) => (
          <Kbd key={key}>{key}</Kbd>
        ))}
      </dd>
    </div>
  );
}
