import {
  IconAlertOctagonFilled,
  IconAlertTriangleFilled,
  IconChevronDown,
  IconChevronsUp,
  IconChevronUp,
  IconCircleCheckFilled,
  IconCircleDashed,
  IconEqual,
} from '@tabler/icons-react';
import type { Level } from '../../../src/core/severity.ts';
import type { ActionState, Health } from '../../../src/core/view.ts';
import { actionWords, healthWords, type Tone } from '../format/words.ts';
import styles from './marks.module.css';

const healthIcons = {
  ok: IconCircleCheckFilled,
  warning: IconAlertTriangleFilled,
  critical: IconAlertOctagonFilled,
  unknown: IconCircleDashed,
};

/** Each health has its own shape and word besides its colour. */
export function HealthIcon({ health, size = 18 }: { health: Health; size?: number }) {
  const Icon = healthIcons[health];
  return (
    <span
      className={styles.icon}
      data-tone={health}
      role="img"
      aria-label={healthWords[health]}
      title={healthWords[health]}
    >
      <Icon size={size} aria-hidden />
    </span>
  );
}

export function HealthMark({ health }: { health: Health }) {
  const Icon = healthIcons[health];
  return (
    <span className={styles.mark} data-tone={health}>
      <Icon size={16} aria-hidden /> {healthWords[health]}
    </span>
  );
}

const levelIcons = {
  critical: IconChevronsUp,
  high: IconChevronUp,
  medium: IconEqual,
  low: IconChevronDown,
};

/** The team's own word, with the level where that word does not say it. */
export function SeverityMark({ level, severity }: { level: Level; severity: string }) {
  const Icon = levelIcons[level];
  const isPlain = severity.toLowerCase() === level;
  return (
    <span className={styles.chip} data-tone={level} data-strong={level === 'critical' || undefined}>
      <Icon size={14} stroke={2.6} aria-hidden />
      {severity}
      {isPlain ? null : <span className={styles.level}>{level}</span>}
    </span>
  );
}

export function Chip({ tone, children }: { tone: Tone; children: React.ReactNode }) {
  return (
    <span className={styles.chip} data-tone={tone}>
      {children}
    </span>
  );
}

export function ActionMark({ state }: { state: ActionState }) {
  const { word, tone } = actionWords[state];
  return (
    <span className={styles.chip} data-tone={tone}>
      <span className={styles.dot} data-busy={tone === 'busy' || undefined} aria-hidden />
      {word}
    </span>
  );
}
