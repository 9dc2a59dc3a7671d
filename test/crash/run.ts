/**
 * `npm run crash`: Upkeep is killed at random moments while it watches real servers with real faults, and nothing may
 * be lost, told twice or applied twice. `-- --rounds 200 --seed 7 --store postgres`
 */
import { parseArgs } from 'node:util';
import { startPostgres } from '../servers/postgres.ts';
import { playRounds } from './rounds.ts';

const { values } = parseArgs({
  options: {
    rounds: { type: 'string', default: '50' },
    seed: { type: 'string', default: String(Date.now() % 1_000_000) },
    store: { type: 'string', default: 'sqlite' },
  },
});
const [rounds, seed] = [Number(values.rounds), Number(values.seed)];
if (!Number.isInteger(rounds) || rounds < 1 || !Number.isInteger(seed)) {
  throw new Error('--rounds and --seed take whole numbers');
}
const say = (line: string) => void process.stdout.write(`${line}\n`);
const server = values.store === 'postgres' ? await startPostgres() : null;
say(`${rounds} rounds on ${server ? 'PostgreSQL' : 'SQLite'}, seed ${seed}`);
try {
  const store = await server?.createDatabase('upkeep');
  const result = await playRounds({ rounds, seed, say, ...(store === undefined ? {} : { store }) });
  const { kills, incidents, deliveries, actions } = result;
  say(
    `${rounds} rounds passed: ${kills} kills, ${incidents} incidents, ${deliveries} deliveries, ${actions} actions; nothing lost, told twice or applied twice`,
  );
} catch (error) {
  say(error instanceof Error ? error.message : String(error));
  process.exitCode = 1;
} finally {
  await server?.stop();
}
