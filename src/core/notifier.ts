/** The port to a channel that tells people or programs. */
import type { z } from 'zod';
import type { Message } from './message.ts';
import type { Clock } from './time.ts';

/** What a receiver needs to find its earlier message again (`{ ts: '1732…', channel: 'C1' }`); holds no secret. */
export type Thread = Readonly<Record<string, string>>;

export type Delivery =
  | {
      readonly kind: 'delivered';
      /** Replaces what is kept for this notifier, incident and person; kept as it is where absent. */
      readonly thread?: Thread;
      /** Nothing was sent: a channel that cannot update takes only what calls for somebody. */
      readonly isFolded?: true;
    }
  | { readonly kind: 'retry'; readonly afterMs?: number; readonly detail: string }
  | { readonly kind: 'refused'; readonly detail: string };

export interface NotifierContext {
  readonly signal: AbortSignal;
  readonly clock: Clock;
  /** The team's, on whose clock people are told of moments: `Europe/Berlin`. */
  readonly timezone?: string;
  /** Writes to the terminal that Upkeep runs in. */
  readonly print: (text: string) => void;
  /**
   * What the last delivery for the same incident to the same person left, so that one message is updated in place
   * and later ones are threaded below it; null for the first.
   */
  readonly thread: Thread | null;
  /** Where `receive` is reached from outside; absent where nothing can come back. */
  readonly hook?: string;
}

/** A request that came back from the receiver's side: a pressed button, an acknowledgement there. */
export interface Callback {
  readonly method: string;
  /** As the service called it, with its query. */
  readonly url: string;
  /** Lower-case names. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** What somebody wants by it; carried out by the same verb as everywhere, in the name of `by`. */
export interface Command {
  readonly do: 'acknowledge' | 'resolve' | 'approve' | 'deny';
  /** Incident for the first two, action for the last two. */
  readonly id: string;
  /** Of the plan that was shown; an approval without it is refused. */
  readonly digest?: string;
  /** Their name over there; the journal has it as `<notifier>:<by>`, as `<notifier>` alone where it is empty. */
  readonly by: string;
  /** Their address there: whose it is in `oncall.people` goes before `by`. Not shown. */
  readonly address?: string;
  /** When they did it by the service's clock, epoch milliseconds; absent where it does not say. */
  readonly at?: number;
  /** What the service calls this deed each time that it sends it; followed once. */
  readonly event?: string;
}

/**
 * Commands are carried out in their order. Words say why nothing came of one, or of what asked for none; null where all
 * was done.
 */
export type CallbackResult =
  | {
      readonly kind: 'accepted';
      readonly commands: readonly Command[];
      /** Why what was asked for is no command. */
      readonly words?: string;
      /** What the service reads out or shows; an empty answer where absent. */
      reply?(words: string | null): { readonly body: string; readonly type: string };
      /** Tells who asked, and nobody else, where the service ignores what it is answered. Never throws. */
      tell?(words: string): Promise<Delivery>;
    }
  /** The signature or the form is wrong. */
  | { readonly kind: 'refused'; readonly detail: string };

/**
 * How the cause reaches who had the first message before it was known: by one quiet message more (`anew`), or in the
 * message that is there (`in-place`), which a channel as a whole hears with all that changes.
 */
export type TakesCause = 'anew' | 'in-place';

/** `send` never throws; details never hold a secret. */
export interface Notifier<Config extends z.ZodObject = z.ZodObject> {
  readonly kind: string;
  readonly summary: string;
  readonly config: Config;
  /** False where programs read its messages: they get no signed links unless the configuration says so. */
  readonly hasLinks?: boolean;
  /** Wakes people or costs money with each message: is told of planned work only where it is named for it. */
  readonly isPager?: true;
  /** Each incident is a thing of its own there, acknowledged and ended by itself: none is told together with others. */
  tracksIncidents?(config: z.output<Config>): boolean;
  /** Absent where a person is told nothing between the call and its end, and a channel all that happens. */
  takesCause?(config: z.output<Config>): TakesCause | undefined;
  /** Loads the code that sending needs, ahead of the first message; a channel that nobody declared loads nothing. */
  readonly load?: () => Promise<unknown>;
  send(config: z.output<Config>, message: Message, ctx: NotifierContext): Promise<Delivery>;
  /** Takes what its service sends to `/hooks/<name>`; checks the signature itself. Absent where nothing comes back. */
  receive?(config: z.output<Config>, callback: Callback, clock: Clock): Promise<CallbackResult>;
}

export interface BoundNotifier {
  readonly kind: string;
  readonly hasLinks: boolean;
  send(message: Message, ctx: NotifierContext): Promise<Delivery>;
  receive?(callback: Callback, clock: Clock): Promise<CallbackResult>;
}

export interface NotifierEntry {
  readonly kind: string;
  readonly summary: string;
  readonly config: z.ZodObject;
  readonly isPager?: true;
  takesCause(raw: unknown): TakesCause | undefined;
  tracksIncidents(raw: unknown): boolean;
  bind(raw: unknown): BoundNotifier;
}

export function defineNotifier<Config extends z.ZodObject>(notifier: Notifier<Config>): NotifierEntry {
  const { receive } = notifier;
  return {
    kind: notifier.kind,
    summary: notifier.summary,
    config: notifier.config,
    ...(notifier.isPager ? { isPager: true } : {}),
    takesCause: (raw) => notifier.takesCause?.(notifier.config.parse(raw)),
    tracksIncidents: (raw) => notifier.tracksIncidents?.(notifier.config.parse(raw)) ?? false,
    bind(raw) {
      const config = notifier.config.parse(raw);
      void notifier.load?.().catch(() => {});
      return {
        kind: notifier.kind,
        hasLinks: notifier.hasLinks ?? true,
        send: (message, ctx) => notifier.send(config, message, ctx),
        ...(receive ? { receive: (callback, clock) => receive(config, callback, clock) } : {}),
      };
    },
  };
}
