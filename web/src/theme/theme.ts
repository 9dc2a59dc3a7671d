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

const mono = "'JetBrains Mono Variable', ui-monospace, SFMono-Regular, Menlo, Consolas, monospace";
const sans = "'Inter Variable', ui-sans-serif, system-ui, 'Segoe UI', Roboto, sans-serif";

export const theme = createTheme({
  primaryColor: 'ink',
  primaryShade: { light: 8, dark: 5 },
  colors: { ink },
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
