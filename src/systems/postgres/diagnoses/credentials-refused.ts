import type { Evidence, Finding } from '../../../core/evidence.ts';
import { find, textOf } from '../../../core/evidence-rows.ts';
import type { Diagnosis } from '../../../core/system.ts';
import { address, type PostgresConnection } from '../client.ts';
import { look } from './evidence.ts';

interface Refusal {
  readonly matches: RegExp;
  readonly what: string;
  readonly advice: string;
}

/** Server answers at login by SQLSTATE (PostgreSQL manual, appendix A); the first that matches counts. */
const refusals: readonly Refusal[] = [
  {
    matches: /\(28P01\)/,
    what: 'the password was not accepted',
    advice:
      'Either the password was changed on the server, the one in the configuration is not the current one, or its validity (VALID UNTIL) has ended; the server answers all three alike. Compare the secret with the one the applications use, and restore or rotate it on both sides.',
  },
  {
    matches: /no pg_hba\.conf entry/,
    what: 'no entry of pg_hba.conf lets this client in',
    advice:
      'Compare pg_hba.conf with its last good version; SELECT * FROM pg_hba_file_rules shows it with its errors.',
  },
  {
    matches: /\(28000\)/,
    what: 'the login was not accepted',
    advice: 'The role does not exist, may not log in (NOLOGIN), or an entry of pg_hba.conf rejects it.',
  },
  {
    matches: /url has none|password must be/,
    what: 'the server asks for a password and none is configured',
    advice: 'Put the password into the connection URL of this target, from the environment or a file.',
  },
  {
    matches: /\(42501\)/,
    what: 'the role may not connect to this database',
    advice: 'GRANT CONNECT ON DATABASE … TO the role.',
  },
  {
    matches: /certificate|altname|self.signed|ERR_TLS/i,
    what: 'the certificate of the server was not accepted',
    advice: 'Check its expiry, name and chain, or the sslmode of the connection URL.',
  },
];

export const credentialsRefused: Diagnosis<PostgresConnection> = {
  id: 'postgres.credentials-refused',
  title: 'the login is not accepted',
  summary: 'The server is alive and does not accept the login',
  explains: ['postgres.down'],
  async gather(conn, target, ctx) {
    const login = await look(
      conn.quick,
      target,
      ctx,
      { id: 'login', title: 'A login now', how: `login at ${address(conn.config)}` },
      async (query) => {
        const [row] = await query<{ user: string }>('SELECT current_user::text AS user');
        return { facts: { accepted: true, user: row?.user ?? null } };
      },
    );
    const detail = ctx.detail(target);
    if (detail === undefined) return [login];
    return [
      login,
      {
        id: `${target}.last-answer`,
        target,
        title: 'Last answer to a login',
        at: ctx.clock.now(),
        how: 'outcome of postgres.liveness',
        text: detail,
      },
    ];
  },
  conclude,
};

function conclude(evidence: readonly Evidence[], target: string): Finding[] {
  const login = find(evidence, target, 'login');
  const last = find(evidence, target, 'last-answer');
  if (login?.facts?.accepted === true) return [];
  const isRefusedNow = login?.facts?.why === 'denied';
  // A login that fails otherwise now (the server has gone since) leaves only what was heard before.
  const answer = isRefusedNow ? textOf(login.facts?.answer) : textOf(last?.text);
  const refusal = refusals.find(({ matches }) => matches.test(answer));
  if (refusal === undefined) return [];
  return [
    {
      id: 'postgres.credentials-refused',
      target,
      summary: `PostgreSQL is alive, but ${refusal.what}: ${answer}`,
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
