import { IconDeviceDesktop, IconMoon, IconSun } from '@tabler/icons-react';

export const schemes = [
  { value: 'light', word: 'Light', Icon: IconSun },
  { value: 'dark', word: 'Dark', Icon: IconMoon },
  { value: 'auto', word: 'As the system', Icon: IconDeviceDesktop },
] as const;
