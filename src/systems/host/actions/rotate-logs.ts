import { createHash } from 'node:crypto';
import { readFile, stat } from 'node:fs/promises';
import { z } from 'zod';
import { defineAction } from '../../../core/action.ts';
import { demandPermit, demandSteps, demandUnchanged } from '../../../core/demand.ts';
import { amount } from '../../../core/rule-words.ts';
import { commandLine, runProgram } from '../../../machine/run-program.ts';
import type { HostConnection } from '../connection.ts';

const input = z.strictObject({ config: z.string().min(1).describe('One of the files of `logrotate`') });

export const rotateLogs = defineAction<HostConnection, typeof input>({
  id: 'host.rotate-logs',
  summary: 'Rotates the logs of a declared configuration now (logrotate -f)',
  risk: 'risky',
  input,
  privileges: 'The rights that the configuration needs, mostly root',

  async plan({ config }, { config: file }, ctx) {
    if (!config.logrotate.includes(file))
      return { refused: `${file} is not among \`logrotate\` of this target` };
    const dry = await runProgram(['logrotate', '-d', '-f', file], { signal: ctx.signal });
    const broken = dry.text.split('\n').find((line) => line.startsWith('error:'));
    if (dry.code !== 0 || broken !== undefined)
      return { refused: `logrotate -d ${file}: ${broken ?? dry.text.slice(-300)}` };
    const logs = [...dry.text.matchAll(/^considering log (.+)$/gm)].map(([, log]) => log);
    if (logs.length === 0) return { refused: `${file} names no log that is there` };
    return {
      summary: `Rotate ${logs.join(', ')} now`,
      steps: [step(file)],
      before: { digest: await digestOf(file), logs: logs.join(', '), bytes: await sizeOf(logs) },
      expect: 'the logs are small again, and what is written goes into the new files',
      undo: {
        possible: false,
        how: 'nothing needs taking back: what was written lies in the rotated files, as many as the configuration keeps',
      },
      verifyWithinMs: 10_000,
      holdMs: 5_000,
    };
  },

  async apply({ config }, plan, permit, ctx) {
    demandPermit(permit);
    const { config: file } = input.parse(plan.input);
    if (!config.logrotate.includes(file)) throw new Error(`${file} is not among \`logrotate\` any more`);
    demandSteps(plan, [step(file)]);
    demandUnchanged(plan, { digest: await digestOf(file) }, file);
    const logs = String(plan.before.logs).split(', ');
    if ((await sizeOf(logs)) < Number(plan.before.bytes) / 2)
      return 'the logs are rotated already; nothing was done';
    const { code, text } = await runProgram(['logrotate', '-f', file], { signal: ctx.signal });
    if (code !== 0) throw new Error(`logrotate ended with ${code}: ${text.slice(-500)}`);
    return `rotated ${plan.before.logs}`;
  },

  async verify(_conn, plan) {
    const bytes = await sizeOf(String(plan.before.logs).split(', '));
    const good = bytes <= Number(plan.before.bytes) / 2;
    const [now, before] = [amount(bytes, 'bytes'), amount(Number(plan.before.bytes), 'bytes')];
    return { good, detail: `the logs have ${now}, ${before} before`, after: { bytes } };
  },
});

function step(file: string): string {
  return commandLine(['logrotate', '-f', file]);
}

async function digestOf(file: string): Promise<string> {
  return createHash('sha256')
    .update(await readFile(file))
    .digest('hex')
    .slice(0, 16);
}

async function sizeOf(logs: readonly (string | undefined)[]): Promise<number> {
  const sizes = await Promise.all(
    logs.map(async (log) => (await stat(log ?? '').catch(() => undefined))?.size ?? 0),
  );
  return sizes.reduce((sum, size) => sum + size, 0);
}
