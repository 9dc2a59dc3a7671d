import { Menu } from '@mantine/core';
import {
  IconArrowMerge,
  IconArrowsSplit,
  IconChevronDown,
  IconGauge,
  IconUserCheck,
  IconUsers,
  IconUsersGroup,
} from '@tabler/icons-react';
import { useState } from 'react';
import type { IncidentDetail } from '../../../src/core/view.ts';
import { PermittedButton } from '../parts/permitted-button.tsx';
import { AssignDialog, ImpactDialog, LevelDialog, RoleDialog } from './conduct-dialogs.tsx';
import { MergeDialog, SplitDialog } from './merge-dialogs.tsx';

const dialogs = {
  assign: { word: 'Assign…', Icon: IconUserCheck, Dialog: AssignDialog },
  role: { word: 'Give a role…', Icon: IconUsersGroup, Dialog: RoleDialog },
  level: { word: 'Change the level…', Icon: IconGauge, Dialog: LevelDialog },
  impact: { word: 'Users affected…', Icon: IconUsers, Dialog: ImpactDialog },
  merge: { word: 'Merge into another…', Icon: IconArrowMerge, Dialog: MergeDialog },
  split: { word: 'Split alerts off…', Icon: IconArrowsSplit, Dialog: SplitDialog },
} as const;
type Name = keyof typeof dialogs;
const names: readonly Name[] = ['assign', 'role', 'level', 'impact', 'merge', 'split'];

export function IncidentMenu({ incident }: { incident: IncidentDetail }) {
  const [open, setOpen] = useState<Name | null>(null);
  const Dialog = open === null ? null : dialogs[open].Dialog;
  return (
    <>
      <Menu position="bottom-end" width={220} shadow="md">
        <Menu.Target>
          <PermittedButton needs="operate" variant="default" rightSection={<IconChevronDown size={15} />}>
            More
          </PermittedButton>
        </Menu.Target>
        <Menu.Dropdown>
          {names.map((name) => {
            const { word, Icon } = dialogs[name];
            return (
              <Menu.Item
                key={name}
                leftSection={<Icon size={16} />}
                disabled={name === 'split' && incident.firingAlerts < 2}
                onClick={() => setOpen(name)}
              >
                {word}
              </Menu.Item>
            );
          })}
        </Menu.Dropdown>
      </Menu>
      {Dialog === null ? null : <Dialog incident={incident} onClose={() => setOpen(null)} />}
    </>
  );
}
