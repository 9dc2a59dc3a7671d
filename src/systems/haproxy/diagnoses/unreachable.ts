import { count } from '../../../core/count.ts';
import { find, textOf } from '../../../core/evidence-rows.ts';
import type { Diagnosis } from '../../../core/system.ts';
import { allProcesses } from '../../../machine/processes.ts';
import { unreachable } from '../../../machine/unreachable/index.ts';
import { tcpOf } from '../../../protocols/haproxy/runtime.ts';
import { destination, type HaproxyConnection, readInfo } from '../client.ts';
import { fateOf } from '../last-process.ts';
import { asked, look } from './evidence.ts';

const next = 'systemctl status haproxy; journalctl -u haproxy -n 50; haproxy -c -f /etc/haproxy/haproxy.cfg';

export const unreachableServer = unreachable<HaproxyConnection>({
  kind: 'haproxy',
  name: 'HAProxy',
  next,
  endsByItself: true,
  destination,
});

/** The same for a socket file, which has no port that could be looked at. */
export const socketDead: Diagnosis<HaproxyConnection> = {
  id: 'haproxy.socket-dead',
  title: 'the socket of HAProxy does not answer',
  summary:
    'Nobody answers on the socket of the runtime API: HAProxy ended, hangs, or has its socket elsewhere',
  explains: ['haproxy.down'],
  async gather(conn, target, ctx) {
    if (tcpOf(conn.socket)) return [];
    const about = { id: 'socket', title: `The socket ${conn.socket}`, how: asked(conn, 'show info') };
    const socket = await look(conn, target, ctx, about, async () => {
      const info = await readInfo(conn, ctx.signal);
      return { facts: { why: '', answer: `HAProxy ${info.get('Version') ?? 'answers'}` } };
    });
    const last = conn.processes.last();
    const processes = (await allProcesses().catch(() => [])).filter(({ name }) => name === 'haproxy');
    return [
      socket,
      {
        id: `${target}.processes`,
        target,
        title: 'Processes of HAProxy on this machine',
        at: ctx.clock.now(),
        how: 'ps -C haproxy -o pid,stat,lstart,cmd',
        facts: {
          processes: processes.length,
          fate: fateOf(last, processes),
          ...(last === undefined ? {} : { last: last.pid, answeredAt: last.answeredAt }),
        },
        table: {
          columns: ['pid', 'state', 'command'],
          rows: processes
            .slice(0, 10)
            .map(({ pid, letter, command }) => [pid, letter, command.join(' ').slice(0, 200)]),
        },
      },
    ];
  },
  conclude(evidence, target) {
    const socket = find(evidence, target, 'socket');
    if (socket === undefined || textOf(socket.facts?.why) === '') return [];
    const running = find(evidence, target, 'processes');
    const rows = running?.table?.rows ?? [];
    const { fate, last } = running?.facts ?? {};
    const own = fate === 'runs' ? rows.filter(([pid]) => pid === last) : rows;
    const stopped = own.find(([, state]) => state === 'T' || state === 't');
    const answer = textOf(socket.facts?.answer);
    const told =
      fate === 'ended'
        ? endedNow(Number(last), rows.length, answer)
        : rows.length === 0
          ? {
              summary: `HAProxy does not run: ${answer}`,
              explanation: `No process of that name is on this machine and nobody answers on its socket. Look next: ${next}`,
              next,
              confidence: 0.95,
            }
          : stopped !== undefined
            ? {
                summary: `HAProxy (pid ${stopped[0]}) is stopped and does nothing`,
                explanation:
                  'Its state is T: somebody stopped it (SIGSTOP, a debugger, a terminal). kill -CONT wakes it; nothing is lost.',
                confidence: 0.93,
              }
            : {
                summary: `HAProxy runs (pid ${own[0]?.[0] ?? last}) and does not answer on this socket: ${answer}`,
                explanation:
                  'It was started with another socket, or another HAProxy runs here, or its threads hang. Compare `stats socket` in its file with `socket` of this target.',
                confidence: 0.7,
              };
    return [
      {
        id: 'haproxy.socket-dead',
        target,
        ...told,
        evidence: [socket.id, ...(running ? [running.id] : [])],
        unseen: rows.length === 0 || fate === 'ended' ? ['why it ended: its log may say'] : [],
        recommendations: [],
      },
    ];
  },
};

function endedNow(pid: number, others: number, answer: string) {
  const beside =
    others === 0
      ? 'no other runs on this machine'
      : `${count(others, 'other process of HAProxy that runs', 'other processes of HAProxy that run')} on this machine began before that and ${others === 1 ? 'is' : 'are'} not it`;
  return {
    summary: `HAProxy (pid ${pid}), which answered there, has ended: ${answer}`,
    explanation: `It answered while all was well and exists no more; ${beside}. Look next: ${next}`,
    next,
    confidence: 0.97,
    isByItself: true as const,
  };
}
