import type { Evidence, Finding } from '../../../core/evidence.ts';
import { find, numberOf, type Row, rowsOf, tableOf, textOf, unseenOf } from '../../../core/evidence-rows.ts';
import type { Diagnosis, DiagnosisContext } from '../../../core/system.ts';
import { formatDuration } from '../../../core/time.ts';
import { lastAnswer, look } from '../../../protocols/mysql/evidence.ts';
import type { MysqlConnection } from '../client.ts';
import { grantOf, may } from '../privileges.ts';
import type { Db } from '../session.ts';
import { hostOf, isClient, readSessions, sessionsSql, type Thread } from '../sessions.ts';
import { readStatus, readVariables } from '../status.ts';

const columns = ['user', 'host', 'command', 'sessions', 'longestSeconds'] as const;
/** The share from which slots count as exhausted: what the rule mysql.connections warns at. */
const nearlyFull = 0.8;

export const connectionsExhausted: Diagnosis<MysqlConnection> = {
  id: 'mysql.connections-exhausted',
  title: 'no connection is left',
  summary: 'No connection slots left: who holds them',
  explains: ['mysql.connections', 'mysql.connections-full', 'mysql.threads-running', 'mysql.down'],
  async gather(conn, target, ctx) {
    // Kept sessions can look while new logins are refused.
    const live = await look(
      conn.quick,
      target,
      ctx,
      { id: 'sessions-by-owner', title: 'Sessions by user, host and command', how: sessionsSql(true) },
      readGroups,
    );
    return [live, ...lastSeen(target, ctx), ...lastAnswer(target, ctx, 'mysql.liveness')];
  },
  conclude,
};

async function readGroups(db: Db) {
  const status = await readStatus(db, 'Threads_connected', 'Max_used_connections');
  const limit = (await readVariables(db, 'max_connections')).number('max_connections') ?? null;
  const sessions = (await readSessions(db)).filter(isClient);
  return {
    facts: { used: status.number('Threads_connected') ?? null, limit },
    table: tableOf(columns, groupsOf(sessions).slice(0, 30)),
    ...((await may(db, 'sessions'))
      ? {}
      : { unseen: `sessions of other users cannot be seen: ${await grantOf(db, 'sessions')}` }),
  };
}

function groupsOf(sessions: readonly Thread[]): Row[] {
  const groups = new Map<
    string,
    { user: string; host: string; command: string; sessions: number; longestSeconds: number }
  >();
  for (const { user, host, command, seconds } of sessions) {
    const key = JSON.stringify([user, hostOf(host), command]);
    const before = groups.get(key);
    groups.set(key, {
      ...{ user, host: hostOf(host), command },
      sessions: (before?.sessions ?? 0) + 1,
      longestSeconds: Math.max(before?.longestSeconds ?? 0, Math.round(seconds)),
    });
  }
  return [...groups.values()].sort((a, b) => b.sessions - a.sessions);
}

/** What the activity probe saw last, for the time when no login is left for us either. */
function lastSeen(target: string, ctx: DiagnosisContext): Evidence[] {
  const groups = ctx.latest(target, 'mysql.connections.by');
  const newest = Math.max(0, ...groups.map((group) => group.at));
  const current = groups.filter((group) => group.at === newest);
  if (current.length === 0) return [];
  return [
    {
      id: `${target}.sessions-last-seen`,
      target,
      title: 'Sessions as last measured',
      at: newest,
      how: 'latest samples of mysql.connections.by',
      facts: {
        limit: ctx.latest(target, 'mysql.connections.limit').at(0)?.value ?? null,
        used: current.reduce((sum, group) => sum + group.value, 0),
      },
      table: tableOf(
        ['user', 'host', 'command', 'sessions'],
        current
          .map(({ labels, value }) => ({ ...labels, sessions: value }))
          .toSorted((a, b) => b.sessions - a.sessions),
      ),
    },
  ];
}

function conclude(evidence: readonly Evidence[], target: string): Finding[] {
  const live = find(evidence, target, 'sessions-by-owner');
  const seen = find(evidence, target, 'sessions-last-seen');
  const answers = [textOf(live?.facts?.answer), textOf(find(evidence, target, 'last-answer')?.text)];
  const refusal = answers.find((answer) => /\((1040|1203|1226)\)/.test(answer));
  const isLive = live?.table !== undefined;
  const source = isLive ? live : seen;
  const [used, limit] = [numberOf(source?.facts?.used), numberOf(source?.facts?.limit)];
  const isFull = limit > 0 && used / limit >= nearlyFull;
  if (refusal === undefined && !(isLive && isFull)) return [];
  const unseen = unseenOf(evidence);
  if (!isLive) {
    unseen.push(
      'who holds the slots now: our own login was refused; an account with CONNECTION ADMIN (or SUPER) has one slot more and can look: SHOW PROCESSLIST',
    );
  }
  const by = largestOwner(rowsOf(source));
  const isOfUser = refusal !== undefined && !refusal.includes('(1040)');
  const words = (are: 'are' | 'were') =>
    isOfUser
      ? `the connection limit of one user ${are === 'are' ? 'is' : 'was'} reached`
      : isLive
        ? `${used} of ${limit} connections ${are} taken`
        : `all connections ${are} taken`;
  const holder = by ? `, ${by.sessions} by user ${by.user}` : '';
  const age =
    isLive || source === undefined
      ? ''
      : `, as last seen ${formatDuration(Math.max(0, (live?.at ?? source.at) - source.at))} before`;
  return [
    {
      id: 'mysql.connections-exhausted',
      target,
      summary: `${words('are')}${holder}${age}`,
      past: `${words('were')}${holder}`,
      explanation: explain(refusal, by),
      confidence: by === undefined ? 0.6 : isLive ? 0.9 : 0.75,
      evidence: evidence.filter((piece) => piece.target === target).map((piece) => piece.id),
      unseen,
      recommendations: [],
    },
  ];
}

interface Owner {
  readonly user: string;
  readonly sessions: number;
  readonly sleeping: number;
  readonly hosts: readonly string[];
}

function largestOwner(groups: readonly Row[]): Owner | undefined {
  const owners = Map.groupBy(groups, (group) => textOf(group.user));
  const total = (rows: readonly Row[]) => rows.reduce((sum, row) => sum + numberOf(row.sessions), 0);
  const [largest] = [...owners].sort(([, a], [, b]) => total(b) - total(a));
  if (largest === undefined) return undefined;
  const [user, rows] = largest;
  return {
    user,
    sessions: total(rows),
    sleeping: total(rows.filter((row) => row.command === 'Sleep')),
    hosts: [...new Set(rows.map((row) => textOf(row.host)).filter(Boolean))],
  };
}

function explain(refusal: string | undefined, by: Owner | undefined): string {
  const isIdle = by !== undefined && by.sleeping > by.sessions / 2;
  const parts = [
    refusal === undefined ? '' : `The server is alive and turns logins away: ${refusal}.`,
    by === undefined
      ? 'Who holds the connections could not be seen.'
      : `User ${by.user} holds ${by.sessions}, ${by.sleeping} of them asleep, from ${by.hosts.slice(0, 5).join(', ')}.`,
    isIdle
      ? 'They are mostly idle, as when a pool is too large or connections are not given back: lower the pool size, set wait_timeout, or put a proxy in front.'
      : 'They are at work or waiting: look at what they wait for before anything is ended.',
    'SET GLOBAL max_connections gives room at once and costs memory; it does not end a leak.',
  ];
  return parts.filter(Boolean).join(' ');
}
