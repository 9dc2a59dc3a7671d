import { Button, Modal } from '@mantine/core';
import styles from './form.module.css';

/** A form above the page: what went wrong stands in it, and what was typed stays. */
export function FormDialog({
  title,
  submit,
  isBusy,
  isReady = true,
  error,
  size = 'lg',
  onClose,
  onSubmit,
  children,
}: {
  title: string;
  /** The word on the button that does it. */
  submit: string;
  isBusy: boolean;
  isReady?: boolean;
  error: Error | null;
  size?: 'md' | 'lg' | 'xl';
  onClose: () => void;
  onSubmit: () => void;
  children: React.ReactNode;
}) {
  return (
    <Modal opened onClose={onClose} title={title} size={size}>
      <form
        className={styles.form}
        onSubmit={(event) => {
          event.preventDefault();
          onSubmit();
        }}
      >
        {children}
        {error === null ? null : (
          <p className={styles.error} role="alert">
            {error.message}
          </p>
        )}
        <div className={styles.buttons}>
          <Button variant="default" onClick={onClose}>
            Not now
          </Button>
          <Button type="submit" loading={isBusy} disabled={!isReady}>
            {submit}
          </Button>
        </div>
      </form>
    </Modal>
  );
}
