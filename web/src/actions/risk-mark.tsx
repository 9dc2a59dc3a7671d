import { IconAlertTriangle, IconFlame, IconShieldCheck } from '@tabler/icons-react';
import type { Risk } from '../../../src/core/action.ts';
import { Chip } from '../parts/marks.tsx';

const risks = {
  safe: { word: 'Safe', tone: 'quiet', Icon: IconShieldCheck, meaning: 'No work is lost' },
  risky: {
    word: 'Risky',
    tone: 'medium',
    Icon: IconAlertTriangle,
    meaning: 'Somebody’s work is interrupted',
  },
  destructive: { word: 'Destructive', tone: 'critical', Icon: IconFlame, meaning: 'Data may be lost' },
} as const;

export function RiskMark({ risk, isLong = false }: { risk: Risk; isLong?: boolean }) {
  const { word, tone, Icon, meaning } = risks[risk];
  return (
    <span title={meaning}>
      <Chip tone={tone}>
        <Icon size={13} aria-hidden /> {word}
        {isLong ? `: ${meaning.toLowerCase()}` : ''}
      </Chip>
    </span>
  );
}
