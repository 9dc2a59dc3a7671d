/** Messages as the pipeline writes them, for the tests of channels. */
import { systemClock } from '../src/clock.ts';
import type { Message, MessageEvent, MessageIncident } from '../src/core/message.ts';
import type { NotifierContext } from '../src/core/notifier.ts';

export const incidentId = '01a2026c-644b-707d-8ccd-b615cb56a6a4';
export const actionId = '01a2026c-7777-707d-8ccd-b615cb56a6a4';

/** What an attacker may have put into what is watched. */
export const evil = '<script>alert(1)</script> <!channel> *b* [x](http://evil.test) & "q" @everyone \u202e';

const incident: MessageIncident = {
  id: incidentId,
  title: `PostgreSQL takes no logins (db)`,
  severity: 'SEV1',
  level: 'critical',
  status: 'open',
  services: ['shop', 'checkout'],
  targets: ['db', 'web'],
  openedAt: '2026-01-01T10:32:05.000Z',
  alerts: [
    {
      rule: 'postgres.connections',
      target: 'db',
      labels: {},
      state: 'firing',
      since: '2026-01-01T10:32:00.000Z',
      value: 97,
      threshold: 85,
      detail: `97 of 100 connections, the last said ${evil}`,
    },
  ],
  actions: [],
};

const diagnosis: MessageIncident['diagnosis'] = {
  findings: [
    {
      id: 'postgres.connections-exhausted',
      summary: 'api holds 90 of 100 connections, all idle in transaction',
      confidence: 0.94,
      target: 'db',
      evidence: [
        { id: 'db.sessions', title: 'sessions by application', facts: { api: 90, cron: 4, psql: 1 } },
        { id: 'db.log', title: `last error: ${evil}` },
      ],
    },
  ],
};

export interface Told {
  readonly event?: MessageEvent;
  readonly incident?: Partial<MessageIncident>;
  readonly more?: Partial<Message>;
}

export function incidentMessage({
  event = 'incident.opened',
  incident: changes = {},
  more = {},
}: Told = {}): Message {
  return {
    version: 1,
    event,
    key: `${incidentId}:${event}`,
    at: '2026-01-01T10:32:06.000Z',
    source: 'guildford',
    incident: { ...incident, ...changes },
    url: `https://upkeep.example.test/incidents/${incidentId}`,
    ...more,
  };
}

/** The life of an incident as a channel hears it. */
export const life = {
  opened: incidentMessage(),
  updated: incidentMessage({ event: 'incident.updated', incident: { diagnosis } }),
  acknowledged: incidentMessage({
    event: 'incident.acknowledged',
    incident: { diagnosis, status: 'acknowledged' },
  }),
  escalated: incidentMessage({ event: 'incident.escalated', incident: { diagnosis } }),
  mitigated: incidentMessage({
    event: 'incident.mitigated',
    incident: {
      diagnosis,
      status: 'mitigated',
      actions: [
        {
          id: actionId,
          action: 'postgres.terminate-backend',
          target: 'db',
          state: 'done',
          summary: 'end 12 sessions of api that idle in a transaction',
        },
      ],
    },
  }),
  resolved: incidentMessage({
    event: 'incident.resolved',
    incident: { diagnosis, status: 'resolved', resolvedAt: '2026-01-01T10:36:05.000Z' },
  }),
};

export const links = {
  acknowledge: 'https://upkeep.example.test/link/a~ack',
  resolve: 'https://upkeep.example.test/link/r~res',
};

export const approval = incidentMessage({
  event: 'approval.requested',
  more: {
    key: `${actionId}:approval`,
    url: `https://upkeep.example.test/actions/${actionId}`,
    approval: {
      actionId,
      digest: 'd1gest',
      summary: 'end 12 sessions of api that idle in a transaction',
      reason: 'the policy asks before sessions are ended',
      expiresAt: '2026-01-01T11:02:05.000Z',
    },
  },
});

const { incident: _, ...bare } = incidentMessage({ event: 'report.ready' });
export const report: Message = {
  ...bare,
  key: 'report:daily',
  url: 'https://upkeep.example.test/report',
  report: {
    title: 'Daily report of guildford',
    markdown: `# Daily report\n\n**All is well.** Nothing to do.\n\n- **Incidents:** 2 (none open)\n- \`db\` slow\n\n| Target | p95 |\n| --- | ---: |\n| web | 210 ms |\n\n[read on](https://upkeep.example.test) ${evil}\n`,
  },
};
export const storm: Message = {
  ...bare,
  event: 'incident.opened',
  key: 'storm-1:1',
  url: 'https://upkeep.example.test/incidents',
  storm: {
    id: 'storm-1',
    since: '2026-01-01T10:32:05.000Z',
    severity: 'SEV1',
    level: 'critical',
    incidents: Array.from({ length: 14 }, (_, index) => ({
      id: `i${index}`,
      title: index === 2 ? `t2: ${evil}` : `t${index}: is down`,
      severity: index === 0 ? 'SEV1' : 'SEV2',
      level: index === 0 ? ('critical' as const) : ('high' as const),
      status: index === 1 ? 'resolved' : 'open',
      url: `https://upkeep.example.test/incidents/i${index}`,
    })),
  },
};
export const notice: Message = {
  ...bare,
  event: 'maintenance.scheduled',
  key: 'notice:1',
  notice: {
    title: 'PostgreSQL update on Sunday',
    markdown: 'From **02:00** to 03:00 UTC. The shop is read-only.',
  },
};
export const testMessage: Message = {
  ...bare,
  event: 'test',
  key: 'test:1',
  notice: { title: 'Upkeep can reach this channel', markdown: 'Sent by owner.' },
};

export function context(more: Partial<NotifierContext> = {}): NotifierContext {
  return { signal: new AbortController().signal, clock: systemClock, print: () => {}, thread: null, ...more };
}
