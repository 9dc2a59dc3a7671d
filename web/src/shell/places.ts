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
  /** Left out of the bar at the foot of narrow screens, where five fit. */
  readonly isWideOnly?: boolean;
}

export const places: readonly Place[] = [
  { to: '/', word: 'Overview', Icon: IconLayoutDashboard, key: 'o' },
  { to: '/incidents', word: 'Incidents', Icon: IconFlame, key: 'i' },
  { to: '/actions', word: 'Actions', Icon: IconBolt, key: 'a' },
  { to: '/journal', word: 'Journal', Icon: IconNotebook, key: 'j' },
  { to: '/report', word: 'Daily report', Icon: IconFileText, key: 'r', isWideOnly: true },
  { to: '/settings', word: 'Settings', Icon: IconSettings, key: 's' },
];
