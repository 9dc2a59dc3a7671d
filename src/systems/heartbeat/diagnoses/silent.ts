import { punctuality } from '../../../core/heartbeat.ts';
import type { Diagnosis } from '../../../core/system.ts';
import { formatDuration } from '../../../core/time.ts';
import type { HeartbeatTarget } from '../connection.ts';

const id = 'heartbeat.silent';
/** Beyond so many nobody counts. */
const mostMissed = 100;

/** Nothing was heard of a run that was due: that the job says nothing is all there is to see, and enough. */
export const silent: Diagnosis<HeartbeatTarget> = {
  id,
  title: 'a scheduled run did not come or did not end',
  summary: 'A scheduled run was due and did not come, or began and did not end',
  explains: ['heartbeat.down'],
  async gather({ inbox, expectation, when }, target, ctx) {
    const heartbeat = inbox.heartbeat();
    if (heartbeat === null) return [];
    const now = ctx.clock.now();
    const expected = expectation(heartbeat.lastAt);
    const found = punctuality(heartbeat, expected, inbox.blind(), now);
    if (found.kind !== 'late') return [];
    let missed = 0;
    for (
      let due = expected.next(found.expectedAt - 1);
      due !== null && due <= now && missed < mostMissed;
      missed += 1
    )
      due = expected.next(due);
    const changed = ctx.changes.find(({ at }) => at <= found.expectedAt && at >= heartbeat.lastAt);
    return [
      {
        id: `${target}.runs`,
        target,
        title: `Runs of ${target} that were due and came`,
        at: now,
        how: 'upkeep heartbeat list',
        facts: {
          expectedAt: found.expectedAt,
          expected: when(found.expectedAt),
          lastAt: heartbeat.lastAt,
          missed,
          hasBegun: Object.keys(heartbeat.open).length > 0,
          lastOutcome: heartbeat.outcome,
          change: changed?.id ?? null,
          changed: changed?.summary ?? null,
        },
      },
    ];
  },
  conclude(evidence, target) {
    const piece = evidence.find((each) => each.id === `${target}.runs`);
    const facts = piece?.facts;
    if (piece === undefined || facts === undefined) return [];
    const { expectedAt, expected: firstDue, lastAt, hasBegun, lastOutcome, changed } = facts;
    const missed = Number(facts.missed);
    const last = `${formatDuration(Number(expectedAt) - Number(lastAt))} before that`;
    const many =
      missed >= mostMissed ? `${mostMissed} runs or more` : missed > 1 ? `${missed} runs` : 'a run';
    return [
      {
        id,
        target,
        summary: hasBegun
          ? `a run of ${target} began and did not end: it hangs, or it was killed`
          : `${many} of ${target} ${missed > 1 ? 'were' : 'was'} due and did not come, the first at ${firstDue}`,
        explanation: `The last signal came ${last}${lastOutcome === 'failure' ? ' and told a failure' : ''}. ${
          hasBegun
            ? 'Look whether it still runs (ps -eo pid,etime,args), what it waits for, and whether it was killed (journalctl -k).'
            : 'A job that is not started says nothing: its line is gone or commented out (crontab -l, /etc/cron.d, systemctl list-timers), its scheduler does not run, or its machine is off. Or it runs and its report does not reach Upkeep.'
        }${changed === null ? '' : ` Between its last signal and that time this was changed: ${changed}.`} Run it by hand once that is known and it does no harm twice, then watch the next one come.`,
        confidence: missed > 1 || hasBegun === true ? 0.9 : 0.8,
        onset: Number(expectedAt),
        evidence: [piece.id],
        unseen: ['its scheduler and its machine, unless they are watched as targets of their own'],
        decides: ['on its machine: crontab -l; systemctl list-timers --all; grep CRON /var/log/syslog'],
        recommendations: [],
      },
    ];
  },
};
