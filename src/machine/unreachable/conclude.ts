/** From the evidence of an address to what is wrong with it: pure. */
import { count } from '../../core/count.ts';
import type { Evidence, Finding, Recommendation, Scalar } from '../../core/evidence.ts';
import type { Result, Topic } from './look.ts';
import type { OwnEnd } from './own-end.ts';

/** How the answers of the system that should be there are called, and where to look on. */
export interface Words {
  /** `PostgreSQL` */
  readonly name: string;
  /** Command that shows why it does not run, where nothing is known of who started it. */
  readonly next: string;
  /** The same for the server that was started so, where that tells more: its data folder. */
  readonly nextOf?: (command: string) => string | undefined;
  /** What the last lines of its log, oldest first, say of its end; undefined where they say nothing of it. */
  readonly endOf?: (lines: readonly string[]) => OwnEnd | undefined;
  /** No trouble of what it needs ends its process: a proxy answers for what is behind it. */
  readonly endsByItself?: true;
}

type Facts = Readonly<Record<string, Scalar>>;

/** What a finding takes from its case; the rest is the same for all. */
interface Case {
  readonly summary: string;
  readonly explanation: string;
  /** Commands that show more, with `; ` between them. */
  readonly next: string;
  /** They are for the machine of the target. */
  readonly isNextThere?: true;
  readonly confidence: number;
  readonly isWhereOnly?: true;
  readonly isByItself?: true;
  readonly unseen?: readonly string[];
  /** Whether starting (or continuing) the declared process may help. */
  readonly revive?: 'restart' | 'resume';
}

/** Ends what is not seen while nobody has read that log. */
const inItsLog = 'its own log may say';

export function conclude(
  id: string,
  words: Words,
  results: readonly Result[],
  evidence: readonly Evidence[],
  target: string,
): Finding[] {
  const facts = (topic: Topic) => evidence.find((each) => each.id === `${target}.${topic}`)?.facts;
  const reach = facts('reach');
  if (reach === undefined || !results.includes(reach.result as Result)) return [];
  const listener = facts('reach-listener');
  const check = facts('reach-check');
  const log = evidence.find((each) => each.id === `${target}.reach-log`)?.text;
  const end = log === undefined ? undefined : words.endOf?.(log.split('\n'));
  const found = caseOf(words, reach, listener, facts('reach-last'), String(check?.detail ?? ''), end);
  if (found === undefined) return [];
  const isLogSeen = log !== undefined;
  const own = evidence.filter((each) => each.id.startsWith(`${target}.reach`));
  return [
    {
      id,
      target,
      summary: found.summary,
      explanation: `${found.explanation} Look next${found.isNextThere ? ', on that machine' : ''}: ${found.next}`,
      next: found.next,
      confidence: found.confidence,
      ...(found.isWhereOnly ? { isWhereOnly: true } : {}),
      ...(found.isByItself ? { isByItself: true } : {}),
      ...(typeof check?.since === 'number' ? { onset: check.since } : {}),
      evidence: own.map((each) => each.id),
      unseen: [
        ...own.flatMap((each) => (each.unseen === undefined ? [] : [`${each.title}: ${each.unseen}`])),
        ...(found.unseen ?? []).filter((one) => !(isLogSeen && one.endsWith(inItsLog))),
      ],
      recommendations: found.revive === undefined ? [] : revive(evidence, target, found.revive),
    },
  ];
}

