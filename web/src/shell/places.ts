import {
  IconBellOff,
  IconBolt,
  IconFileText,
  IconFlame,
  IconLayoutDashboard,
  IconNotebook,
  IconPhone,
  IconSettings,
} from '@tabler/icons-react';

export interface Place {
  readonly to:
    | '/'
    | '/incidents'
    | '/actions'
    | '/silences'
    | '/oncall'
    | '/journal'
    | '/report'
    | '/settings';
  readonly word: string;
  readonly Icon: typeof IconBolt;
  /** The key after `g` that leads there. */
  readonly key: string;
  /** On narrow screens behind "More": five fit into the bar at the foot. */
  readonly isInMore?: boolean;
  /** Other beginnings of addresses that belong to it. */
  readonly also?: string;
}

export const places: readonly Place[] = [
  { to: '/', word: 'Overview', Icon: IconLayoutDashboard, key: 'o' },
  { to: '/incidents', word: 'Incidents', Icon: IconFlame, key: 'i' },
  { to: '/actions', word: 'Actions', Icon: IconBolt, key: 'a' },
  { to: '/oncall', word: 'On call', Icon: IconPhone, key: 'c', isInMore: true },
  {
    to: '/silences',
    word: 'Quiet',
    Icon: IconBellOff,
    key: 'q',
    isInMore: true,
    also: '/maintenance',
  },
  { to: '/journal', word: 'Journal', Icon: IconNotebook, key: 'j' },
  { to: '/report', word: 'Daily report', Icon: IconFileText, key: 'r', isInMore: true },
  { to: '/settings', word: 'Settings', Icon: IconSettings, key: 's', isInMore: true },
];
