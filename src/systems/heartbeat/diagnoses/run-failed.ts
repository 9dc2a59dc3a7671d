import { redact } from '../../../core/redact.ts';
import type { Diagnosis } from '../../../core/system.ts';
import { formatDuration } from '../../../core/time.ts';
import type { HeartbeatTarget } from '../connection.ts';

const id = 'heartbeat.run-failed';
/** Of the last line, in a summary. */
const mostOfLine = 160;

/** The job said itself that its run failed: that says more than any run that did not come after it. */
export const runFailed: Diagnosis<HeartbeatTarget> = {
  id,
  title: 'the last run failed',
  summary: 'The last run reported failure, with its exit code and the end of its output',
  explains: ['heartbeat.failed', 'heartbeat.down'],
  async gather({ inbox, when }, target, ctx) {
    const heartbeat = inbox.heartbeat();
    if (heartbeat === null || heartbeat.outcome !== 'failure' || heartbeat.endedAt === null) return [];
    return [
      {
        id: `${target}.failed-run`,
        target,
        title: `What the run of ${target} said that failed`,
        at: ctx.clock.now(),
        how: 'upkeep heartbeat list',
        facts: {
          endedAt: heartbeat.endedAt,
          ended: when(heartbeat.endedAt),
          reason: heartbeat.reason,
          exitCode: heartbeat.exitCode,
          took: heartbeat.durationMs === null ? null : formatDuration(heartbeat.durationMs),
        },
        ...(heartbeat.output === null ? {} : { text: redact(heartbeat.output) }),
      },
    ];
  },
  conclude(evidence, target) {
    const piece = evidence.find((each) => each.id === `${target}.failed-run`);
    if (piece?.facts === undefined) return [];
    const { endedAt, ended, reason } = piece.facts;
    const line = piece.text?.trimEnd().split('\n').at(-1)?.slice(0, mostOfLine);
    const how = reason === null || reason === undefined ? '' : ` with ${reason}`;
    return [
      {
        id,
        target,
        summary: `the last run of ${target} failed${how}${line ? `: ${line}` : ''}`,
        explanation: `It ended at ${ended} and said so itself; the end of its output is in the evidence. The alert ends with the next run that ends well. What it left half done decides whether it may simply be run again.`,
        confidence: 0.95,
        onset: Number(endedAt),
        evidence: [piece.id],
        unseen: piece.text === undefined ? ['its output: the signal that failed carried none'] : [],
        recommendations: [],
      },
    ];
  },
};
