/** The completion report of an action, in the form of the teams' hand-off: changes, before/after, verification, rollback. */
import type { ActionView } from './view.ts';

export function completionReport(action: ActionView, timestamp: (at: number) => string): string {
  const { plan } = action;
  const lines = [
    `# ${plan.summary}`,
    '',
    `**Result:** ${action.state}: ${action.result ?? 'no result'}`,
    `**Action:** \`${plan.action}\` on \`${plan.target}\` (${plan.risk})`,
    `**Why:** ${action.why}`,
    `**Allowed by:** ${action.approvedBy === null ? action.judgement.reason : `approved by ${action.approvedBy}`}`,
    `**Plan:** sha256 ${action.digest}`,
    ...(action.appliedAt === null ? [] : [`**Applied:** ${timestamp(action.appliedAt)}`]),
    ...(action.endedAt === null ? [] : [`**Ended:** ${timestamp(action.endedAt)}`]),
    '',
    '## What was run',
    ...plan.steps.map((step) => `    ${step}`),
    '',
    '## Before and after',
    '| fact | before | after |',
    '| --- | --- | --- |',
    ...beforeAfter(action),
    '',
    '## Verification',
    `Expected: ${plan.expect}. It had ${Math.round(plan.verifyWithinMs / 1000)} s to show and had to hold for ${Math.round(plan.holdMs / 1000)} s.`,
    '',
    '## Rollback',
    plan.undo.how,
  ];
  return lines.join('\n');
}

function beforeAfter(action: ActionView): string[] {
  const names = new Set([...Object.keys(action.plan.before), ...Object.keys(action.after ?? {})]);
  const cell = (value: unknown) =>
    value === undefined ? '-' : String(value).replaceAll('|', '\\|').replaceAll('\n', ' ');
  return [...names].map(
    (name) => `| ${cell(name)} | ${cell(action.plan.before[name])} | ${cell(action.after?.[name])} |`,
  );
}
