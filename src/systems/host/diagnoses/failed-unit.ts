/** Why a unit of systemd failed or does not stay up: its result, its exit status and its last words. */
import { often } from '../../../core/count.ts';
import type { Evidence, Finding, Scalar } from '../../../core/evidence.ts';
import { printable, redact } from '../../../core/redact.ts';
import type { Diagnosis } from '../../../core/system.ts';
import { lastWordsOf, readUnits, type Unit } from '../../../machine/systemd-units.ts';
import type { HostConnection } from '../connection.ts';

const id = 'host.failed-unit';
const mostUnits = 5;
const longestWords = 2_000;

export const failedUnit: Diagnosis<HostConnection> = {
  id,
  title: 'a unit of systemd failed',
  summary: 'Which unit of systemd failed, how it ended and what it said last',
  explains: ['host.unit-failed', 'host.unit-restarts'],
  async gather(_, target, ctx) {
    const at = ctx.clock.now();
    const piece = {
      id: `${target}.units`,
      target,
      title: 'Units that failed or were started again',
      at,
      how: 'systemctl --failed; systemctl show -p Result,NRestarts,ExecMainStatus UNIT',
    };
    const reading = await readUnits(ctx.signal);
    if (reading.kind === 'none') return [{ ...piece, unseen: 'this machine was not started by systemd' }];
    if (reading.kind === 'unreadable') return [{ ...piece, unseen: reading.why }];
    const troubled = troubledOf(reading.units);
    const words = await Promise.all(
      troubled.map(async ({ name }): Promise<Evidence> => {
        const said = await lastWordsOf(name, ctx.signal);
        const shown = {
          ...piece,
          id: `${target}.words ${name}`,
          title: `What ${name} said last`,
          how: `journalctl -u ${name} -n 15`,
        };
        if (said === undefined)
          return { ...shown, unseen: `what ${name} said: put Upkeep's user into the group systemd-journal` };
        return { ...shown, text: printable(redact(said)).slice(-longestWords) };
      }),
    );
    return [
      {
        ...piece,
        table: {
          columns: ['unit', 'state', 'result', 'restarts', 'runs once', 'status'],
          rows: troubled.map((unit) => [
            unit.name,
            unit.state,
            unit.result,
            unit.restarts,
            unit.isOneshot,
            unit.status ?? null,
          ]),
        },
      },
      ...words,
    ];
  },
  conclude(evidence, target) {
    const rows = evidence.find((each) => each.id === `${target}.units`)?.table?.rows ?? [];
    return rows.map((row) =>
      told(
        row,
        evidence.find((each) => each.id === `${target}.words ${row[0]}`),
        target,
      ),
    );
  },
};

/** Failed ones first, then those that were started again most often. */
function troubledOf(units: readonly Unit[]): Unit[] {
  const failed = units.filter(({ state }) => state === 'failed');
  const restless = units.filter(({ state, restarts }) => state !== 'failed' && restarts > 2);
  return [...failed, ...restless.sort((a, b) => b.restarts - a.restarts)].slice(0, mostUnits);
}

/** systemd.exec(5), "Process Exit Codes". */
const exitCodes: Readonly<Record<number, string>> = {
  126: 'its program may not be executed',
  127: 'its program or a command in it was not found',
  200: 'its working directory cannot be entered (CHDIR)',
  203: 'its program cannot be executed: a wrong path or no right to (EXEC)',
  209: 'its output cannot be opened (STDOUT)',
  216: 'its group does not exist (GROUP)',
  217: 'its user does not exist (USER)',
  226: 'its name spaces cannot be set up: a path of its sandbox is missing (NAMESPACE)',
  238: 'its state directory cannot be made (STATE_DIRECTORY)',
};

const results: Readonly<Record<string, string>> = {
  'exit-code': 'its main process ended with an error',
  signal: 'its main process was ended by a signal',
  'core-dump': 'its main process crashed',
  'oom-kill': 'the kernel killed it for want of memory',
  timeout: 'it did not start or stop in time',
  watchdog: 'it did not give the sign of life it promised',
  'start-limit-hit': 'it ended so often that systemd no longer starts it',
  resources: 'systemd could not get what it needs to start it',
  protocol: 'it did not say that it is ready, as it promised',
};

function told(row: readonly Scalar[], words: Evidence | undefined, target: string): Finding {
  const [unit, state, result, restarts, isOneshot, status] = row;
  const why = (result === 'exit-code' ? exitCodes[Number(status)] : undefined) ?? results[String(result)];
  const ended = result === 'exit-code' && typeof status === 'number' ? ` (exit status ${status})` : '';
  const isFailed = state === 'failed';
  const lastLine = words?.text?.trim().split('\n').at(-1)?.slice(0, 200);
  return {
    id,
    target,
    summary: isFailed
      ? `${unit} failed: ${why ?? result}${ended}`
      : `${unit} was started again ${often(Number(restarts))}${why && result !== 'success' ? `: ${why}${ended}` : ''}`,
    explanation: `${isOneshot === true ? 'It is a job that runs once: its last run failed, and nobody runs it again until its timer or somebody does.' : isFailed ? 'systemd does not start it any more.' : 'systemd starts it each time it ends.'}${lastLine ? ` The last it said: ${lastLine}` : ''}`,
    confidence: why === undefined ? 0.7 : 0.9,
    evidence: [`${target}.units`, ...(words?.text === undefined ? [] : [words.id])],
    unseen: words?.unseen === undefined ? [] : [words.unseen],
    decides: [`systemctl status ${unit}; journalctl -u ${unit} -n 100`],
    recommendations: [],
  };
}
