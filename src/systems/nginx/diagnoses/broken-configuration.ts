import { changesOf } from '../../../core/change-evidence.ts';
import type { Evidence, Finding } from '../../../core/evidence.ts';
import { find, numberOf, rowsOf, textOf, unseenOf } from '../../../core/evidence-rows.ts';
import { redact } from '../../../core/redact.ts';
import type { Diagnosis, DiagnosisContext } from '../../../core/system.ts';
import type { NginxConnection } from '../client.ts';
import { testCommand, testConfiguration } from '../command.ts';
import { readConfiguration } from '../configuration.ts';
import { digestOf, goodCopies } from '../good-copies.ts';
import { changedFiles } from '../text-difference.ts';
import { findNginx } from '../workers.ts';
import { look, type Part } from './evidence.ts';

export const brokenConfiguration: Diagnosis<NginxConnection> = {
  id: 'nginx.broken-configuration',
  title: 'the configuration of nginx is broken',
  summary: 'The configuration does not pass nginx -t: the line, and what was changed since it passed',
  explains: ['nginx.configuration', 'nginx.down', 'nginx.log-emergency'],
  async gather(conn, target, ctx) {
    const { file } = conn;
    if (file === undefined) return [];
    const about = {
      id: 'test',
      title: 'Test of the configuration',
      how: testCommand(conn.config.command, file).join(' '),
    };
    const test = await look(target, ctx, about, async (): Promise<Part> => {
      const result = await testConfiguration(conn.config.command, file, ctx.signal);
      if (result.kind === 'unknown') return { facts: { result: 'unknown' }, unseen: result.why };
      if (result.kind === 'valid') return { facts: { result: 'valid' } };
      const { message, file: where, line } = result.error;
      return { facts: { result: 'broken', message, file: where, line } };
    });
    if (test.facts?.result !== 'broken') return [test];
    return [
      test,
      await sinceGood(conn, file, target, ctx),
      await running(conn, target, ctx),
      ...changesOf(target, ctx),
    ];
  },
  conclude,
};

function sinceGood(
  conn: NginxConnection,
  file: string,
  target: string,
  ctx: DiagnosisContext,
): Promise<Evidence> {
  const about = {
    id: 'since-good',
    title: 'What differs from the last that passed',
    how: `ls -t ${conn.keep}`,
  };
  return look(target, ctx, about, async (): Promise<Part> => {
    const { files } = await readConfiguration(file);
    const good = (await goodCopies(conn.keep)).at(-1);
    if (good === undefined)
      return { facts: { isKnown: false }, unseen: 'no configuration that passed was kept yet' };
    const lines = changedFiles(good.files, Object.fromEntries(files));
    return {
      facts: {
        isKnown: true,
        goodAt: good.at,
        goodDigest: good.digest,
        isSame: good.digest === digestOf(files),
      },
      text: redact(lines.join('\n')),
    };
  });
}

function running(conn: NginxConnection, target: string, ctx: DiagnosisContext): Promise<Evidence> {
  const about = { id: 'master', title: 'Whether it runs', how: 'ps -C nginx -o pid,lstart,cmd' };
  return look(target, ctx, about, async () => {
    const nginx = await findNginx(conn);
    return {
      facts: {
        isRunning: nginx !== undefined,
        pid: nginx?.master.pid ?? null,
        startedAt: nginx?.master.startedAt ?? null,
      },
    };
  });
}

function conclude(evidence: readonly Evidence[], target: string): Finding[] {
  const test = find(evidence, target, 'test');
  if (test?.facts?.result !== 'broken') return [];
  const since = find(evidence, target, 'since-good');
  const isRunning = find(evidence, target, 'master')?.facts?.isRunning === true;
  const { message, file, line } = test.facts;
  const where = file === null ? '' : ` in ${file}:${line}`;
  const goodAt = numberOf(since?.facts?.goodAt);
  const isChanged = since?.facts?.isKnown === true && since.facts.isSame === false;
  const change = rowsOf(find(evidence, target, 'changes')).find(
    (row) => row.source === 'nginx.configuration' && numberOf(row.at) >= goodAt,
  );
  return [
    {
      id: 'nginx.broken-configuration',
      target,
      summary: `${isRunning ? 'the configuration is broken and nginx runs on with what it loaded before' : 'nginx does not run, and its configuration is broken'}: ${textOf(message)}${where}`,
      explanation: [
        isRunning
          ? 'The next reload is refused, and after a stop or a reboot nothing comes up.'
          : 'It cannot be started like this: it ends at once with this error.',
        isChanged
          ? `What was changed since it passed last:\n${textOf(since?.text).split('\n').slice(0, 12).join('\n')}`
          : since?.facts?.isSame === true
            ? 'Its files are those that passed last, so what they refer to has changed: a name that does not resolve, a certificate that is gone, a port or folder.'
            : 'No configuration that passed is kept, so what was changed is not known.',
        ...(change === undefined ? [] : [`In the ledger: ${textOf(change.summary)}.`]),
      ].join(' '),
      confidence: isRunning ? 0.97 : 0.99,
      ...(isRunning ? { isNotLoaded: true } : { isByItself: true }),
      ...(change === undefined ? {} : { change: textOf(change.id), onset: numberOf(change.at) }),
      evidence: evidence.filter((piece) => piece.target === target).map((piece) => piece.id),
      unseen: unseenOf(evidence),
      recommendations: isChanged
        ? [
            {
              action: 'nginx.restore-last-good',
              target,
              input: {},
              why: 'what passed last is written back and tested; what stands there now is kept',
            },
          ]
        : [],
    },
  ];
}
