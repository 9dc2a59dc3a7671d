import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Call, calledAs, inTheirWords } from './called-as.ts';

const call = (script: string, more: Partial<Call> = {}) =>
  calledAs({ script, cwd: '/srv/shop', path: ['/usr/bin', '/usr/local/bin'], npmScript: undefined, ...more });

test('the words are those that start it from where somebody stands', () => {
  assert.equal(call('/usr/local/bin/upkeep'), 'upkeep');
  assert.equal(call('/opt/upkeep/node_modules/.bin/upkeep'), '/opt/upkeep/node_modules/.bin/upkeep');
  assert.equal(call('/srv/shop/node_modules/.bin/upkeep'), 'npx upkeep');
  assert.equal(call('/root/.npm/_npx/1/node_modules/.bin/upkeep', { npmScript: 'npx' }), 'npx upkeep');
  assert.equal(call('/srv/shop/bin/upkeep.js'), 'node bin/upkeep.js');
  assert.equal(call("/it's here/bin/upkeep.js"), `node '/it'\\''s here/bin/upkeep.js'`);
  for (const npmScript of ['start', 'upkeep', 'demo'])
    assert.equal(call('/srv/shop/bin/upkeep.js', { npmScript }), 'npm run upkeep --');
  assert.equal(call('/srv/shop/bin/upkeep.js', { npmScript: 'ops' }), 'node bin/upkeep.js');
});

const words = ['run', 'status', 'incident'];
const said = (text: string) => inTheirWords(text, 'npm run upkeep --', words);

test('commands are told in those words, and nothing else is touched', () => {
  assert.equal(
    said('Run: upkeep status, then `upkeep run`.'),
    'Run: npm run upkeep -- status, then `npm run upkeep -- run`.',
  );
  for (const text of [
    'Upkeep runs',
    '/opt/upkeep run',
    'upkeep timetable',
    'upkeep running',
    'journalctl -u upkeep',
  ])
    assert.equal(said(text), text);
  assert.equal(inTheirWords('upkeep status', 'upkeep', words), 'upkeep status');
  assert.equal(said('{ "hint": "upkeep status" }'), '{ "hint": "upkeep status" }');
});
