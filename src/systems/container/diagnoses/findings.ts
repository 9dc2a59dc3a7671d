import { often } from '../../../core/count.ts';
import type { Evidence, Finding, Recommendation } from '../../../core/evidence.ts';
import type { Diagnosis } from '../../../core/system.ts';
import type { ContainerConnection } from '../client.ts';
import { logText, look, type Row, rowsOf } from './look.ts';

interface Told {
  readonly summary: string;
  readonly explanation: string;
  readonly confidence: number;
  readonly recommendations?: readonly Recommendation[];
  readonly decides?: readonly string[];
}

const explains = [
  'container.not-running',
  'container.restarting',
  'container.oom-killed',
  'container.unhealthy',
];

function ofContainers(
  name: string,
  title: string,
  summary: string,
  tell: (row: Row, log: string, target: string) => Told | undefined,
): Diagnosis<ContainerConnection> {
  return {
    id: `container.${name}`,
    title,
    summary,
    explains,
    gather: look,
    conclude: (evidence, target) =>
      rowsOf(evidence, target).flatMap((row): Finding[] => {
        const container = String(row.container);
        const told = row.isIll === true ? tell(row, logText(evidence, target, container), target) : undefined;
        return told === undefined ? [] : [finding(`container.${name}`, told, container, evidence, target)];
      }),
  };
}

function finding(
  id: string,
  told: Told,
  container: string,
  evidence: readonly Evidence[],
  target: string,
): Finding {
  const ids = [`${target}.containers`, `${target}.log.${container}`];
  const about = evidence.filter((piece) => ids.includes(piece.id));
  return {
    id,
    target,
    recommendations: [],
    ...told,
    evidence: about.filter((piece) => piece.unseen === undefined).map((piece) => piece.id),
    unseen: about.flatMap((piece) => (piece.unseen === undefined ? [] : [`${piece.title}: ${piece.unseen}`])),
  };
}

