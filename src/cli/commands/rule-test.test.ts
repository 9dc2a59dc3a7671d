import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { systemClock } from '../../clock.ts';
import { systems } from '../../systems/index.ts';
import { commands } from '../program.ts';
import { processTerminal } from '../terminal.ts';

const cwd = mkdtempSync(join(tmpdir(), 'upkeep-rule-test-'));
// Paths of the configuration are shown, and read, as seen from where the command runs.
const before = process.cwd();
process.chdir(cwd);
after(() => {
  process.chdir(before);
  rmSync(cwd, { recursive: true });
});
writeFileSync(
  join(cwd, 'upkeep.yaml'),
  'targets: { box: { system: host, rules: { host.cpu: { warning: 70%, for: 0s } } } }\n',
);

async function run(text: string) {
  writeFileSync(join(cwd, 'rules.test.yaml'), text);
  const lines: string[] = [];
  let code = 0;
  const terminal = { ...processTerminal({}), out: (line: string) => void lines.push(line) };
  const world = { clock: systemClock, systems, notifiers: [], env: {}, cwd };
  const program = commands({ world, terminal, exit: (next) => (code = next) });
  await program.parseAsync(['rule', 'test', 'rules.test.yaml'], { from: 'user' });
  return { code, text: lines.join('\n') };
}

const good = `cases:
  - name: as the target has it
    rule: host.cpu
    series: { host.cpu.used: 0.75x5 }
    expect: [{ at: 1m, alerts: [{ level: warning }] }]
  - name: with another setting
    rule: host.cpu
    set: { warning: 80%, for: 2m }
    series: { host.cpu.used: 0.75x5 }
    expect: [{ at: 5m, alerts: [] }]
`;

test('cases play against the rules of the configuration, with changes where a case has some', async () => {
  const { code, text } = await run(good);
  assert.match(text, /✓ as the target has it\n.*✓ with another setting\n2 cases, 0 failed/);
  assert.equal(code, 0);
});

test('a difference is said and ends with 1, as do unknown rules and settings', async () => {
  const { code, text } = await run(`${good}  - name: wrong
    rule: host.cpu
    series: { host.cpu.used: 0.2x5 }
    expect: [{ at: 1m, alerts: [{ level: critical }] }]
  - { name: unknown, rule: host.cpv, series: {}, expect: [{ at: 1m, alerts: [] }] }
  - { name: unfit, rule: host.cpu, set: { warnin: 1 }, series: {}, expect: [{ at: 1m, alerts: [] }] }
`);
  assert.equal(code, 1);
  assert.match(text, /at 1 m: expected critical, got none/);
  assert.match(text, /there is no rule host\.cpv/);
  assert.match(text, /warnin: is not a key that belongs here \(did you mean warning\?\)/);
});

test('what is wrong with the file is told with its line', async () => {
  const wrong = run(
    'cases:\n  - name: one\n    rule: host.cpu\n    every: 2q\n    series: {}\n    expect: []\n',
  );
  await assert.rejects(wrong, (error: Error) => {
    assert.match(error.message, /^rules\.test\.yaml: line 4: cases\.0\.every: "2q" is no duration/m);
    assert.match(error.message, /^rules\.test\.yaml: line 6: cases\.0\.expect: must not be empty/m);
    return true;
  });
  await assert.rejects(run('cases: ['), /^Usage: rules\.test\.yaml: line \d+: /);
});
