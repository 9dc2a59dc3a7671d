/** The port to a channel that tells people or programs. */
import type { z } from 'zod';
import type { Message } from './message.ts';
import type { Clock } from './time.ts';

export type Delivery =
  | { readonly kind: 'delivered' }
  | { readonly kind: 'retry'; readonly afterMs?: number; readonly detail: string }
  | { readonly kind: 'refused'; readonly detail: string };

export interface NotifierContext {
  readonly signal: AbortSignal;
  readonly clock: Clock;
  /** Writes to the terminal that Upkeep runs in. */
  readonly print: (text: string) => void;
}

/** `send` never throws; details never hold a secret. */
export interface Notifier<Config extends z.ZodObject = z.ZodObject> {
  readonly kind: string;
  readonly summary: string;
  readonly config: Config;
  send(config: z.output<Config>, message: Message, ctx: NotifierContext): Promise<Delivery>;
}

export interface NotifierEntry {
  readonly kind: string;
  readonly summary: string;
  readonly config: z.ZodObject;
  bind(raw: unknown): (message: Message, ctx: NotifierContext) => Promise<Delivery>;
}

export function defineNotifier<Config extends z.ZodObject>(notifier: Notifier<Config>): NotifierEntry {
  return {
    kind: notifier.kind,
    summary: notifier.summary,
    config: notifier.config,
    bind(raw) {
      const config = notifier.config.parse(raw);
      return (message, ctx) => notifier.send(config, message, ctx);
    },
  };
}