const addressInUse = /EADDRINUSE|address (?:is )?already in use|port is already allocated|bind.{0,40}in use/i;
const missingVariable = [
  /KeyError: ['"]([A-Z][A-Z0-9_]{2,})['"]/,
  /\b([A-Z][A-Z0-9_]{2,})\b.{0,30}(?:is not set|not set|is required|must be set|is missing|undefined|unset)/,
  /(?:missing|required|unset|no).{0,30}(?:environment|env)(?: variable)?:? ['"`]?([A-Z][A-Z0-9_]{2,})/i,
];

function variableIn(log: string): string | undefined {
  return missingVariable.map((pattern) => pattern.exec(log)?.[1]).find((name) => name !== undefined);
}

const isDown = (row: Row) => row.status !== 'running' && row.status !== 'paused';
/** Started again this often, it ends for a reason that another start does not remove. */
const crashLoopFrom = 3;

export const outOfMemory = ofContainers(
  'out-of-memory',
  'a container was ended for want of memory',
  'A container was ended for want of memory, with how its memory grew before',
  (row, _, target) => {
    const isSure = row.oomKilled === true;
    const limit = Number(row.memoryLimit);
    const last = row.lastMemory;
    const isNearLimit = typeof last === 'number' && limit > 0 && last > 0.8 * limit;
    // Where the kernel's log may not be read, Podman on cgroups v1 does not tell, and one that fills up within a moment
    // leaves no sample.
    const isPossible = row.exitCode === 137 && isDown(row) && limit > 0 && (last === null || isNearLimit);
    if (!isSure && !isPossible) return undefined;
    const growth = row.memoryGrowthPerMinute;
    return {
      summary: `${row.container} was killed${isSure || isNearLimit ? '' : ' (exit code 137), perhaps'} for want of memory${limit > 0 ? ` at its limit of ${mebibytes(limit)}` : ''}`,
      explanation: `${isSure ? saidBy(row) : `Its exit code is 137 (SIGKILL)${isNearLimit ? ' with its memory near the limit' : ' and it has a limit; the engine does not say why'}`}. ${
        typeof growth === 'number' && growth > 0
          ? `It grew by ${mebibytes(growth)} a minute over the last hour: a leak, or more work than the limit allows.`
          : 'How its memory grew is not known or it did not grow slowly: one large request may be the reason.'
      } A restart buys time; a higher limit is a decision of people.`,
      // It runs again and nobody complains of it: whatever the trouble of another is, this was before.
      confidence: row.isOthers === true && !isDown(row) ? 0.4 : isSure ? 0.95 : isNearLimit ? 0.75 : 0.55,
      recommendations: isDown(row) ? [start(row, target, 'it does not run; a start buys time')] : [],
      decides: [
        'dmesg -T | grep -i oom: does the kernel name it?',
        'a heap snapshot shortly before the limit',
      ],
    };
  },
);

export const portConflict = ofContainers(
  'port-conflict',
  'a container finds its port taken',
  'A container cannot start because its port is taken',
  (row, log) => {
    if (!addressInUse.test(`${log}\n${row.error}`) || (!isDown(row) && Number(row.restarts) < 2))
      return undefined;
    const port = /(?:0\.0\.0\.0|127\.0\.0\.1|::|\*|port)[:\s]+(\d{2,5})/i.exec(`${log}\n${row.error}`)?.[1];
    return {
      summary: `${row.container} does not start: ${port === undefined ? 'its port' : `port ${port}`} is taken by another process`,
      explanation: `Its last words say that the address is in use. Starting it again and again does not help: stop who holds the port, or give one of them another port.`,
      confidence: 0.9,
      decides: [`ss -ltnp${port === undefined ? '' : ` sport = :${port}`}`],
    };
  },
);

export const missingEnvironment = ofContainers(
  'missing-variable',
  'a container lacks a variable of its environment',
  'A container ends at its start because a variable of its environment is not set',
  (row, log) => {
    const name = variableIn(log);
    if (name === undefined || (!isDown(row) && Number(row.restarts) < 2)) return undefined;
    return {
      summary: `${row.container} ends at its start: ${name} is not set`,
      explanation: `Its last words name the variable ${name} as missing. Set it where the container is declared (compose file, unit) and create it anew; a restart keeps the environment that it was created with. The ledger shows whether it was taken away.`,
      confidence: 0.85,
    };
  },
);

export const crashLoop = ofContainers(
  'crash-loop',
  'a container ends again and again',
  'A container ends again and again, or does not run at all',
  (row, log, target) => {
    if (row.oomKilled === true || addressInUse.test(`${log}\n${row.error}`) || variableIn(log) !== undefined)
      return undefined;
    const restarts = Number(row.restarts);
    if (restarts < crashLoopFrom && !(isDown(row) && row.mustRun === true)) return undefined;
    const isLoop = restarts >= crashLoopFrom;
    const lastWords = log.trim().split('\n').at(-1)?.slice(0, 200) ?? '';
    return {
      summary: isLoop
        ? `${row.container} was started ${often(restarts)} and does not stay up (exit code ${row.exitCode})`
        : `${row.container} does not run (${row.status}, exit code ${row.exitCode})`,
      explanation: `${meaningOf(Number(row.exitCode))}${lastWords === '' ? ' It said nothing.' : ` Its last words: ${lastWords}`}${isLoop ? ' Another restart will not help: what was changed before it began?' : ''}`,
      // Killed from outside: whoever did it knows more than its exit code.
      confidence: row.exitCode === 137 ? 0.5 : isLoop ? 0.8 : 0.7,
      recommendations: isLoop ? [] : [start(row, target, 'it does not run')],
    };
  },
);

export const unhealthy = ofContainers(
  'unhealthy',
  'a container says that it is ill',
  'A container runs and its own health check fails, or it is paused',
  (row, _, target) => {
    if (row.status === 'paused')
      return {
        summary: `${row.container} is paused: it lives and does nothing`,
        explanation: 'Somebody paused it; its ports stay open and clients wait.',
        confidence: 0.97,
        recommendations: [
          {
            action: 'container.resume',
            target,
            input: { container: String(row.container) },
            why: 'resuming loses nothing',
          },
        ],
      };
    if (row.health !== 'unhealthy') return undefined;
    return {
      summary: `${row.container} runs, and its own health check fails`,
      explanation:
        'The process lives and does not do its work: look at what it depends on before restarting it.',
      confidence: 0.8,
      decides: [`docker inspect --format '{{json .State.Health}}' ${row.container}`],
      recommendations: [
        {
          action: 'container.restart',
          target,
          input: { container: String(row.container) },
          why: 'its health check fails',
        },
      ],
    };
  },
);

function saidBy({ kernelSaid }: Row): string {
  return kernelSaid === undefined || kernelSaid === ''
    ? 'The engine says OOMKilled'
    : `The kernel says that it ended ${kernelSaid} there for want of memory`;
}

function meaningOf(code: number): string {
  if (code === 137)
    return 'It was killed (SIGKILL): by a person, by the engine after a stop that took too long, or by the kernel.';
  if (code === 143) return 'It was asked to end (SIGTERM).';
  if (code === 139) return 'It crashed in its own memory (SIGSEGV).';
  if (code === 127 || code === 126) return 'Its program is not there or cannot be run.';
  return code === 0 ? 'It ended by itself, without an error.' : `It ended with exit code ${code}.`;
}

function start(row: Row, target: string, why: string): Recommendation {
  return { action: 'container.start', target, input: { container: String(row.container) }, why };
}

function mebibytes(bytes: number): string {
  return `${Number((bytes / 1024 ** 2).toFixed(1))} MiB`;
}
