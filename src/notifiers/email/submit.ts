/** Hands one mail to the mail server, and says what its answer means. Server texts are not shown: they quote us. */
import { connect, type Socket } from 'node:net';
import type { createTransport as CreateTransport } from 'nodemailer';
import type { Delivery, NotifierContext } from '../../core/notifier.ts';
import { codeOf } from '../../wire/exchange.ts';
import type { EmailConfig } from './config.ts';

type Mail = Parameters<ReturnType<typeof CreateTransport>['sendMail']>[0];

const withinMs = 8_000;

export async function submit(config: EmailConfig, mail: Mail, ctx: NotifierContext): Promise<Delivery> {
  const place = `${config.host}:${config.port}`;
  const timeout = new AbortController();
  const cancel = ctx.clock.after(withinMs, () => timeout.abort());
  const signal = AbortSignal.any([ctx.signal, timeout.signal]);
  let socket: Socket | undefined;
  try {
    // Loaded with the first mail: most installations send none.
    const { createTransport } = await import('nodemailer');
    socket = await dial(config, signal);
    const transport = createTransport({
      host: config.host,
      port: config.port,
      connection: socket,
      secure: config.tls === 'implicit',
      requireTLS: config.tls === 'starttls',
      ignoreTLS: config.tls === 'none',
      ...(config.ca === undefined ? {} : { tls: { ca: config.ca } }),
      disableFileAccess: true,
      disableUrlAccess: true,
      ...(config.user === undefined ? {} : { auth: { user: config.user, pass: config.password ?? '' } }),
    });
    await Promise.race([transport.sendMail(mail), aborted(signal)]);
    return { kind: 'delivered' };
  } catch (error) {
    if (timeout.signal.aborted) return { kind: 'retry', detail: `${place} gave no answer within 8 s` };
    if (ctx.signal.aborted) return { kind: 'retry', detail: `${place} was not waited for any longer` };
    return judge(place, error);
  } finally {
    cancel();
    socket?.destroy();
  }
}

/** A connection of our own, so that it can be cut off at any moment. */
function dial({ host, port }: EmailConfig, signal: AbortSignal): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host, port });
    const cut = () => socket.destroy(new Error('aborted'));
    if (signal.aborted) cut();
    signal.addEventListener('abort', cut, { once: true });
    socket.once('error', reject);
    socket.once('connect', () => {
      socket.off('error', reject);
      socket.on('error', () => {});
      resolve(socket);
    });
  });
}

function aborted(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    signal.addEventListener('abort', () => reject(new Error('aborted')), { once: true });
  });
}

const remedies: Readonly<Record<string, string>> = {
  EAUTH: 'are user and password right?',
  ETLS: 'it offers no STARTTLS, or its certificate is not trusted; see `tls`',
  EENVELOPE: 'it takes no mail from this sender, or for this receiver',
};

/** RFC 5321, 4.2.1: 4yz may pass, 5yz will not. */
function judge(place: string, error: unknown): Delivery {
  const code = codeOf(error);
  const answered =
    error instanceof Error && 'responseCode' in error && typeof error.responseCode === 'number'
      ? error.responseCode
      : undefined;
  const remedy = remedies[code];
  const said = answered === undefined ? `could not take the mail (${code})` : `answered ${answered}`;
  const detail = `${place} ${said}${remedy === undefined ? '' : `: ${remedy}`}`;
  const isFinal = answered === undefined ? code === 'EAUTH' : answered >= 500;
  return { kind: isFinal ? 'refused' : 'retry', detail };
}
