import { Autocomplete, NativeSelect, Textarea, TextInput } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { oncallQuery } from '../api/oncall.ts';
import { levelOf, levels } from '../format/levels.ts';
import form from '../parts/form.module.css';
import { ChangeDialog, type ChangeDialogProps } from './change-dialog.tsx';

const roles = ['commander', 'communications', 'scribe', 'operations', 'expert'];

function PersonInput({
  label,
  value,
  onChange,
}: {
  label: string;
  value: string;
  onChange: (person: string) => void;
}) {
  const { data } = useQuery(oncallQuery);
  return (
    <Autocomplete
      label={label}
      description="Leave empty for nobody"
      // What is chosen already is not offered again, above the button below.
      data={data?.people.map(({ id }) => id).filter((id) => id !== value) ?? []}
      value={value}
      onChange={onChange}
    />
  );
}

const orNobody = (person: string) => person.trim() || 'nobody';

export function AssignDialog({ incident, onClose }: ChangeDialogProps) {
  const [person, setPerson] = useState(incident.assignee ?? '');
  return (
    <ChangeDialog
      {...{ incident, onClose }}
      title="Assign this incident"
      submit="Assign"
      done={person.trim() === '' ? 'Nobody has it now' : `${person} has it now`}
      isReady
      change={{ what: 'assign', body: { person: orNobody(person) } }}
    >
      <PersonInput label="Who has it from now on" value={person} onChange={setPerson} />
    </ChangeDialog>
  );
}

export function RoleDialog({ incident, onClose }: ChangeDialogProps) {
  const [role, setRole] = useState('commander');
  const [person, setPerson] = useState('');
  return (
    <ChangeDialog
      {...{ incident, onClose }}
      title="Give a role"
      submit="Give the role"
      done={person.trim() === '' ? `Nobody is ${role} now` : `${person.trim()} is ${role} now`}
      isReady={role.trim() !== ''}
      change={{ what: 'roles', body: { role: role.trim(), person: orNobody(person) } }}
    >
      <Autocomplete label="Role" data={roles} value={role} onChange={setRole} />
      <PersonInput label="Who" value={person} onChange={setPerson} />
    </ChangeDialog>
  );
}

export function LevelDialog({ incident, onClose }: ChangeDialogProps) {
  const [level, setLevel] = useState(incident.level);
  const [reason, setReason] = useState('');
  return (
    <ChangeDialog
      {...{ incident, onClose }}
      title="Change the level"
      submit="Change it"
      done={`The level is ${level} now`}
      isReady={level !== incident.level && reason.trim() !== ''}
      change={{ what: 'level', body: { level, reason: reason.trim() } }}
    >
      <p className={form.note}>Only something graver changes it again. A graver level calls people anew.</p>
      <NativeSelect
        label="Level"
        data={[...levels]}
        value={level}
        onChange={(event) => setLevel(levelOf(event.currentTarget.value))}
      />
      <Textarea
        label="Why"
        autosize
        minRows={2}
        value={reason}
        onChange={(event) => setReason(event.currentTarget.value)}
      />
    </ChangeDialog>
  );
}

export function ImpactDialog({ incident, onClose }: ChangeDialogProps) {
  const [users, setUsers] = useState('');
  const [share, setShare] = useState('');
  const [note, setNote] = useState('');
  return (
    <ChangeDialog
      {...{ incident, onClose }}
      title="Users affected"
      submit="Enter"
      done="The users affected are entered"
      isReady={users.trim() !== '' || share.trim() !== ''}
      change={{
        what: 'impact',
        body: {
          note: note.trim(),
          ...(users.trim() === '' ? {} : { users: Number(users) }),
          ...(share.trim() === '' ? {} : { share: share.trim() }),
        },
      }}
    >
      <div className={form.pair}>
        <TextInput
          label="How many"
          inputMode="numeric"
          value={users}
          onChange={(event) => setUsers(event.currentTarget.value)}
        />
        <TextInput
          label="Share of all"
          placeholder="8%"
          value={share}
          onChange={(event) => setShare(event.currentTarget.value)}
        />
      </div>
      <TextInput
        label="How that is known"
        value={note}
        onChange={(event) => setNote(event.currentTarget.value)}
      />
    </ChangeDialog>
  );
}