function caseOf(
  words: Words,
  reach: Facts,
  listener: Facts | undefined,
  last: Facts | undefined,
  said: string,
  end: OwnEnd | undefined,
): Case | undefined {
  const detail = String(reach.detail);
  const { host } = reach;
  switch (reach.result as Result) {
    case 'refused':
      return refused(words, reach, listener, last, end);
    case 'unresolved':
      return {
        summary: `the name ${host} does not resolve: ${detail}`,
        explanation: `No address was found for ${host}, so ${words.name} was not even asked and may be well.`,
        next: `getent hosts ${host}; cat /etc/resolv.conf`,
        confidence: 0.93,
        unseen: [`${words.name} itself: its address is not known`],
      };
    case 'unrouted':
      return {
        summary: `${words.name} at ${host} cannot be reached: ${detail}`,
        explanation: `Packets to ${host} find no way or are turned back, so ${words.name} was not asked and may be well: the machine is off, an interface or a route is gone.`,
        next: `ip route get ${host}; ping -c 3 ${host}`,
        confidence: 0.88,
        unseen: [`${words.name} itself: no packet reaches it from here`],
      };
    case 'timeout':
      return unanswered(words, reach, listener);
    case 'reset':
      return {
        summary: `${whoListens(words, listener)} ends connections to ${host}:${reach.port} as soon as they are made: ${detail}`,
        explanation: `The port is open and somebody takes the connection, then resets it: the program turns this address away, is at a limit of its own (connections, open files), or a proxy there has nothing behind it. Its log tells which.`,
        next: `ss -ltnp 'sport = :${reach.port}'; ${words.next}`,
        confidence: 0.85,
        isWhereOnly: true,
        unseen: ['why it ends them: its own log'],
      };
    case 'connected':
      return silent(words, reach, listener, said);
    case 'own-trouble':
      return {
        summary: `this machine cannot open the connection: ${detail}`,
        explanation: `The connect failed here, before anything was sent: it says nothing of ${words.name}.`,
        next: `ulimit -n; ss -s`,
        confidence: 0.8,
      };
  }
}

function refused(
  words: Words,
  reach: Facts,
  listener: Facts | undefined,
  last: Facts | undefined,
  end: OwnEnd | undefined,
): Case {
  const where = `${String(reach.host).includes(':') ? `[${reach.host}]` : reach.host}:${reach.port}`;
  const keeper = nextOf(words, last);
  const told = `A connection is refused at once (${reach.detail}): the machine answers and the port is closed.`;
  if (reach.isThisMachine !== true) {
    return {
      summary: `nobody listens on ${where}: ${reach.detail}`,
      explanation: `${told} ${words.name} ended, never started, or listens elsewhere.`,
      next: `ss -ltnp 'sport = :${reach.port}'; ${words.next}`,
      isNextThere: true,
      confidence: 0.92,
      unseen: ['why nobody listens: look at that machine'],
      revive: 'restart',
    };
  }
  if (listener?.listening === true) {
    return {
      summary: `nobody listens on ${where}; ${listener.process || 'a process'} listens on ${listener.addresses} only`,
      explanation: `${told} On this machine port ${reach.port} is open on ${listener.addresses}, which is not the address that is asked. Compare the address of this target with what ${words.name} is told to listen on.`,
      next: `ss -ltnp 'sport = :${reach.port}'`,
      confidence: 0.95,
    };
  }
  if (last === undefined) {
    return {
      summary: `nobody listens on ${where}: ${words.name} does not run there`,
      explanation: `${told} On this machine no process listens on port ${reach.port}, and none was seen to since Upkeep began.`,
      next: words.next,
      confidence: 0.95,
      unseen: ['who should listen there: it was not up while Upkeep watched'],
      revive: 'restart',
    };
  }
  const who = `${last.process} (pid ${last.pid})`;
  if (last.isRunning === true) {
    const instead = last.listensOn === '' ? 'on no port' : `on port ${last.listensOn}`;
    return {
      summary: `nobody listens on ${where}: ${who}, which did, runs and listens ${instead} now`,
      explanation: `${told} The process that listened there still runs: it starts up, shuts down, or was given another address.`,
      next: keeper,
      confidence: 0.93,
    };
  }
  return {
    summary: `nobody listens on ${where}: ${who}, which did, ${end?.how ?? 'has ended'}`,
    explanation: `${told} ${who} listened there while all was well and exists no more.${end ? ` The last that its log says of its end: “${end.line}”.` : ''} It was started as: ${last.command}.`,
    next: keeper,
    confidence: 0.97,
    ...(words.endsByItself ? { isByItself: true } : {}),
    unseen: [`why ${last.process} ended: ${inItsLog}`],
    revive: 'restart',
  };
}

/** What kept it knows most; else the file that it wrote to, and what fits how it was started. */
function nextOf({ next, nextOf: own }: Words, last: Facts | undefined): string {
  if (last === undefined) return next;
  if (typeof last.keeper === 'string') return last.keeper;
  const log = typeof last.log === 'string' && isPlainPath(last.log) ? [`tail -n 50 ${last.log}`] : [];
  return [...log, own?.(String(last.command)) ?? next].join('; ');
}

