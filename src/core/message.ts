/** What leaves Upkeep for people and programs: version 1 of the webhook body (DESIGN section 7). */
import type { Scalar } from './evidence.ts';
import type { Level } from './severity.ts';

export const messageEvents = [
  'incident.opened',
  'incident.updated',
  'incident.escalated',
  'incident.mitigated',
  'incident.resolved',
  'incident.acknowledged',
  'approval.requested',
  'report.ready',
  'maintenance.scheduled',
  'maintenance.started',
  'maintenance.ended',
  'oncall.handoff',
  'status.published',
  'test',
] as const;
export type MessageEvent = (typeof messageEvents)[number];

export interface MessageIncident {
  readonly id: string;
  readonly title: string;
  /** The team's own word. */
  readonly severity: string;
  readonly level: Level;
  readonly status: string;
  readonly services: readonly string[];
  readonly targets: readonly string[];
  /** RFC 3339 */
  readonly openedAt: string;
  /** RFC 3339; the last time it was opened again, with how often that was. Absent where it never was. */
  readonly reopenedAt?: string;
  readonly reopened?: number;
  /** Of a call: why people are called anew for what stayed open; absent where they are not. */
  readonly calledAgain?: 'came-back' | 'another-cause';
  readonly resolvedAt?: string;
  /** Who took it, by name; absent where nobody did. */
  readonly acknowledgedBy?: string;
  /** Who was called, the oldest first; absent where nobody was. */
  readonly paged?: readonly {
    readonly person: string;
    readonly by: readonly string[];
    readonly at: string;
  }[];
  /** What fires before what is over, the gravest first. */
  readonly alerts: readonly {
    readonly rule: string;
    readonly target: string;
    readonly labels: Readonly<Record<string, string>>;
    readonly state: string;
    readonly since: string;
    readonly value: number | null;
    readonly threshold: number | null;
    /** Both with their unit: `113 % against 90 %`, `1.7 s against 1 s, usually 2 ms`; absent where there are no two numbers. */
    readonly said?: string;
    readonly detail: string;
    /** How often it fired during this incident; absent where that was once. */
    readonly times?: number;
    /** What it said when the alert fired, where that is another error. */
    readonly firstDetail?: string;
    /** All that its source said of it, by name; absent where nothing. Text from outside. */
    readonly annotations?: Readonly<Record<string, string>>;
  }[];
  readonly diagnosis?: {
    /** Found before what is gravest by now fired, and not looked at since: no cause of that so far. Absent else. */
    readonly isOlder?: true;
    readonly findings: readonly {
      readonly id: string;
      readonly summary: string;
      readonly confidence: number;
      readonly target: string;
      readonly evidence: readonly {
        readonly id: string;
        readonly title: string;
        readonly facts?: Readonly<Record<string, Scalar>>;
      }[];
    }[];
  };
  readonly actions: readonly {
    readonly id: string;
    readonly action: string;
    readonly target: string;
    readonly state: string;
    readonly summary: string;
  }[];
}

export interface MessageStorm {
  /** The same in each message of this storm to this receiver. */
  readonly id: string;
  /** RFC 3339; the first call for one of them. */
  readonly since: string;
  /** RFC 3339; when the last of them was over. Absent before. */
  readonly until?: string;
  /** Of the gravest, in the team's own word. */
  readonly severity: string;
  readonly level: Level;
  /** In the order in which they joined. */
  readonly incidents: readonly (Pick<MessageIncident, 'id' | 'title' | 'severity' | 'level' | 'status'> & {
    readonly url: string;
  })[];
}

export interface Message {
  readonly version: 1;
  readonly event: MessageEvent;
  /** Idempotency key: the same event never has two. */
  readonly key: string;
  /** RFC 3339 */
  readonly at: string;
  /** The `name` of upkeep.yaml. */
  readonly source: string;
  readonly incident?: MessageIncident;
  /** Several incidents in one message, where many open at once; `incident` is absent then, and each has a page of its own. */
  readonly storm?: MessageStorm;
  /** Sent for the cause, or for what joined it, to who had the first message and cannot see it change: without a sound. */
  readonly followUp?: 'cause-found' | 'other-cause' | 'more-trouble';
  /** Only changes the message that is there: nothing is sent where there is none, and nothing is said in a thread. */
  readonly inPlaceOnly?: true;
  readonly approval?: {
    readonly actionId: string;
    /** Of the plan; an approval names what was read. */
    readonly digest?: string;
    readonly summary: string;
    readonly reason: string;
    /** Of the check-list what is not so and what no fact tells: `Tested in staging: nobody recorded a test in staging`. */
    readonly open?: readonly string[];
    readonly expiresAt: string;
  };
  readonly report?: { readonly title: string; readonly markdown: string };
  /** Text of its own: a maintenance notice, a hand-off note, a test message, a stakeholder update. */
  readonly notice?: { readonly title: string; readonly markdown: string };
  /** Whom it is for; absent where the channel as a whole is told. */
  readonly to?: {
    /** Name in `oncall.people`. */
    readonly person: string;
    /** What the notifier needs to reach them: a mail address, a phone number, a user id. */
    readonly address: string;
  };
  /** Signed links that act without a session: each for one incident or approval, one purpose, and expiring. */
  readonly links?: {
    readonly acknowledge?: string;
    readonly resolve?: string;
    readonly approve?: string;
    readonly deny?: string;
  };
  /** Ends mails of this kind to this receiver by one click (RFC 8058); for subscribers of the status page. */
  readonly unsubscribe?: string;
  /** Where to read on, on the dashboard. */
  readonly url: string;
}
