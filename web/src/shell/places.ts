import {
  IconAdjustmentsHorizontal,
  IconBellOff,
  IconBolt,
  IconBroadcast,
  IconDatabaseExport,
  IconFileDescription,
  IconFileText,
  IconFireExtinguisher,
  IconFlame,
  IconLayoutDashboard,
  IconLifebuoy,
  IconMessageQuestion,
  IconNotebook,
  IconPhone,
  IconSettings,
  IconShieldCheck,
  IconTarget,
  IconWorld,
} from '@tabler/icons-react';

export interface Place {
  readonly to:
    | '/'
    | '/incidents'
    | '/actions'
    | '/policy'
    | '/ask'
    | '/logs'
    | '/drills'
    | '/backups'
    | '/recovery-plan'
    | '/oncall'
    | '/silences'
    | '/objectives'
    | '/rules'
    | '/channels'
    | '/status-page'
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
  { to: '/ask', word: 'Ask', Icon: IconMessageQuestion, key: 'q', isInMore: true },
  { to: '/logs', word: 'Logs', Icon: IconFileDescription, key: 'l', isInMore: true },
  { to: '/policy', word: 'Guard', Icon: IconShieldCheck, key: 'y', isInMore: true },
  { to: '/oncall', word: 'On call', Icon: IconPhone, key: 'c', isInMore: true },
  {
    to: '/silences',
    word: 'Silences',
    Icon: IconBellOff,
    key: 'm',
    isInMore: true,
    also: '/maintenance',
  },
  { to: '/objectives', word: 'Objectives', Icon: IconTarget, key: 'b', isInMore: true },
  { to: '/rules', word: 'Rules', Icon: IconAdjustmentsHorizontal, key: 'u', isInMore: true },
  { to: '/channels', word: 'Channels', Icon: IconBroadcast, key: 'n', isInMore: true },
  { to: '/status-page', word: 'Status page', Icon: IconWorld, key: 'p', isInMore: true },
  { to: '/journal', word: 'Journal', Icon: IconNotebook, key: 'j' },
  { to: '/report', word: 'Daily report', Icon: IconFileText, key: 'r', isInMore: true },
  { to: '/drills', word: 'Fire drills', Icon: IconFireExtinguisher, key: 'd', isInMore: true },
  { to: '/backups', word: 'Backups', Icon: IconDatabaseExport, key: 'k', isInMore: true },
  { to: '/recovery-plan', word: 'Recovery plan', Icon: IconLifebuoy, key: 'v', isInMore: true },
  { to: '/settings', word: 'Settings', Icon: IconSettings, key: 's', isInMore: true },
];
