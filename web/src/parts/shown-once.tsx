import { Button, Modal } from '@mantine/core';
import { CodeText } from './copy.tsx';
import styles from './form.module.css';

/** A secret that is not kept: nothing but the button closes it, so that it is not lost by a slip. */
export function ShownOnce({
  title,
  secret,
  what,
  onClose,
  children,
}: {
  title: string;
  secret: string;
  what: string;
  onClose: () => void;
  children?: React.ReactNode;
}) {
  return (
    <Modal opened onClose={onClose} title={title} size="lg" closeOnClickOutside={false} closeOnEscape={false}>
      <div className={styles.form}>
        <p>It is shown this once; only its hash is kept.</p>
        <CodeText text={secret} what={what} />
        {children}
        <Button onClick={onClose}>I have copied it</Button>
      </div>
    </Modal>
  );
}
