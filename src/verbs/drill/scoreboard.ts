import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { z } from 'zod';
import { type Scoreboard, type Totals, totalsOf } from '../../core/drill/scoreboard.ts';
import { UpkeepError } from '../../core/verb.ts';
import { defineVerb } from '../context.ts';

export interface ScoreboardView extends Scoreboard {
  /** `own`: played on this machine, read beside upkeep.yaml; `release`: played by those who made this version. */
  readonly origin: 'own' | 'release';
  readonly file: string;
  readonly totals: Totals;
}

const time = z.number().nullable();
const texts = z.array(z.string());
const notPossible = z.object({ id: z.string(), title: z.string(), row: z.string(), why: z.string() });
const score = z.object({
  ...{ id: z.string(), title: z.string(), row: z.string(), isControl: z.boolean(), passed: z.boolean() },
  ...{ faults: texts, detectMs: time, localiseMs: time, mitigateMs: time, rank: time },
  ...{ top1: z.boolean().nullable(), top3: z.boolean().nullable(), held: z.boolean().nullable() },
  ...{ mitigation: z.enum(['always', 'ask', 'explain', 'nothing']), action: z.string().nullable() },
  ...{ falseActions: texts, damage: texts, said: z.string().nullable() },
  tookMs: z.number().optional(),
});
const board = z.object({
  ...{ startedAt: z.number(), endedAt: z.number(), machine: z.string(), holdMs: z.number() },
  ...{ scores: z.array(score), notPossible: z.array(notPossible) },
});

/** What `--report drills.md` writes beside it. */
const fileName = 'drills.json';

export const drillScoreboard = defineVerb({
  name: 'drill.scoreboard',
  summary:
    'Shows the newest fire drills: what was detected, named, mitigated and left alone; of this machine, else of this version',
  scope: 'read',
  changes: false,
  route: 'GET /drills',
  positional: [],
  examples: ['upkeep drill scoreboard', 'upkeep drill scoreboard --json'],
  input: z.object({}),
  async run({ ctx }): Promise<ScoreboardView> {
    const own = join(ctx.configuration().folder, fileName);
    const released = fileURLToPath(new URL(`../../../docs/${fileName}`, import.meta.url));
    for (const [file, origin] of [[own, 'own'] as const, [released, 'release'] as const]) {
      const text = await readFile(file, 'utf8').catch(() => null);
      if (text === null) continue;
      const scores = read(text, file);
      return { ...scores, origin, file, totals: totalsOf(scores) };
    }
    throw new UpkeepError(
      'not-found',
      `no drill was played yet: upkeep drill run --report ${own.replace(/json$/, 'md')}`,
    );
  },
});

/** @throws whatever JSON.parse and zod throw where it is no scoreboard */
export function readBoard(text: string): Scoreboard {
  return board.parse(JSON.parse(text));
}

function read(text: string, file: string): Scoreboard {
  try {
    return readBoard(text);
  } catch {
    throw new UpkeepError(
      'not-found',
      `${file} holds no results of drills; remove it, or write it anew: upkeep drill run --report ${file.replace(/json$/, 'md')}`,
    );
  }
}
