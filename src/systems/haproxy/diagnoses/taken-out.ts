import { changesOf } from '../../../core/change-evidence.ts';
import { count } from '../../../core/count.ts';
import type { Evidence, Finding } from '../../../core/evidence.ts';
import { find, numberOf, type Row, rowsOf, tableOf, textOf, unseenOf } from '../../../core/evidence-rows.ts';
import { plain } from '../../../core/plain.ts';
import type { Diagnosis, DiagnosisContext } from '../../../core/system.ts';
import { formatDuration } from '../../../core/time.ts';
import { isServing, serverState } from '../../../protocols/haproxy/stat.ts';
import { type HaproxyConnection, pairedAs, readStat } from '../client.ts';
import { asked, look } from './evidence.ts';

const columns = [
  'backend',
  'server',
  'status',
  'state',
  'seconds',
  'change',
  'reported',
  'reporter',
  'pair',
  'side',
] as const;
/** Somebody who takes servers out tells of it about then (J). */
const toldWithinMs = 15 * 60_000;
const mostNamed = 6;

export const takenOut: Diagnosis<HaproxyConnection> = {
  id: 'haproxy.taken-out',
  title: 'servers were taken out by somebody',
  summary: 'A backend serves nobody because its servers were put into maintenance or drained',
  explains: ['haproxy.backend-down', 'haproxy.errors', 'haproxy.queue'],
  async gather(conn, target, ctx) {
    const about = {
      id: 'servers-out',
      title: 'Servers of backends that serve nobody',
      how: asked(conn, 'show stat'),
    };
    const out = await look(conn, target, ctx, about, async () => {
      const rows = (await readStat(conn, ctx)).filter((row) => row.kind === 'server');
      const idle = rows.filter((row) => !rows.some((other) => other.proxy === row.proxy && isServing(other)));
      const told = idle.map((row): Row => {
        const names = { backend: row.proxy, server: row.name };
        const { pair = null, side = null } = pairedAs(conn, names) ?? {};
        return {
          ...names,
          status: row.text('status'),
          state: serverState(row.text('status')),
          seconds: row.number('lastchg') ?? null,
          ...changeOf(`${row.proxy}/${row.name}`, target, ctx),
          ...(pair === null ? {} : { pair, side }),
        };
      });
      return { table: tableOf(columns, told) };
    });
    return [out, ...changesOf(target, ctx)];
  },
  conclude(evidence, target) {
    const backends = Map.groupBy(rowsOf(find(evidence, target, 'servers-out')), (row) => textOf(row.backend));
    return [...backends.values()].flatMap((rows) => findingOf(rows, evidence, target));
  },
};

/** The change of the ledger that took it out, and what somebody reported about then. */
function changeOf(name: string, target: string, { changes }: DiagnosisContext): Row {
  const made = changes.find(
    (change) =>
      change.target === target &&
      change.source === 'haproxy.servers' &&
      change.differences.some((one) => one.name === name && /, (maint|drain)$/.test(one.after ?? '')),
  );
  if (made === undefined) return {};
  const told = changes.find(
    (change) =>
      change.isReported && change.at >= made.after - toldWithinMs && change.at <= made.at + toldWithinMs,
  );
  return { change: made.id, reported: told?.summary ?? null, reporter: told?.source ?? null };
}

function findingOf(rows: readonly Row[], evidence: readonly Evidence[], target: string): Finding[] {
  // A replica stands aside by design until it is promoted.
  const spares = rows.filter((row) => row.side === 'replica');
  const out = rows.filter((row) => !spares.includes(row) && (row.state === 'maint' || row.state === 'drain'));
  const [first] = out;
  if (first === undefined) return [];
  const down = rows.filter((row) => !out.includes(row) && !spares.includes(row));
  const paired = out.find((row) => typeof row.pair === 'string');
  const backend = textOf(first.backend);
  const named = out
    .slice(0, mostNamed)
    .map((row) => `${row.server} is ${row.state === 'maint' ? 'in maintenance' : 'drained'}`);
  const all =
    down.length > 0
      ? `${out.length} of ${out.length + down.length}`
      : out.length === 1
        ? 'the only'
        : `all ${out.length}`;
  const subject = `${all} server${out.length === 1 && down.length === 0 ? '' : 's'} of backend ${backend}`;
  const rest = down.length === 0 ? '' : `, and ${count(down.length, 'other is', 'others are')} down`;
  const lastSeconds = Math.min(...out.map((row) => numberOf(row.seconds)));
  const changed = out.find((row) => row.change !== null);
  const told = out.find((row) => row.reporter !== null);
  const at = find(evidence, target, 'servers-out')?.at ?? 0;
  return [
    {
      id: 'haproxy.taken-out',
      target,
      title: 'servers were taken out by somebody',
      summary: `${subject} ${subject.startsWith('the only') ? 'was' : 'were'} taken out by somebody: ${named.join(', ')}${out.length > mostNamed ? ` and ${out.length - mostNamed} more` : ''}${rest}`,
      explanation: [
        `Nobody is left to serve, so every request of backend ${backend} gets 503. The last of them was taken out ${formatDuration(lastSeconds * 1_000)} before this look, by the runtime API or in the configuration; no check failed.`,
        told === undefined
          ? 'Nobody reported it to the ledger.'
          : `Around that time ${plain(textOf(told.reporter))} reported: ${plain(textOf(told.reported))}.`,
        paired === undefined
          ? 'Where the work is done or was meant for one server, give them their requests back.'
          : `${plain(textOf(paired.server))} is the primary of failover ${plain(textOf(paired.pair))}: a promotion takes it out too, so Upkeep does not give it back by itself. Where nothing was promoted, set it ready by hand.`,
      ].join(' '),
      confidence: down.length > 0 ? 0.8 : 0.96,
      onset: Math.round(at - lastSeconds * 1_000),
      ...(changed === undefined ? {} : { change: textOf(changed.change) }),
      evidence: evidence.filter((piece) => piece.target === target).map((piece) => piece.id),
      unseen: ['whether it was meant: HAProxy keeps no record of who asked', ...unseenOf(evidence)],
      recommendations: out
        .filter((row) => typeof row.pair !== 'string')
        .slice(0, mostNamed)
        .map((row) => ({
          action: 'haproxy.ready-server',
          target,
          input: { backend, server: textOf(row.server) },
          why: 'no server of the backend serves, and its check is asked before it gets requests',
        })),
    },
  ];
}
