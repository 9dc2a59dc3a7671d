/**
 * `npm run crash:backups`: Upkeep, the programs of engines and PostgreSQL are killed while backups are taken, proven, restored,
 * copied and removed. `-- --rounds 60 --seed 7 --only take,over --plans logical,files --victim upkeep`
 */
import { parseArgs } from 'node:util';
import { deedKinds } from './deeds.ts';
import { planNames } from './estate.ts';
import { victims } from './moments.ts';
import { playBackupRounds } from './rounds.ts';

const { values } = parseArgs({
  options: {
    rounds: { type: 'string', default: '60' },
    seed: { type: 'string', default: String(Date.now() % 1_000_000) },
    only: { type: 'string' },
    plans: { type: 'string' },
    victim: { type: 'string' },
  },
});
const [rounds, seed] = [Number(values.rounds), Number(values.seed)];
if (!Number.isInteger(rounds) || rounds < 1 || !Number.isInteger(seed))
  throw new Error('--rounds and --seed take whole numbers');
const only = chosen('only', values.only, deedKinds);
const plans = chosen('plans', values.plans, planNames);
const victim = victims.find((one) => one === values.victim);
if (values.victim !== undefined && victim === undefined)
  throw new Error(`--victim takes ${victims.join(', ')}`);
const say = (line: string) => void process.stdout.write(`${line}\n`);
say(`${rounds} rounds with backups, seed ${seed}`);
try {
  const counts = await playBackupRounds({ rounds, seed, say, only, victim, plans });
  for (const [name, times] of [...counts].toSorted()) say(`  ${name}: ${times}`);
  say(`${rounds} rounds passed: nothing lost, nothing left, the next backup of each proven`);
} catch (error) {
  say(error instanceof Error ? error.message : String(error));
  process.exitCode = 1;
}

function chosen<Word extends string>(
  option: string,
  given: string | undefined,
  words: readonly Word[],
): Word[] {
  return (given ?? '')
    .split(',')
    .filter(Boolean)
    .map((word) => {
      const known = words.find((one) => one === word);
      if (known === undefined) throw new Error(`--${option} takes ${words.join(', ')}`);
      return known;
    });
}
