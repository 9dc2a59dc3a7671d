import { IconPin, IconPinnedOff } from '@tabler/icons-react';
import { usePin } from '../api/backups.ts';
import { formatPlanned } from '../format/time.ts';
import { PermittedButton } from '../parts/permitted-button.tsx';
import { tellDone, tellFailure } from '../parts/tell.ts';

/** A pinned backup stays whatever its age. */
export function PinButton({ id, isPinned, startedAt }: { id: string; isPinned: boolean; startedAt: number }) {
  const pin = usePin(id);
  const Icon = isPinned ? IconPinnedOff : IconPin;
  const word = isPinned ? 'Unpin' : 'Pin';
  return (
    <PermittedButton
      needs="operate"
      size="xs"
      variant="default"
      leftSection={<Icon size={14} />}
      loading={pin.isPending}
      aria-label={`${word} the backup of ${formatPlanned(startedAt)}`}
      onClick={() =>
        pin.mutate(!isPinned, {
          onSuccess: () =>
            tellDone(isPinned ? 'It goes its way by age again.' : 'It stays until it is unpinned.'),
          onError: tellFailure,
        })
      }
    >
      {word}
    </PermittedButton>
  );
}
