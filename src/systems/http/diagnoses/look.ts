/** What the diagnoses of an endpoint look at: one connect, one request, the listener behind it, the dependencies. */
import type { Evidence, Scalar } from '../../../core/evidence.ts';
import { plain } from '../../../core/plain.ts';
import type { DiagnosisContext } from '../../../core/system.ts';
import { isLocalAddress, type LocalListener, localListeners } from '../../../machine/local-listeners.ts';
import { withDeadline } from '../../../machine/network/deadline.ts';
import { type Destination, dial, hostAndPort } from '../../../machine/network/dial.ts';
import { networkFailure } from '../../../machine/network/failure.ts';
import { lookupName } from '../../../machine/network/lookup.ts';
import { descriptors } from '../../../machine/processes.ts';
import { type HttpClient, type Visit, VisitFailed, visit } from '../client.ts';
import { isOfTime, mediaType, statusLine, statusMeets, unmetExpectations } from '../expectations.ts';
import { recogniseProxy } from '../proxies.ts';
import { hopDestination } from '../redirects.ts';
import { recogniseRefusal } from '../refusals.ts';
import { certificateEvidence } from './certificate-evidence.ts';
import { dependencyEvidence } from './dependencies.ts';

const connectWithinMs = 2_000;
const answerWithinMs = 3_000;
/** A stopped process answers nobody: asking longer would only delay the finding. */
const stoppedWithinMs = 500;
/** Characters: it stands in a message that is read on a phone. */
const mostUnmet = 300;
/** Several diagnoses of one investigation ask within this span and share one look. */
const sharedForMs = 2_000;

interface Shared {
  readonly evidence: Promise<Evidence[]>;
  endedAt: number;
}
const looks = new WeakMap<HttpClient, Shared>();

/** Evidence ids: `<target>.alert`, `.tcp-connect`, `.answer`, `.listener`, `.certificate`, `.dependencies`. */
export async function look(client: HttpClient, target: string, ctx: DiagnosisContext): Promise<Evidence[]> {
  const known = looks.get(client);
  const isFresh = known !== undefined && ctx.clock.monotonic() - known.endedAt < sharedForMs;
  const shared = isFresh ? known : begin(client, target, ctx);
  looks.set(client, shared);
  return [...alertEvidence(target, ctx), ...(await shared.evidence), ...dependencyEvidence(target, ctx)];
}

function begin(client: HttpClient, target: string, ctx: DiagnosisContext): Shared {
  const shared: Shared = {
    evidence: lookAtNetwork(client, target, ctx).finally(() => {
      shared.endedAt = ctx.clock.monotonic();
    }),
    endedAt: Number.POSITIVE_INFINITY,
  };
  return shared;
}

function alertEvidence(target: string, ctx: DiagnosisContext): Evidence[] {
  const own = ctx.alerts.filter((alert) => alert.target === target && alert.state !== 'resolved');
  const first = own.toSorted((a, b) => a.since - b.since)[0];
  if (first === undefined) return [];
  return [
    {
      id: `${target}.alert`,
      target,
      title: 'What the check says',
      at: ctx.clock.now(),
      how: `the alert ${first.rule} of ${target}`,
      facts: { rule: first.rule, detail: ctx.detail(target) ?? first.detail, since: first.since },
    },
  ];
}

async function lookAtNetwork(client: HttpClient, target: string, ctx: DiagnosisContext): Promise<Evidence[]> {
  const { family } = client.config;
  const to = { ...hopDestination(client.first.url), family: family === 'any' ? undefined : family };
  const before = await listenersHere(to);
  const connected = await connectEvidence(target, to, ctx);
  if (connected.facts?.result !== 'connected') {
    return [connected, ...(await listenerEvidence(target, to, before, before, ctx))];
  }
  const [answer, ...certificate] = await Promise.all([
    answerEvidence(client, target, to, ctx, isStopped(before) ? stoppedWithinMs : answerWithinMs),
    ...(client.first.url.protocol === 'https:' ? [certificateEvidence(client, target, to, ctx)] : []),
  ]);
  const after = before && (await localListeners(to.port));
  return [connected, answer, ...certificate, ...(await listenerEvidence(target, to, before, after, ctx))];
}

async function connectEvidence(target: string, to: Destination, ctx: DiagnosisContext): Promise<Evidence> {
  const base = {
    id: `${target}.tcp-connect`,
    target,
    title: `TCP connect to ${hostAndPort(to.host, to.port)}`,
    how: `nc -vz ${to.host} ${to.port}`,
  };
  const began = ctx.clock.monotonic();
  return withDeadline<Evidence>(ctx, connectWithinMs, async (dialContext): Promise<Evidence> => {
    try {
      const { socket, connectSeconds } = await dial(to, dialContext);
      const address = socket.remoteAddress ?? to.host;
      socket.destroy();
      return {
        ...base,
        at: ctx.clock.now(),
        facts: { result: 'connected', address, seconds: connectSeconds },
      };
    } catch (error) {
      const { why, detail } = networkFailure(error, to, ctx.clock.monotonic() - began);
      return { ...base, at: ctx.clock.now(), facts: { result: why, detail } };
    }
  });
}

