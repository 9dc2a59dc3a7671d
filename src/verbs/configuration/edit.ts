import { z } from 'zod';
import { lineDiff } from '../../core/configuration-file.ts';
import { UpkeepError } from '../../core/verb.ts';
import * as journal from '../../store/journal.ts';
import { defineVerb, type VerbContext } from '../context.ts';

/** What may be edited from here. Guard, access and addresses are for whoever has the file. */
const editable = ['policies', 'escalation', 'services', 'clocks'];

const change = z.object({
  path: z.array(z.string().min(1).max(100)).min(3).max(8),
  // Judged by the reader of upkeep.yaml, with its place in the file.
  value: z.unknown(),
});

export const configurationEdit = defineVerb({
  name: 'configuration.edit',
  summary: 'Edits the escalation in upkeep.yaml: shows what would differ, and writes it on a second call',
  scope: 'admin',
  changes: true,
  route: 'POST /configuration/edit',
  positional: [],
  examples: [
    `upkeep configuration edit --changes '[{"path":["oncall","escalation","low"],"value":"standard"}]' --json`,
  ],
  input: z.object({
    changes: z
      .preprocess(asJson, z.array(change).min(1).max(100))
      .describe(
        'as JSON: path below oncall.policies, escalation, services or clocks, and the value; null removes',
      ),
    write: z
      .preprocess((value) => value === 'true' || value, z.boolean().default(false))
      .describe('whether to write it; else it is only judged'),
    digest: z.string().optional().describe('of the file that the difference was shown for; needed to write'),
  }),
  async run({ ctx, input, actor }) {
    const file = fileOf(ctx);
    const stranger = input.changes.find(
      ({ path }) => path[0] !== 'oncall' || !editable.includes(path[1] ?? ''),
    );
    if (stranger)
      throw new UpkeepError(
        'bad-input',
        `${stranger.path.join('.')} is not edited from here; only ${editable.map((key) => `oncall.${key}`).join(', ')}`,
      );
    const before = file.read();
    const digest = ctx.digest(before);
    const after = file.edited(before, input.changes);
    const problems = file.problemsOf(after);
    const answer = { file: file.path, digest, diff: lineDiff(before, after), problems };
    if (!input.write) return { ...answer, isWritten: false };
    if (input.digest !== digest)
      throw new UpkeepError('conflict', `${file.path} was changed meanwhile; look at the difference again`);
    if (problems.length > 0)
      throw new UpkeepError(
        'bad-input',
        `the file would not be valid: ${problems[0]?.path} ${problems[0]?.message}`,
      );
    // Journaled first: an edit that is not told of is worse than one that is told of and failed.
    await ctx.store.transaction((tx) =>
      journal.append(tx, {
        at: ctx.clock.now(),
        actor: actor.name,
        kind: 'configuration.edited',
        subject: 'configuration',
        payload: {
          file: file.path,
          paths: input.changes.map(({ path }) => path.join('.')),
          before: digest,
          after: ctx.digest(after),
        },
      }),
    );
    writeOrSay(file, after);
    ctx.changed();
    return { ...answer, isWritten: true };
  },
});

function asJson(value: unknown): unknown {
  if (typeof value !== 'string') return value;
  try {
    return JSON.parse(value);
  } catch {
    return value;
  }
}

function fileOf(ctx: VerbContext) {
  if (ctx.configurationFile !== null) return ctx.configurationFile;
  throw new UpkeepError(
    'conflict',
    'there is no file in use to edit; start Upkeep with one (upkeep init writes it) and edit it there',
  );
}

function writeOrSay(file: NonNullable<VerbContext['configurationFile']>, text: string): void {
  try {
    file.replace(text);
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : String(error);
    throw new UpkeepError(
      'conflict',
      `${file.path} cannot be written (${code}); allow Upkeep's user to write it, or paste the YAML yourself`,
    );
  }
}
