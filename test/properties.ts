/** `npm run properties -- [rounds]`: every file with properties, each round with cases that no run has tried before. */
import { installNeeded } from './packages.ts';
import { findSuites } from './suites.ts';

process.env.UPKEEP_PROPERTIES = 'fresh';
const { holdsProperties, runSuites } = await import('./run-files.ts');
const say = (line: string) => process.stdout.write(`${line}\n`);
const rounds = Number(process.argv[2] ?? 1);
if (!Number.isInteger(rounds) || rounds < 1) {
  console.error('npm run properties -- [rounds]: rounds is a whole number from 1');
  process.exit(2);
}
installNeeded(say);
const total = { passed: 0, failed: 0, skipped: 0 };
for (let round = 0; round < rounds && total.failed === 0; round++) {
  const runs = findSuites().map((suite) => ({
    suite: { ...suite, files: suite.files.filter(holdsProperties) },
    progress: {
      ended: () => {},
      failed: (where: string, name: string, detail: string) => say(`✖ ${where} ${name}\n${detail}`),
      skipped: (where: string, name: string, reason: string) => say(`- skipped ${where} ${name}: ${reason}`),
    },
    ended(tally: typeof total) {
      for (const key of ['passed', 'failed', 'skipped'] as const) total[key] += tally[key];
    },
  }));
  await runSuites(runs, 2, new AbortController().signal);
}
say(`${total.passed} passed, ${total.failed} failed, ${total.skipped} skipped`);
process.exitCode = total.failed > 0 ? 1 : 0;
