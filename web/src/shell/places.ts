import {
  IconBolt,
  IconFileText,
  IconFlame,
  IconLayoutDashboard,
  IconNotebook,
  IconSettings,
} from '@tabler/icons-react';

export interface Place {
  readonly to: '/' | '/incidents' | '/actions' | '/journal' | '/report' | '/settings';
  readonly word: string;
  readonly Icon: typeof IconBolt;
  /** The key after `g` that leads there. */
  readonly key: string;
  /** On narrow screens behind "More": five fit into the bar at the foot. */
  readonly isInMore?: boolean;
}

export const places: readonly Place[] = [
  { to: '/', word: 'Overview', Icon: IconLayoutDashboard, key: 'o' },
  { to: '/incidents', word: 'Incidents', Icon: IconFlame, key: 'i' },
  { to: '/actions', word: 'Actions', Icon: IconBolt, key: 'a' },
  { to: '/journal', word: 'Journal', Icon: IconNotebook, key: 'j' },
  { to: '/report', word: 'Daily report', Icon: IconFileText, key: 'r', isInMore: true },
  { to: '/settings', word: 'Settings', Icon: IconSettings, key: 's', isInMore: true },
];
