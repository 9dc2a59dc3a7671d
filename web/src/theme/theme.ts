import { createTheme, type MantineColorsTuple } from '@mantine/core';

const ink: MantineColorsTuple = [
  '#eef1f9',
  '#dbe1f0',
  '#b6c2e0',
  '#8fa1d0',
  '#6d84c3',
  '#5670b8',
  '#41599f',
  '#34488a',
  '#2b3a67',
  '#202c50',
];

const dark: MantineColorsTuple = [
  '#e8e9eb',
  '#aab0b9',
  '#8b929c',
  '#5f6875',
  '#3a424f',
  '#2a313c',
  '#1c212a',
  '#171b22',
  '#101318',
  '#0c0f13',
];

const gray: MantineColorsTuple = [
  '#f6f4ee',
  '#efece5',
  '#e3dfd5',
  '#d8d3c7',
  '#cec8ba',
  '#a8a398',
  '#7c7b76',
  '#565c63',
  '#363b41',
  '#1d2126',
];

const mono = "'JetBrains Mono Variable', ui-monospace, SFMono-Regular, Menlo, Consolas, monospace";
const sans = "'Inter Variable', ui-sans-serif, system-ui, 'Segoe UI', Roboto, sans-serif";

export const theme = createTheme({
  primaryColor: 'ink',
  primaryShade: { light: 8, dark: 5 },
  colors: { ink, dark, gray },
  fontFamily: sans,
  fontFamilyMonospace: mono,
  headings: { fontFamily: sans, fontWeight: '620' },
  defaultRadius: 'md',
  radius: { sm: '5px', md: '7px', lg: '11px' },
  fontSizes: { xs: '12px', sm: '13px', md: '14px', lg: '16px', xl: '19px' },
  cursorType: 'pointer',
  focusRing: 'auto',
  respectReducedMotion: true,
});
