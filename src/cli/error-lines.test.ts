/** What goes wrong on the command line is told in one form: who says it, no full stop, exit code 2. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { systemClock } from '../clock.ts';
import { notifiers } from '../notifiers/index.ts';
import { systems } from '../systems/index.ts';
import { createProgram } from './program.ts';

for (const line of [
  'foo',
  'status --foo',
  'status extra',
  'demo fault foo',
  'demo --port abc',
  'drill run foo',
  'target show foo',
  'investigate foo',
  'incident show 01990d2c',
])
  test(`upkeep ${line}`, async (t) => {
    const folder = mkdtempSync(join(tmpdir(), 'upkeep-error-line-'));
    t.after(() => rmSync(folder, { recursive: true, force: true }));
    const watched = 'targets: { it: { system: tcp, host: 127.0.0.1, port: 1 } }\n';
    const file = join(folder, 'upkeep.yaml');
    writeFileSync(file, watched);
    const said: string[] = [];
    const terminal = { out() {}, err: (text: string) => void said.push(text), hasColour: false, width: 100 };
    const world = {
      cwd: process.cwd(),
      env: { UPKEEP_CONFIG: file },
      clock: systemClock,
      systems,
      notifiers,
    };
    const code = await createProgram(world, terminal).run(line.split(' '));
    const [first = ''] = said.join('\n').split('\n');
    assert.match(first, /^upkeep: .*[^.]$/);
    assert.equal(code, 2, first);
  });
