import type { Evidence, Finding } from '../../core/evidence.ts';
import { find, textOf } from '../../core/evidence-rows.ts';
import type { Diagnosis } from '../../core/system.ts';
import { lastAnswer, look } from './evidence.ts';
import type { Query, Session } from './session.ts';

interface Refusal {
  readonly matches: RegExp;
  readonly what: string;
  readonly advice: string;
}

/** Server answers at login by error number (MySQL and MariaDB error references); the first that matches counts. */
const refusals: readonly Refusal[] = [
  {
    matches: /using password: NO.*\(1045\)|\(1698\)/,
    what: 'no password was sent, or the account does not log in by password',
    advice:
      'Put the password into the connection URL of this target, from the environment or a file. Where the account logs in by unix_socket or auth_socket, give Upkeep an account with a password.',
  },
  {
    matches: /\(1045\)/,
    what: 'user name or password were not accepted',
    advice:
      'Either the password was changed on one side only, or no account matches this user from this host; the server answers both alike. Compare the secret with the one the applications use and with SELECT User, Host FROM mysql.user, and restore or rotate it on both sides.',
  },
  {
    matches: /\(1130\)/,
    what: 'no account lets this host in',
    advice: 'The accounts name other hosts: SELECT User, Host FROM mysql.user; our address may have changed.',
  },
  {
    matches: /\(1129\)/,
    what: 'this host is blocked after too many broken logins',
    advice:
      'FLUSH HOSTS lets it in again; find what breaks logins off (max_connect_errors), often a TCP health check.',
  },
  {
    matches: /\((3118|4151)\)/,
    what: 'the account is locked',
    advice: 'ALTER USER … ACCOUNT UNLOCK, after asking who locked it.',
  },
  {
    matches: /\((1820|1862)\)/,
    what: 'the password has expired',
    advice: 'Set a new one: ALTER USER … IDENTIFIED BY …, on both sides.',
  },
  {
    matches: /\(1044\)/,
    what: 'the account may not use this database',
    advice: 'GRANT SELECT ON database.* TO the account, or leave the database out of the URL.',
  },
  {
    matches: /certificate|altname|self.signed|ERR_TLS|SSL/i,
    what: 'no TLS session came about',
    advice: 'Check the expiry, name and chain of its certificate, or the ssl-mode of the connection URL.',
  },
];

export interface Refusing<Conn, Db extends { readonly query: Query }> {
  /** `mysql`: the id becomes `mysql.credentials-refused`, the rule it explains is `mysql.down`. */
  readonly kind: string;
  /** In sentences: `MySQL`. */
  readonly name: string;
  session(conn: Conn): Session<Db>;
  /** Without secrets. */
  address(conn: Conn): string;
}

export function credentialsRefused<Conn, Db extends { readonly query: Query }>(
  of: Refusing<Conn, Db>,
): Diagnosis<Conn> {
  return {
    id: `${of.kind}.credentials-refused`,
    title: 'the login is not accepted',
    summary: 'The server is alive and does not accept the login',
    explains: [`${of.kind}.down`],
    async gather(conn, target, ctx) {
      const login = await look(
        of.session(conn),
        target,
        ctx,
        { id: 'login', title: 'A login now', how: `login at ${of.address(conn)}` },
        async (db) => {
          const [row] = await db.query<{ account: string }>('SELECT CURRENT_USER() AS account');
          return { facts: { accepted: true, account: row?.account ?? null } };
        },
      );
      return [login, ...lastAnswer(target, ctx, `${of.kind}.liveness`)];
    },
    conclude: (evidence, target) => conclude(of, evidence, target),
  };
}

function conclude(
  { kind, name }: { readonly kind: string; readonly name: string },
  evidence: readonly Evidence[],
  target: string,
): Finding[] {
  const login = find(evidence, target, 'login');
  const last = find(evidence, target, 'last-answer');
  if (login?.facts?.accepted === true) return [];
  const isRefusedNow = login?.facts?.why === 'denied' || textOf(login?.facts?.code) === '1129';
  // A login that fails otherwise now (the server has gone since) leaves only what was heard before.
  const answer = isRefusedNow ? textOf(login?.facts?.answer) : textOf(last?.text);
  const refusal = refusals.find(({ matches }) => matches.test(answer));
  if (refusal === undefined) return [];
  return [
    {
      id: `${kind}.credentials-refused`,
      target,
      summary: `${name} is alive, but ${refusal.what}: ${answer}`,
      explanation: `The server answered the login itself, so process and network are fine; restarting it would change nothing. ${refusal.advice}`,
      confidence: isRefusedNow ? 0.95 : 0.6,
      evidence: evidence
        .filter((piece) => piece.id === login?.id || piece.id === last?.id)
        .map((piece) => piece.id),
      unseen: [
        'what changed on the server: nothing inside it can be read without a login',
        ...(isRefusedNow ? [] : [`the login now: ${textOf(login?.unseen)}`]),
      ],
      recommendations: [],
    },
  ];
}
