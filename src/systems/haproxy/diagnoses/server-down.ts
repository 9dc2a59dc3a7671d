import { count } from '../../../core/count.ts';
import type { Evidence, Finding } from '../../../core/evidence.ts';
import { find, numberOf, rowsOf, textOf, unseenOf } from '../../../core/evidence-rows.ts';
import type { Diagnosis } from '../../../core/system.ts';
import type { HaproxyConnection } from '../client.ts';
import { type Cause, type CauseKind, causesOf } from './server-causes.ts';
import { lookAtServers } from './server-look.ts';

const explains = ['haproxy.server-down', 'haproxy.backend-down', 'haproxy.flapping', 'haproxy.errors'];

export const serverDown: Diagnosis<HaproxyConnection> = {
  id: 'haproxy.server-down',
  title: 'servers behind HAProxy are down',
  summary:
    'Servers that are down: nobody listens, frozen, ill by their own word, or a name without an address',
  explains,
  gather: lookAtServers,
  conclude: (evidence, target) =>
    findingsOf('haproxy.server-down', evidence, target, (kind) => kind !== 'wrong-check'),
};

export const wrongCheck: Diagnosis<HaproxyConnection> = {
  id: 'haproxy.wrong-check',
  title: 'a health check asks the wrong path',
  summary: 'Servers that work and are down because their health check asks the wrong path',
  explains,
  gather: lookAtServers,
  conclude: (evidence, target) =>
    findingsOf('haproxy.wrong-check', evidence, target, (kind) => kind === 'wrong-check'),
};

/** One finding for each backend and kind of cause: what several servers share is one cause. */
function findingsOf(
  id: string,
  evidence: readonly Evidence[],
  target: string,
  isMeant: (kind: CauseKind) => boolean,
): Finding[] {
  const groups = new Map<string, Cause[]>();
  for (const cause of causesOf(evidence, target)) {
    if (!isMeant(cause.kind)) continue;
    const key = `${textOf(cause.server.backend)} ${cause.kind}`;
    groups.set(key, [...(groups.get(key) ?? []), cause]);
  }
  return [...groups.values()].flatMap((causes) => findingOf(id, causes, evidence, target) ?? []);
}

function findingOf(
  id: string,
  causes: readonly Cause[],
  evidence: readonly Evidence[],
  target: string,
): Finding | undefined {
  const [first] = causes;
  if (first === undefined) return undefined;
  const { server } = first;
  const at = find(evidence, target, 'servers-down')?.at ?? 0;
  const longest = Math.max(...causes.map((cause) => numberOf(cause.server.downSeconds)));
  const onset = Math.round(at - longest * 1_000);
  const change = first.kind === 'wrong-check' ? changeBefore(evidence, target, onset) : undefined;
  return {
    id,
    target,
    summary: `${subjectOf(causes)}: ${first.words}`,
    explanation: [
      first.explanation,
      numberOf(server.servingInBackend) === 0
        ? `No server of backend ${server.backend} is left, so everybody whose request goes there gets 503.`
        : `${count(numberOf(server.servingInBackend), 'server')} of the backend still ${numberOf(server.servingInBackend) === 1 ? 'serves' : 'serve'} and ${numberOf(server.servingInBackend) === 1 ? 'has' : 'have'} the load of all.`,
      ...(change === undefined ? [] : [`The configuration was changed shortly before: ${change.summary}.`]),
    ].join(' '),
    confidence: Math.min(...causes.map(({ confidence }) => confidence)),
    onset,
    ...(first.kind === 'ill' ? { isWhereOnly: true } : {}),
    ...(causes.every((cause) => cause.isNoSlowness) ? { isNoSlowness: true } : {}),
    ...(change === undefined ? {} : { change: change.id }),
    evidence: [
      ...new Set([
        ...causes.flatMap((cause) => cause.evidence),
        ...(change === undefined ? [] : [`${target}.changes`]),
      ]),
    ],
    unseen: [...new Set(unseenOf(evidence))],
    recommendations: recommendationsOf(causes, target),
  };
}

function subjectOf(causes: readonly Cause[]): string {
  const [first] = causes;
  const backend = textOf(first?.server.backend);
  const names = causes.map((cause) => textOf(cause.server.server));
  const isAll = names.length === numberOf(first?.server.serversInBackend);
  if (isAll && names.length > 1) return `all ${names.length} servers of backend ${backend} are down`;
  if (isAll) return `${names[0]}, the only server of backend ${backend}, is down`;
  const told =
    names.length > 3 ? `${names.slice(0, 3).join(', ')} and ${names.length - 3} more` : names.join(' and ');
  return `${told} of backend ${backend} ${names.length === 1 ? 'is' : 'are'} down`;
}

/** Only where nothing else is left: while others serve, waiting for a mended check harms nobody. */
function recommendationsOf(causes: readonly Cause[], target: string): Finding['recommendations'] {
  const isLast = causes.every((cause) => numberOf(cause.server.servingInBackend) === 0);
  const trusted = causes
    .filter((cause) => cause.kind === 'wrong-check' && isLast)
    .map(({ server }) => ({
      action: 'haproxy.suspend-check',
      target,
      input: { backend: textOf(server.backend), server: textOf(server.server) },
      why: 'it works, and only its check is wrong: users are served again until the check is mended',
    }));
  const others = causes.flatMap((cause) => cause.recommendations);
  const once = others.filter(
    (one, at) =>
      others.findIndex((other) => other.action === one.action && other.target === one.target) === at,
  );
  return [...trusted, ...once];
}

/** A change of haproxy.cfg that was made no later than the onset, and not long before. */
function changeBefore(evidence: readonly Evidence[], target: string, onset: number) {
  const slackMs = 120_000;
  const row = rowsOf(find(evidence, target, 'changes')).find(
    ({ summary, after }) =>
      /httpchk|http-check|check/.test(textOf(summary)) && Math.abs(numberOf(after) - onset) <= slackMs,
  );
  return row === undefined ? undefined : { id: textOf(row.id), summary: textOf(row.summary) };
}
