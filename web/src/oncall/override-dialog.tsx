import { NativeSelect, Textarea, TextInput } from '@mantine/core';
import { useState } from 'react';
import { type OnCallView, useOverride, useSwap } from '../api/oncall.ts';
import form from '../parts/form.module.css';
import { FormDialog } from '../parts/form-dialog.tsx';
import { tellDone } from '../parts/tell.ts';

export function OverrideDialog({
  kind,
  oncall,
  onClose,
}: {
  kind: 'override' | 'swap';
  oncall: OnCallView;
  onClose: () => void;
}) {
  const isSwap = kind === 'swap';
  const override = useOverride();
  const swap = useSwap();
  const [rotation, setRotation] = useState(oncall.rotations[0]?.name ?? '');
  const [person, setPerson] = useState(oncall.people[0]?.id ?? '');
  const [other, setOther] = useState(oncall.people[1]?.id ?? '');
  const [from, setFrom] = useState('');
  const [to, setTo] = useState('');
  const [why, setWhy] = useState('');
  const zone = oncall.rotations.find(({ name }) => name === rotation)?.layers[0]?.timezone ?? '';
  const people = oncall.people.map(({ id, name }) => ({
    value: id,
    label: name === id ? id : `${name} (${id})`,
  }));
  const nameOf = (id: string) => oncall.people.find((each) => each.id === id)?.name ?? id;
  const submit = () => {
    const body = {
      ...{ rotation, person, to: to.slice(0, 16), why: why.trim() },
      ...(from === '' ? {} : { from: from.slice(0, 16) }),
    };
    const done = (text: string) => ({
      onSuccess: () => {
        onClose();
        tellDone(text);
      },
    });
    if (isSwap)
      swap.mutate({ ...body, with: other }, done(`${nameOf(person)} and ${nameOf(other)} have swapped`));
    else override.mutate(body, done(`${nameOf(person)} takes over ${rotation}`));
  };
  return (
    <FormDialog
      title={isSwap ? 'Swap turns' : 'Take over for a while'}
      submit={isSwap ? 'Swap' : 'Take over'}
      isBusy={override.isPending || swap.isPending}
      isReady={to !== '' && person !== '' && (!isSwap || person !== other)}
      error={override.error ?? swap.error}
      onClose={onClose}
      onSubmit={submit}
    >
      <p className={form.note}>
        {isSwap
          ? 'Each of the two takes the turns of the other in that time.'
          : 'Whoever is chosen is on call in that time, whatever the rotation says.'}
      </p>
      <NativeSelect
        label="Rotation"
        data={oncall.rotations.map(({ name }) => name)}
        value={rotation}
        onChange={(event) => setRotation(event.currentTarget.value)}
      />
      <div className={form.pair}>
        <NativeSelect
          label={isSwap ? 'One' : 'Who takes over'}
          data={people}
          value={person}
          onChange={(event) => setPerson(event.currentTarget.value)}
        />
        {isSwap ? (
          <NativeSelect
            label="The other"
            data={people}
            value={other}
            error={person === other ? 'Choose two people' : undefined}
            onChange={(event) => setOther(event.currentTarget.value)}
          />
        ) : null}
      </div>
      <div className={form.pair}>
        <TextInput
          type="datetime-local"
          label="From"
          description={`Clock of ${zone}; now when left empty`}
          value={from}
          onChange={(event) => setFrom(event.currentTarget.value)}
        />
        <TextInput
          type="datetime-local"
          label="To"
          description={`Clock of ${zone}`}
          required
          withAsterisk={false}
          value={to}
          onChange={(event) => setTo(event.currentTarget.value)}
        />
      </div>
      <Textarea
        label="Why"
        description="Shown in the schedule, kept in the journal."
        autosize
        minRows={1}
        value={why}
        onChange={(event) => setWhy(event.currentTarget.value)}
      />
    </FormDialog>
  );
}
