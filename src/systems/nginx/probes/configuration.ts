import type { Missing, Outcome } from '../../../core/sample.ts';
import type { Probe } from '../../../core/system.ts';
import { codeOf, type NginxConnection } from '../client.ts';
import { type TestResult, testConfiguration } from '../command.ts';
import { type Configuration, documentOf, readConfiguration } from '../configuration.ts';
import { digestOf, keepCopy } from '../good-copies.ts';

export const configuration: Probe<NginxConnection> = {
  id: 'nginx.configuration',
  summary: 'Tests the configuration (nginx -t), keeps what passes, and tells the ledger what changed',
  atMostEveryMs: 15_000,
  metrics: {
    'nginx.configuration.valid': {
      summary: '1 when nginx -t passes, 0 when it names an error; unknown where the test may not see enough',
      unit: 'state',
      kind: 'gauge',
    },
  },
  async run(conn, ctx): Promise<Outcome> {
    const { file } = conn;
    if (file === undefined)
      return unknown('its configuration file is not declared', 'config: /etc/nginx/nginx.conf');
    let read: Configuration;
    try {
      read = await readConfiguration(file);
    } catch (error) {
      return unknown(`${file} cannot be read (${codeOf(error)})`, `setfacl -R -m u:upkeep:rX ${file}`);
    }
    conn.configuration = read;
    const test = await testConfiguration(conn.config.command, file, ctx.signal).catch(
      (error: unknown): TestResult => ({ kind: 'unknown', why: `nginx -t did not end: ${String(error)}` }),
    );
    const missing =
      test.kind === 'unknown' ? [untested(test.why, file)] : await keep(conn, read, test, ctx.clock.now());
    return {
      ok: true,
      detail: detailOf(test),
      readings:
        test.kind === 'unknown'
          ? []
          : [{ metric: 'nginx.configuration.valid', value: test.kind === 'valid' ? 1 : 0 }],
      snapshots: [{ document: 'nginx.configuration', kind: 'configuration', values: documentOf(read) }],
      missing,
    };
  },
};

async function keep(
  conn: NginxConnection,
  read: Configuration,
  test: TestResult,
  now: number,
): Promise<Missing[]> {
  if (test.kind !== 'valid' || conn.file === undefined) return [];
  // What was written between reading and testing was not tested.
  const again = await readConfiguration(conn.file).catch(() => undefined);
  if (again === undefined || digestOf(again.files) !== digestOf(read.files)) return [];
  try {
    await keepCopy(conn.keep, read.files, now);
    return [];
  } catch (error) {
    const reason = `no copy of what passed can be kept in ${conn.keep} (${codeOf(error)}), so nothing could be put back`;
    return [{ metrics: ['*'], reason, remedy: 'keep: a folder that Upkeep may write to' }];
  }
}

export function detailOf(test: TestResult): string {
  if (test.kind === 'valid') return test.warnings[0] ?? 'nginx -t passes';
  if (test.kind === 'unknown') return test.why;
  const { message, file, line } = test.error;
  return `${message}${file === null ? '' : ` in ${file}:${line}`}`;
}

function untested(why: string, file: string): Missing {
  return {
    metrics: ['nginx.configuration.valid'],
    reason: `the configuration cannot be tested: ${why}`,
    remedy: `command: [sudo, -n, /usr/sbin/nginx], with "upkeep ALL=(root) NOPASSWD: /usr/sbin/nginx -t -c ${file}" in sudoers`,
  };
}

function unknown(reason: string, remedy: string): Outcome {
  return { ok: true, readings: [], missing: [{ metrics: ['*'], reason, remedy }] };
}
