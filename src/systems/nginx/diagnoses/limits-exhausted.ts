import type { Evidence, Finding } from '../../../core/evidence.ts';
import { find, numberOf, rowsOf, tableOf, textOf, unseenOf } from '../../../core/evidence-rows.ts';
import type { Diagnosis } from '../../../core/system.ts';
import { withDeadline } from '../../../machine/network/deadline.ts';
import { fetchStatus, type NginxConnection, parseStatus, workerConnections } from '../client.ts';
import { argsOf } from '../configuration.ts';
import { findNginx } from '../workers.ts';
import { look } from './evidence.ts';
import { recentErrors } from './recent-errors.ts';

const nearlyAll = 0.95;

export const limitsExhausted: Diagnosis<NginxConnection> = {
  id: 'nginx.limits-exhausted',
  title: 'nginx has no connection or file left',
  summary: 'The workers have no connection or no open file left: which limit, and who holds them',
  explains: [
    'nginx.worker-connections',
    'nginx.open-files',
    'nginx.files',
    'nginx.connections',
    'nginx.dropped',
    'nginx.errors',
    'nginx.down',
  ],
  async gather(conn, target, ctx) {
    const workers = {
      id: 'workers',
      title: 'Workers and their limits',
      how: 'grep "open files" /proc/PID/limits; ls /proc/PID/fd | wc -l',
    };
    const status = {
      id: 'status',
      title: 'Connections now',
      how: `curl ${conn.url.origin}${conn.url.pathname}`,
    };
    return [
      await look(target, ctx, workers, async () => {
        const nginx = await findNginx(conn);
        if (nginx === undefined) return { unseen: 'its processes are not seen on this machine' };
        return {
          facts: {
            workerConnections: workerConnections(conn) ?? null,
            rlimitNofile: argsOf(conn.configuration, 'worker_rlimit_nofile')?.[0] ?? null,
          },
          table: tableOf(
            ['pid', 'openFiles', 'limit'],
            nginx.workers.map(({ pid, openFiles, fileLimit }) => ({
              pid,
              openFiles: openFiles ?? null,
              limit: fileLimit ?? null,
            })),
          ),
        };
      }),
      await look(target, ctx, status, async () => {
        // Without a free file or connection it does not answer, which is a sign by itself.
        const answer = await withDeadline(ctx, 2_000, ({ signal }) => fetchStatus(conn, signal));
        const seen = parseStatus(answer);
        if (seen === undefined) return { unseen: 'the page at url is not that of stub_status' };
        return { facts: { active: seen.active, waiting: seen.waiting, writing: seen.writing } };
      }),
      await recentErrors(conn, target, ctx),
    ];
  },
  conclude,
};

function conclude(evidence: readonly Evidence[], target: string): Finding[] {
  const workers = find(evidence, target, 'workers');
  const errors = rowsOf(find(evidence, target, 'error-log'));
  const lines = (kind: string) =>
    errors.filter((row) => row.kind === kind).reduce((sum, row) => sum + numberOf(row.lines), 0);
  const fullest = rowsOf(workers)
    .filter((row) => numberOf(row.limit) > 0)
    .toSorted(
      (a, b) => numberOf(b.openFiles) / numberOf(b.limit) - numberOf(a.openFiles) / numberOf(a.limit),
    )[0];
  const isFull = fullest !== undefined && numberOf(fullest.openFiles) >= nearlyAll * numberOf(fullest.limit);
  const connections = numberOf(workers?.facts?.workerConnections);
  const finding = (summary: string, explanation: string, confidence: number): Finding => ({
    ...{ id: 'nginx.limits-exhausted', target, summary, confidence, nature: 'capacity' },
    explanation: `${explanation} ${holders(evidence, target)}`.trim(),
    evidence: ['workers', 'status', 'error-log'].map((id) => `${target}.${id}`),
    unseen: unseenOf(evidence),
    recommendations: [],
  });
  const found: Finding[] = [];
  if (lines('open-files') > 0 || isFull) {
    found.push(
      finding(
        `the workers may open no more files${fullest === undefined ? '' : `: worker ${fullest.pid} has ${fullest.openFiles} of ${fullest.limit}`}`,
        `Every connection is an open file, and one that is passed on takes two. ${lines('open-files')} lines of the error log say "Too many open files". Set worker_rlimit_nofile (now ${textOf(workers?.facts?.rlimitNofile) || 'not set'}) to at least twice worker_connections (${connections || 'unknown'}), test, and reload: new workers have the new limit.`,
        lines('open-files') > 0 ? 0.96 : 0.85,
      ),
    );
  }
  if (lines('worker-connections') > 0) {
    found.push(
      finding(
        `worker_connections ${connections || ''} are not enough: requests were turned away`.replace(
          '  ',
          ' ',
        ),
        `The error log says so ${lines('worker-connections')} times. A request that is passed on takes two of them. Raise worker_connections within half of the limit of open files (${textOf(fullest?.limit) || 'unknown'}), test, and reload.`,
        0.96,
      ),
    );
  }
  return found;
}

function holders(evidence: readonly Evidence[], target: string): string {
  const facts = find(evidence, target, 'status')?.facts;
  const [active, waiting] = [numberOf(facts?.active), numberOf(facts?.waiting)];
  if (active < 10) return '';
  return waiting > active / 2
    ? `Of ${active} connections ${waiting} are idle: a shorter keepalive_timeout frees them.`
    : `Of ${active} connections only ${waiting} are idle: the others wait for an answer, so look whether what stands behind nginx became slow before raising limits.`;
}