async function answerEvidence(
  client: HttpClient,
  target: string,
  to: Destination,
  ctx: DiagnosisContext,
  withinMs: number,
): Promise<Evidence> {
  const { url } = client.first;
  const base = {
    id: `${target}.answer`,
    target,
    title: 'The answer to one request',
    how: `curl -is -m ${withinMs / 1_000} -X ${client.first.method} ${url.origin}${url.pathname}`,
  };
  const began = ctx.clock.monotonic();
  return withDeadline<Evidence>(ctx, answerWithinMs, async (dialContext): Promise<Evidence> => {
    try {
      const visited = await visit(client, dialContext, true);
      const totalSeconds = (ctx.clock.monotonic() - began) / 1_000;
      return { ...base, at: ctx.clock.now(), ...answerFacts(client, visited, totalSeconds) };
    } catch (error) {
      if (!(error instanceof VisitFailed)) {
        const detail = error instanceof Error ? error.message : 'failed';
        return { ...base, at: ctx.clock.now(), facts: { result: 'denied', detail } };
      }
      const { why, detail } = networkFailure(error.cause, error.to, ctx.clock.monotonic() - began);
      return {
        ...base,
        at: ctx.clock.now(),
        facts: { result: why, detail, asked: hostAndPort(to.host, to.port) },
      };
    }
  });
}

function answerFacts(client: HttpClient, visited: Visit, totalSeconds: number): Pick<Evidence, 'facts'> {
  const body = visited.body?.toString('utf8') ?? '';
  const server = [visited.headers.server ?? ''].flat().join(' ');
  const proxy = recogniseProxy(visited.status, server, body);
  const isExpected = statusMeets(visited.status, client.config.expect.status);
  const refusal = isExpected && client.config.expect.body === undefined ? undefined : recogniseRefusal(body);
  const challenge = visited.headers['www-authenticate'];
  const facts: Record<string, Scalar> = {
    result: 'answered',
    status: visited.status,
    statusLine: statusLine(visited.status),
    isExpected,
    ...unmetFacts(client, visited, body, totalSeconds),
    firstByteSeconds: visited.phases.firstByte,
    sentCredentials: Object.keys(client.first.headers).some((name) =>
      /authorization|cookie|token|key|secret/.test(name),
    ),
  };
  if (challenge !== undefined) facts.asksFor = challenge.split(' ')[0] ?? '';
  const retryAfter = [visited.headers['retry-after'] ?? ''].flat()[0];
  if (retryAfter) facts.retryAfter = retryAfter.slice(0, 40);
  if (proxy) Object.assign(facts, { proxy: proxy.proxy, proxySays: proxy.says });
  if (refusal) {
    facts.refusal = refusal.kind;
    facts.refusalText = refusal.said;
    facts.refusedBy = refusal.system ?? null;
    facts.refusedUser = refusal.user ?? null;
  }
  return { facts };
}

/** What was declared and did not come. Of what came its kind and size alone: a body may hold anything. */
function unmetFacts(
  client: HttpClient,
  visited: Visit,
  body: string,
  totalSeconds: number,
): Record<string, Scalar> {
  const unmet = unmetExpectations({ ...visited, body, totalSeconds }, client.config.expect);
  if (unmet.length === 0) return {};
  const type = mediaType(visited.headers['content-type']);
  return {
    unmet: plain(unmet.join('; '), mostUnmet),
    isLate: unmet.every(isOfTime),
    bytes: visited.bytes,
    ...(type === null ? {} : { contentType: type }),
  };
}

function isStopped(listeners: readonly LocalListener[] | undefined): boolean {
  const seen = listeners?.flatMap(({ process }) => (process === undefined ? [] : [process])) ?? [];
  return seen.length > 0 && seen.every((process) => process.state === 'stopped');
}

/** Undefined where the endpoint is on another machine or this one does not tell. */
async function listenersHere(to: Destination): Promise<LocalListener[] | undefined> {
  const found = await lookupName(to.host).catch(() => []);
  return found.some((entry) => isLocalAddress(entry.address)) ? localListeners(to.port) : undefined;
}

async function listenerEvidence(
  target: string,
  to: Destination,
  before: LocalListener[] | undefined,
  after: LocalListener[] | undefined,
  ctx: DiagnosisContext,
): Promise<Evidence[]> {
  if (before === undefined || after === undefined) return [];
  const cpuOf = (listeners: readonly LocalListener[]) =>
    listeners.reduce((sum, listener) => sum + (listener.process?.cpuSeconds ?? 0), 0);
  const processes = new Map(
    after.flatMap(({ process }) => (process === undefined ? [] : [[process.pid, process] as const])),
  );
  const pids = [...processes.keys()].join(', ');
  const [alone] = processes.size === 1 ? processes.keys() : [];
  const files = alone === undefined ? undefined : await descriptors(alone);
  return [
    {
      id: `${target}.listener`,
      target,
      title: `Who listens on port ${to.port} of this machine`,
      at: ctx.clock.now(),
      how: `ss -ltnp 'sport = :${to.port}'; ps -o pid,stat,time,comm -p ${pids || 'PID'}`,
      facts: {
        listening: after.length > 0,
        addresses: [...new Set(after.map((listener) => listener.address))].join(', '),
        pids,
        process: [...new Set([...processes.values()].map((each) => each.name))].join(', '),
        states: [...processes.values()].map((each) => each.letter).join(''),
        waitingConnections: after.reduce((sum, listener) => sum + listener.acceptQueue, 0),
        cpuSecondsUsed: Number((cpuOf(after) - cpuOf(before)).toFixed(2)),
        ...(files === undefined || !Number.isFinite(files.limit)
          ? {}
          : { openFiles: files.open, openFilesLimit: files.limit }),
      },
      ...(after.length > 0 && processes.size === 0
        ? { unseen: 'which process listens: it belongs to another user; run Upkeep as that user or as root' }
        : {}),
    },
  ];
}
