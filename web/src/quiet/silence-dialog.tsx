import { Checkbox, NativeSelect, Textarea } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { overviewQuery } from '../api/queries.ts';
import { useCreateSilence } from '../api/quiet.ts';
import { formatMoment } from '../format/time.ts';
import { count } from '../format/words.ts';
import { FormDialog } from '../parts/form-dialog.tsx';
import { useNow } from '../parts/now.ts';
import { tellDone, tellWarning } from '../parts/tell.ts';
import { MatcherBuilder } from './matcher-builder.tsx';
import { type Condition, conditionText, parseConditions } from './matching.ts';

const hourMs = 3_600_000;
const lengths = [
  { value: '30m', label: '30 minutes', ms: hourMs / 2 },
  { value: '1h', label: '1 hour', ms: hourMs },
  { value: '2h', label: '2 hours', ms: 2 * hourMs },
  { value: '4h', label: '4 hours', ms: 4 * hourMs },
  { value: '8h', label: '8 hours', ms: 8 * hourMs },
  { value: '24h', label: '1 day', ms: 24 * hourMs },
  { value: '3d', label: '3 days', ms: 72 * hourMs },
  { value: '7d', label: '7 days', ms: 168 * hourMs },
  { value: '30d', label: '30 days', ms: 720 * hourMs },
];

export function SilenceDialog({ begin, onClose }: { begin: string; onClose: () => void }) {
  const { data: overview } = useQuery(overviewQuery);
  const create = useCreateSilence();
  const now = useNow();
  const [conditions, setConditions] = useState<readonly Condition[]>(() => {
    const given = parseConditions(begin);
    return given.length > 0 ? given : [{ label: 'target', isNegated: false, pattern: '' }];
  });
  const [length, setLength] = useState('1h');
  const [reason, setReason] = useState('');
  const [isForced, setIsForced] = useState(false);
  const isRefused = create.error?.message.includes('Nothing was silenced') === true;
  const whole = conditions.filter(({ label, pattern }) => label.trim() !== '' && pattern.trim() !== '');
  const endsAt = now + (lengths.find(({ value }) => value === length)?.ms ?? 0);
  return (
    <FormDialog
      title="Silence alerts"
      submit="Silence"
      isBusy={create.isPending}
      isReady={whole.length > 0 && reason.trim().length >= 3}
      error={create.error}
      onClose={onClose}
      onSubmit={() =>
        create.mutate(
          {
            matchers: whole.map(conditionText),
            for: length,
            reason: reason.trim(),
            ...(isForced ? { force: true } : {}),
          },
          {
            onSuccess: ({ warnings, firing }) => {
              onClose();
              if (warnings.length > 0) tellWarning('Silenced, but look again', warnings.join('. '));
              else
                tellDone(
                  `Silenced. It matches ${firing.alerts === 0 ? 'no alert' : count(firing.alerts, 'alert')} firing right now.`,
                );
            },
          },
        )
      }
    >
      <MatcherBuilder conditions={conditions} overview={overview} onChange={setConditions} />
      <NativeSelect
        label="For"
        description={`Until ${formatMoment(endsAt)}`}
        data={lengths.map(({ value, label }) => ({ value, label }))}
        value={length}
        onChange={(event) => setLength(event.currentTarget.value)}
      />
      <Textarea
        label="Why"
        description="Everybody sees it, and it is kept in the journal."
        placeholder="Moving to the new rack"
        autosize
        minRows={2}
        required
        withAsterisk={false}
        value={reason}
        onChange={(event) => setReason(event.currentTarget.value)}
      />
      {isRefused || isForced ? (
        <Checkbox
          label="Silence it all the same"
          description="For what is not there yet"
          checked={isForced}
          onChange={(event) => setIsForced(event.currentTarget.checked)}
        />
      ) : null}
    </FormDialog>
  );
}
