import { notifications } from '@mantine/notifications';

export function tellDone(message: string): void {
  notifications.show({ message, color: 'teal' });
}

export function tellFailure(error: Error): void {
  notifications.show({ title: 'That did not work', message: error.message, color: 'red', autoClose: false });
}

/** It was done, but perhaps not what was meant. */
export function tellWarning(title: string, message: string): void {
  notifications.show({ title, message, color: 'yellow', autoClose: false });
}
