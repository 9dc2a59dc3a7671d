/** A real mail server that keeps what it takes: smtp-server with STARTTLS or TLS, users and refusals of its own. */
import type { AddressInfo } from 'node:net';
import { SMTPServer, type SMTPServerOptions } from 'smtp-server';

export interface Mail {
  readonly from: string;
  readonly to: readonly string[];
  readonly user: string | undefined;
  readonly isEncrypted: boolean;
  /** As it came, headers and body. */
  readonly raw: string;
}

export interface MailServer {
  readonly port: number;
  readonly mails: Mail[];
  stop(): Promise<void>;
}

/** @param refuse status and text for a receiver that is not taken */
export async function startSmtp(
  options: SMTPServerOptions & {
    readonly password?: string;
    readonly refuse?: (to: string) => number | undefined;
  } = {},
): Promise<MailServer> {
  const mails: Mail[] = [];
  const { password, refuse, ...more } = options;
  const server = new SMTPServer({
    authOptional: password === undefined,
    disableReverseLookup: true,
    closeTimeout: 100,
    onAuth(auth, _session, done) {
      if (auth.password === password) done(null, { user: auth.username ?? '' });
      else
        done(
          Object.assign(new Error(`no such login ${auth.username} ${auth.password}`), { responseCode: 535 }),
        );
    },
    onRcptTo({ address }, _session, done) {
      const status = refuse?.(address);
      if (status === undefined) done();
      else done(Object.assign(new Error(`not here: ${address}`), { responseCode: status }));
    },
    onData(stream, session, done) {
      const parts: Buffer[] = [];
      stream.on('data', (part: Buffer) => parts.push(part));
      stream.on('end', () => {
        const { mailFrom, rcptTo } = session.envelope;
        mails.push({
          from: mailFrom === false ? '' : mailFrom.address,
          to: rcptTo.map(({ address }) => address),
          user: session.user,
          isEncrypted: session.secure,
          raw: Buffer.concat(parts).toString('utf8'),
        });
        done();
      });
    },
    ...more,
  });
  server.on('error', () => {});
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.server.address() as AddressInfo;
  return { port, mails, stop: () => new Promise((resolve) => server.close(() => resolve())) };
}
