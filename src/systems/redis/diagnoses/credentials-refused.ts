import type { Evidence, Finding } from '../../../core/evidence.ts';
import { find, textOf } from '../../../core/evidence-rows.ts';
import type { Diagnosis } from '../../../core/system.ts';
import { address, type RedisConnection } from '../client.ts';
import { lastAnswer, look } from './evidence.ts';

/** What the server answers to a login; the first that matches counts. */
const refusals: readonly { readonly matches: RegExp; readonly what: string; readonly advice: string }[] = [
  {
    matches: /^NOAUTH\b/,
    what: 'it asks for a password and none is configured',
    advice:
      'A password was set on the server (requirepass or ACL), or the connection URL has lost its own. Put it into the URL from the environment or a file.',
  },
  {
    matches: /without any password configured/i,
    what: 'it has no password while one is configured',
    advice:
      'Its password was taken away, which opens it to everybody who can reach it: restore requirepass or the ACL.',
  },
  {
    matches: /^WRONGPASS\b|invalid password|invalid username-password/i,
    what: 'user name or password were not accepted',
    advice:
      'The password was changed on one side only, or the user is off. Compare the secret with the one the applications use and with ACL LIST, and restore or rotate it on both sides.',
  },
  {
    matches: /^DENIED\b/,
    what: 'it is in protected mode and takes no clients from other machines',
    advice:
      'It has no password and is bound to more than loopback: give it a password rather than turn protected mode off.',
  },
  {
    matches: /certificate|altname|self.signed|ERR_TLS|EPROTO|wrong version number/i,
    what: 'no TLS session came about',
    advice:
      'Check the expiry, name and chain of its certificate, and whether the URL begins with rediss:// as the port needs.',
  },
];

export const credentialsRefused: Diagnosis<RedisConnection> = {
  id: 'redis.credentials-refused',
  title: 'the login is not accepted',
  summary: 'The server is alive and does not accept the login',
  explains: ['redis.down'],
  async gather(conn, target, ctx) {
    const login = await look(
      conn,
      target,
      ctx,
      { id: 'login', title: 'A login now', how: `login and PING at ${address(conn.config)}` },
      async (ask) => {
        await ask('PING');
        return { facts: { accepted: true } };
      },
    );
    return [login, ...lastAnswer(target, ctx)];
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
      id: 'redis.credentials-refused',
      target,
      summary: `Redis is alive, but ${refusal.what}: ${answer}`,
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
