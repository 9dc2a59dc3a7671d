import { z } from 'zod';
import { defineAction } from '../../../core/action.ts';
import { demandPermit, demandSteps } from '../../../core/demand.ts';
import type { NginxConnection } from '../client.ts';
import { testConfiguration } from '../command.ts';
import { readConfiguration } from '../configuration.ts';
import { digestOf } from '../good-copies.ts';
import { detailOf } from '../probes/configuration.ts';
import { findNginx, type Nginx } from '../workers.ts';
import { demandValid, noFile, reload as reloadNow, reloadWords, silence, testStep } from './running.ts';

const input = z.strictObject({});

const stepsOf = (conn: NginxConnection, file: string) => [
  testStep(conn, file),
  reloadWords(conn, file).join(' '),
];

export const reload = defineAction<NginxConnection, typeof input>({
  id: 'nginx.reload',
  summary:
    'Lets nginx load its configuration anew, only after nginx -t has passed; requests under way are finished',
  risk: 'safe',
  input,
  privileges:
    'upkeep ALL=(root) NOPASSWD: /usr/sbin/nginx -t -c /etc/nginx/nginx.conf, /usr/sbin/nginx -s reload -c /etc/nginx/nginx.conf',

  async plan(conn, _input, ctx) {
    const { file } = conn;
    if (file === undefined) return { refused: noFile };
    const test = await testConfiguration(conn.config.command, file, ctx.signal);
    if (test.kind !== 'valid') return { refused: `the configuration does not pass: ${detailOf(test)}` };
    const configuration = await readConfiguration(file);
    conn.configuration = configuration;
    const nginx = await findNginx(conn);
    if (nginx === undefined) return { refused: 'no nginx runs that could be told to' };
    return {
      summary: `Let nginx (pid ${nginx.master.pid}) load ${file} anew`,
      steps: stepsOf(conn, file),
      before: {
        masterPid: nginx.master.pid,
        newestWorker: newest(nginx),
        digest: digestOf(configuration.files),
      },
      expect: 'new workers serve with the configuration as it is now, and nginx answers',
      undo: {
        possible: false,
        how: 'A reload changes no file. What was loaded before is put back by nginx.restore-last-good, or by mending the files and reloading.',
      },
      verifyWithinMs: 20_000,
      holdMs: 20_000,
    };
  },

  async apply(conn, plan, permit, ctx) {
    demandPermit(permit);
    const { file } = conn;
    if (file === undefined) throw new Error(noFile);
    demandSteps(plan, stepsOf(conn, file));
    const { files } = await readConfiguration(file);
    if (digestOf(files) !== plan.before.digest)
      throw new Error('the configuration has changed since it was planned; nothing was done');
    const nginx = await findNginx(conn);
    if (nginx === undefined || nginx.master.pid !== plan.before.masterPid)
      throw new Error('another nginx runs now, or none; nothing was done');
    if (newest(nginx) > Number(plan.before.newestWorker)) return 'it was reloaded already';
    await demandValid(conn, file, ctx.signal);
    await reloadNow(conn, file, ctx.signal);
    return `nginx (pid ${nginx.master.pid}) was told to load ${file}`;
  },

  async verify(conn, plan, ctx) {
    const nginx = await findNginx(conn);
    const after = { masterPid: nginx?.master.pid ?? null, newestWorker: nginx ? newest(nginx) : null };
    if (nginx === undefined || nginx.master.pid !== plan.before.masterPid)
      return { good: false, detail: 'the master process is another one, or gone', after };
    if (newest(nginx) <= Number(plan.before.newestWorker))
      return { good: false, detail: 'no new worker has started yet', after };
    if (
      nginx.workers.some(
        (worker) => worker.startTicks <= Number(plan.before.newestWorker) && !worker.isLeaving,
      )
    )
      return { good: false, detail: 'workers from before still take connections', after };
    const silent = await silence(conn, ctx.signal);
    return { good: silent === undefined, detail: silent ?? 'new workers serve, and it answers', after };
  },
});

/** Ticks from boot to the start of the youngest worker. */
function newest({ workers }: Nginx): number {
  return Math.max(0, ...workers.map(({ startTicks }) => startTicks));
}
