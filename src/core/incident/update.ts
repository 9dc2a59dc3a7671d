/** Stakeholder updates: what people outside the incident are told, from a text for each state. Pure. */
import { causeAmong } from '../diagnosis.ts';
import type { Finding } from '../evidence.ts';

export const updateStatuses = ['investigating', 'identified', 'monitoring', 'resolved'] as const;
export type UpdateStatus = (typeof updateStatuses)[number];

export interface StakeholderUpdate {
  readonly id: string;
  readonly incidentId: string;
  /** Epoch milliseconds. */
  readonly at: number;
  readonly by: string;
  readonly status: UpdateStatus;
  /** Markdown. */
  readonly text: string;
  /** Whether the status page may show it. */
  readonly isPublic: boolean;
}

/** What `{…}` in a text may name. */
export const placeholders = [
  'services',
  'severity',
  'title',
  'since',
  'duration',
  'cause',
  'status',
  'next',
] as const;
export type Placeholder = (typeof placeholders)[number];

/** Where nobody wrote a text of their own; none names machines or people, since anybody may read it. */
export const updateTemplates: Readonly<Record<UpdateStatus, string>> = {
  investigating:
    'We are investigating a problem with {services} that began at {since}. We will tell more by {next}.',
  identified:
    'We know what causes the problem with {services} and are working on it. We will tell more by {next}.',
  monitoring: 'The problem with {services} has been treated. We are watching whether it holds.',
  resolved: 'The problem with {services} is over. It lasted {duration}.',
};

export type Filled =
  | { readonly kind: 'filled'; readonly text: string }
  | { readonly kind: 'unknown'; readonly names: readonly string[] };

/** Puts values in place of `{name}`; `{{` stands for one brace. Names that there are not are told, not left in. */
export function fillTemplate(text: string, values: Readonly<Record<Placeholder, string>>): Filled {
  const unknown = new Set<string>();
  const filled = text.replace(/\{\{|\{([a-zA-Z]+)\}/g, (whole, name: string | undefined) => {
    if (whole === '{{') return '{';
    const known = placeholders.find((one) => one === name);
    if (known !== undefined) return values[known];
    unknown.add(name ?? '');
    return whole;
  });
  return unknown.size > 0 ? { kind: 'unknown', names: [...unknown] } : { kind: 'filled', text: filled };
}

/** The state that an incident is in for those outside, where nobody says another. */
export function usualStatus(incident: {
  readonly status: string;
  readonly findings: readonly Pick<Finding, 'confidence' | 'beside'>[];
}): UpdateStatus {
  if (incident.status === 'resolved') return 'resolved';
  if (incident.status === 'mitigated') return 'monitoring';
  return (causeAmong(incident.findings)?.confidence ?? 0) >= 0.8 ? 'identified' : 'investigating';
}
