/** Hands one mail to the mail server, and says what its answer means. Server texts are not shown: they quote us. */
import { connect, type Socket } from 'node:net';
import type { createTransport as CreateTransport } from 'nodemailer';
import { networkCode, networkWords } from '../../core/network-words.ts';
import type { Delivery, NotifierContext } from '../../core/notifier.ts';
import type { EmailConfig } from './config.ts';

type Mail = Parameters<ReturnType<typeof CreateTransport>['sendMail']>[0];

const withinMs = 8_000;

/** Most installations send no mail; where one does, the first page must not wait for it. */
export function loadMailer() {
  return import('nodemailer');
}

export async function submit(config: EmailConfig, mail: Mail, ctx: NotifierContext): Promise<Delivery> {
  const place = `${config.host}:${config.port}`;
  const timeout = new AbortController();
  const cancel = ctx.clock.after(withinMs, () => timeout.abort());
  const signal = AbortSignal.any([ctx.signal, timeout.signal]);
  let socket: Socket | undefined;
  try {
    const { createTransport } = await loadMailer();
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
    if (timeout.signal.aborted)
      return {
        kind: 'retry',
        detail: `${socket === undefined ? `connecting to ${place}` : place} gave no answer within 8 s`,
      };
    if (ctx.signal.aborted) return { kind: 'retry', detail: `${place} was not waited for any longer` };
    return judge(place, socket === undefined ? 'connect' : stepOf(error), error);
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

type Stage = 'connect' | 'tls' | 'login' | 'sender' | 'recipient' | 'message' | 'greeting';

/** What was being done, with what to look at. */
const stages: Readonly<Record<Stage, readonly [failed: (place: string) => string, remedy: string]>> = {
  connect: [(place) => `no connection to ${place}`, 'are host and port right, and is the way open?'],
  tls: [
    (place) => `${place} was reached, TLS failed`,
    'it offers no STARTTLS, or its certificate is not trusted; see `tls` and `ca`',
  ],
  greeting: [
    (place) => `${place} was reached, its greeting failed`,
    'is it a mail server, and is `tls` right?',
  ],
  login: [(place) => `login at ${place} failed`, 'are user and password right?'],
  sender: [(place) => `${place} refused the sender`, 'may this user send as `from`?'],
  recipient: [
    (place) => `${place} refused the recipient`,
    'are the addresses of `to` right, and does it relay to them?',
  ],
  message: [(place) => `${place} refused the message itself`, 'is it a limit of size, or a filter?'],
};

/** By the command that it was at, as nodemailer names it. */
function stepOf(error: unknown): Stage {
  const code = networkCode(error) ?? '';
  const command = error instanceof Error && 'command' in error ? String(error.command) : '';
  if (code === 'EAUTH' || command.startsWith('AUTH')) return 'login';
  if (code === 'ETLS' || command === 'STARTTLS') return 'tls';
  if (command.startsWith('MAIL')) return 'sender';
  if (command.startsWith('RCPT')) return 'recipient';
  if (command.startsWith('DATA') || code === 'EMESSAGE') return 'message';
  return /CERT|TLS|SSL|SELF_SIGNED|VERIFY|ESOCKET/.test(code) ? 'tls' : 'greeting';
}

/** RFC 5321, 4.2.1: 4yz may pass, 5yz will not. */
function judge(place: string, stage: Stage, error: unknown): Delivery {
  const code = networkCode(error);
  const answered =
    error instanceof Error && 'responseCode' in error && typeof error.responseCode === 'number'
      ? error.responseCode
      : undefined;
  const [failed, remedy] = stages[stage];
  const isNetwork = stage === 'connect' || stage === 'greeting';
  const silent = isNetwork ? `, ${networkWords(code)}` : ` (${code ?? 'no reason given'})`;
  const said = answered === undefined ? silent : ` (it answered ${answered})`;
  const isFinal = answered === undefined ? code === 'EAUTH' : answered >= 500;
  return { kind: isFinal ? 'refused' : 'retry', detail: `${failed(place)}${said}: ${remedy}` };
}
