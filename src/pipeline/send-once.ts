/** One attempt to deliver: never throws, never lasts longer than it may. */
import type { Message } from '../core/message.ts';
import type { BoundNotifier, Delivery, NotifierContext } from '../core/notifier.ts';

const sendTimeoutMs = 10_000;

/** @param stop ends it early; the message is kept */
export async function sendOnce(
  channel: Pick<BoundNotifier, 'send'>,
  message: Message,
  ctx: Omit<NotifierContext, 'signal'>,
  stop: AbortSignal,
): Promise<Delivery> {
  const timeout = new AbortController();
  const { signal } = timeout;
  const timedOut = new Promise<Delivery>((resolve) => {
    const end = (detail: string) => () => {
      timeout.abort(new Error(detail));
      resolve({ kind: 'retry', detail });
    };
    const cancel = ctx.clock.after(sendTimeoutMs, end(`no answer within ${sendTimeoutMs} ms`));
    signal.addEventListener('abort', cancel, { once: true });
    stop.addEventListener('abort', end('Upkeep stops'), { once: true, signal });
  });
  const attempt = async (): Promise<Delivery> => {
    try {
      return await channel.send(message, { ...ctx, signal });
    } catch (error) {
      return { kind: 'retry', detail: error instanceof Error ? error.message : String(error) };
    }
  };
  const delivery = await Promise.race([attempt(), timedOut]);
  timeout.abort(new Error('done'));
  return delivery;
}
