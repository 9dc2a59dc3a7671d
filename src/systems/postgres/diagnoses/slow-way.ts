import type { Evidence, Finding } from '../../../core/evidence.ts';
import { find, numberOf } from '../../../core/evidence-rows.ts';
import type { Diagnosis } from '../../../core/system.ts';
import { address, destination, type PostgresConnection } from '../client.ts';
import { look } from './evidence.ts';

/** Few at the least, as each waits as long as what is wrong; more within a moment, until one of them is quick. */
const asked = 4;
const askedAtMost = 16;
const momentMs = 1_500;
const hourMs = 3_600_000;
/** A wide network across a continent takes as long (J); nearer servers are compared with what is usual of them. */
const longMs = 100;
const leastMs = 20;
/** Against what is usual, and against what the server itself takes for the same statement (J). */
const usualFactor = 4;
const insideFactor = 5;
/** So many answers of the past make something usual. */
const leastPast = 10;

/** Each statement waits on the way, not in the server: what an application asks one after the other adds up. */
export const slowWay: Diagnosis<PostgresConnection> = {
  id: 'postgres.slow-way',
  title: 'the way to the server takes long',
  summary: 'The way to the server takes long, while the server itself answers as fast as ever',
  explains: [
    'postgres.down',
    'postgres.connections',
    'postgres.connections-full',
    'postgres.connection-churn',
  ],
  async gather(conn, target, ctx) {
    return [
      await look(
        // Others look at the same time, and would hold it up.
        conn.plain,
        target,
        ctx,
        {
          id: 'way',
          title: `Statements one after the other: how long each took from here, and how long in the server`,
          how: `SELECT extract(epoch FROM clock_timestamp() - statement_timestamp()) at ${address(conn.config)}`,
        },
        async (query) => {
          const seen: { outside: number; inside: number }[] = [];
          const start = ctx.clock.monotonic();
          const isQuick = () => seen.some(({ outside }) => outside < leastMs);
          for (
            let n = 0;
            n < asked || (n < askedAtMost && !isQuick() && ctx.clock.monotonic() - start < momentMs);
            n += 1
          ) {
            const began = ctx.clock.monotonic();
            const [row] = await query<{ inside: number }>(
              'SELECT extract(epoch FROM clock_timestamp() - statement_timestamp())::float8 * 1000 AS inside',
            );
            seen.push({ outside: ctx.clock.monotonic() - began, inside: row?.inside ?? 0 });
          }
          const now = ctx.clock.now();
          const span = { from: now - 24 * hourMs, to: now };
          const past = await ctx.history(target, 'postgres.response_time', span);
          const onset = Math.min(now, ...ctx.alerts.map(({ since }) => since));
          const usual = past.flatMap(({ at, values }) =>
            values.filter((_, index) => (at[index] ?? now) < onset),
          );
          const [place] = await query<{ port: number | null }>('SELECT inet_server_port() AS port');
          return {
            facts: {
              isWithoutWay: isWithoutWay(destination(conn.config), place?.port ?? null),
              outsideMs: median(seen.map(({ outside }) => outside)),
              quickestMs: Math.min(...seen.map(({ outside }) => outside)),
              insideMs: median(seen.map(({ inside }) => inside)),
              usualMs: usual.length >= leastPast ? median(usual) * 1_000 : null,
            },
          };
        },
      ),
    ];
  },
  conclude,
};

/**
 * A socket of this machine and its loopback have no way that could be slow: what takes long there waits for a processor.
 * Another port than the server's own is a proxy or a tunnel, which may lead far.
 * @param port of the server, as it sees this connection; null by a socket
 */
export function isWithoutWay(
  to: { readonly host: string; readonly port: number } | undefined,
  port: number | null,
): boolean {
  if (to === undefined || port === null) return true;
  return /^(?:localhost|127\.\d+\.\d+\.\d+|::1)$/.test(to.host) && port === to.port;
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0;
}

function conclude(evidence: readonly Evidence[], target: string): Finding[] {
  const way = find(evidence, target, 'way');
  const facts = way?.facts;
  if (way === undefined || facts?.outsideMs === undefined || facts.isWithoutWay === true) return [];
  // The quickest too: a busy machine delays some statements, a long way all of them.
  const outside = numberOf(facts.outsideMs);
  const quickest = numberOf(facts.quickestMs);
  const inside = numberOf(facts.insideMs);
  const usual = typeof facts.usualMs === 'number' ? facts.usualMs : undefined;
  const isLong =
    usual === undefined ? quickest >= longMs : quickest >= leastMs && quickest >= usual * usualFactor;
  if (!isLong || quickest < inside * insideFactor) return [];
  const before = usual === undefined ? '' : `, usually ${usual.toFixed(1)} ms`;
  return [
    {
      id: 'postgres.slow-way',
      target,
      summary: `each statement to ${target} takes ${outside.toFixed(0)} ms${before}, of which the server needs ${inside.toFixed(1)} ms: the way there is slow`,
      explanation: `The same statements were timed on both sides: in the server they take ${inside.toFixed(1)} ms, from here ${outside.toFixed(0)} ms, and none less than ${quickest.toFixed(0)} ms. What asks the server several times in a row waits as many times. Look at what lies between (a proxy or pooler, a tunnel, a full link, another zone) and at what was changed there; use a near replica meanwhile. Neither the server nor the application is at fault: restarting them changes nothing.`,
      confidence: usual === undefined ? 0.75 : 0.92,
      evidence: [way.id],
      unseen: [
        'where on the way the time passes',
        'the way of the application, where it is another than from here',
      ],
      decides: ['from the machine of the application: ping, mtr, and psql with \\timing'],
      recommendations: [],
    },
  ];
}