/** A path that a shell takes as it stands. */
export function isPlainPath(text: string): boolean {
  return /^\/[\w./@:+,-]+$/.test(text);
}

/** Not even the kernel answers: the packets are dropped, or the queue of those that wait to be accepted is full. */
function unanswered(words: Words, reach: Facts, listener: Facts | undefined): Case {
  const { host, port } = reach;
  const waiting = Number(listener?.waitingConnections ?? 0);
  if (waiting === 0) {
    return {
      summary: `no answer to a connect to ${host}:${port}: ${reach.detail}`,
      explanation: `Nobody accepts or refuses: a firewall drops the packets, the machine is off or gone, or its accept queue is full. A closed port would have refused at once. On that machine \`nft list ruleset\` shows its firewall.`,
      next: `ping -c 3 ${host}; traceroute -T -p ${port} ${host}`,
      confidence: 0.85,
      unseen: ['whether packets are dropped on the way or at the machine: try from another machine'],
    };
  }
  const who = whoListens(words, listener);
  const queue = `its accept queue is full (${count(waiting, 'connection waits', 'connections wait')})`;
  if (isStopped(listener)) return stopped(who, listener, `takes no connections: ${queue}`, '');
  return {
    summary: `${who} takes no more connections: ${queue}`,
    explanation: `The kernel holds connections that ${who} does not accept, and drops those after them: it hangs, or has reached its own limit of connections (maxconn, max clients, workers) and waits for one to end. A firewall or the network is not the reason.`,
    next: `ss -ltn 'sport = :${port}'; ss -tn state established 'sport = :${port}'; ps -o pid,stat,time,wchan,cmd -p ${listener?.pids || 'PID'}`,
    confidence: 0.85,
    isWhereOnly: true,
    unseen: ['why it accepts none: its own limit, or work that blocks it'],
  };
}

function whoListens(words: Words, listener: Facts | undefined): string {
  return listener?.process ? `${listener.process} (pid ${listener.pids})` : words.name;
}

function isStopped(listener: Facts | undefined): boolean {
  return /^[Tt]+$/.test(String(listener?.states ?? ''));
}

function stopped(who: string, listener: Facts | undefined, does: string, queue: string): Case {
  return {
    summary: `${who} is stopped: it ${does}`,
    explanation: `Its state is T: somebody stopped it (SIGSTOP, a debugger, a terminal). It loses nothing when it is continued.${queue}`,
    next: `ps -o pid,stat,lstart,cmd -p ${listener?.pids}`,
    confidence: 0.97,
    revive: 'resume',
  };
}

/** Connected now. Only with a sign that nothing follows is that a finding. */
function silent(words: Words, reach: Facts, listener: Facts | undefined, said: string): Case | undefined {
  const who = whoListens(words, listener);
  const waiting = Number(listener?.waitingConnections ?? 0);
  const queue =
    waiting > 0 ? ` ${count(waiting, 'connection waits', 'connections wait')} to be accepted.` : '';
  if (isStopped(listener)) return stopped(who, listener, 'takes connections and does not answer', queue);
  if (!/no answer within|^timeout after/.test(said)) return undefined;
  return {
    summary: `${who} takes connections at ${reach.host}:${reach.port} and does not answer (${said})`,
    explanation: `The kernel accepts the connection and nothing follows: the process hangs, waits for a disk, or has more to do than it can.${queue}`,
    next: `ps -o pid,stat,time,wchan,cmd -p ${listener?.pids || 'PID'}`,
    confidence: waiting > 0 ? 0.85 : 0.65,
  };
}

/** Of several living processes none is chosen: nothing says which one it is. */
function revive(evidence: readonly Evidence[], target: string, how: 'restart' | 'resume'): Recommendation[] {
  const rows = evidence.find((each) => each.id === `${target}.reach-process`)?.table?.rows ?? [];
  const ill = rows.filter(([, up, stopped]) => up === 0 || stopped === true);
  const chosen = ill.length > 0 ? ill : rows.length === 1 ? rows : [];
  return chosen.map(([name]) => ({
    action: `process.${how}`,
    target: String(name),
    input: {},
    why: how === 'resume' ? 'it is stopped and only needs to be continued' : 'nothing listens on its port',
  }));
}
