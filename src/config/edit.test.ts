import assert from 'node:assert/strict';
import { globSync, readFileSync } from 'node:fs';
import { test } from 'node:test';
import { parse } from 'yaml';
import { editConfiguration } from './edit.ts';

const text = `# The shop.
name: shop        # aligned on purpose

targets: { web: { system: http, url: "http://127.0.0.1:1" } }   # one

# Who is called.
oncall:
  policies:
    # First the team.
    standard:
      steps:
        - { notify: team }            # by chat
        - { notify: lead, after: 15m } # by phone
  escalation: { critical: standard }

# What may be done.
guard: {}
`;

test('only what was edited differs; comments and everything outside the section stay', () => {
  const steps = [{ notify: 'team' }, { notify: ['lead', 'ann'], after: '10m' }];
  const edited = editConfiguration(text, [{ path: ['oncall', 'policies', 'standard'], value: { steps } }]);
  assert.deepEqual(parse(edited).oncall.policies.standard.steps, steps);
  for (const comment of [
    '# First the team.',
    '# by chat',
    '# by phone',
    '# What may be done.',
    '# Who is called.',
  ])
    assert.equal(edited.split(comment).length, 2, comment);
  const [before = '', after = ''] = [text.split('oncall:')[0], edited.split('oncall:')[0]];
  assert.equal(after, before);
  assert.ok(edited.endsWith('\n\n# What may be done.\nguard: {}\n'));
});

const written = `oncall:
  rotations: { primary: { people: [ann], every: weekly } }
  people:   { ann: {name: Ann} }   # one
  escalation: { critical: standard, high: standard, medium: [{notify: ann}] } # kept
  policies:
    standard:   { steps: [{ notify: ann }] } # first

    night:
      steps: [{notify: ann}]
    # the last words

guard: { ask: ["*"] }
`;
const edits = {
  'another policy of a level': {
    changes: [{ path: ['oncall', 'escalation', 'high'], value: 'night' }],
    from: 'high: standard',
    to: 'high: night',
  },
  'own steps that become a policy': {
    changes: [{ path: ['oncall', 'escalation', 'medium'], value: 'night' }],
    from: 'medium: [{notify: ann}]',
    to: 'medium: night',
  },
  'a level that had none': {
    changes: [{ path: ['oncall', 'escalation', 'low'], value: 'night' }],
    from: '[{notify: ann}] }',
    to: '[{notify: ann}], low: night }',
  },
  'a policy more': {
    changes: [{ path: ['oncall', 'policies', 'more'], value: { steps: [{ notify: ['ann', 'bob'] }] } }],
    from: '      steps: [{notify: ann}]\n',
    to: '      steps: [{notify: ann}]\n    more:\n      steps:\n        - notify:\n            - ann\n            - bob\n',
  },
  'a policy less': {
    changes: [{ path: ['oncall', 'policies', 'standard'], value: null }],
    from: '    standard:   { steps: [{ notify: ann }] } # first\n',
    to: '',
  },
  'a section more': {
    changes: [{ path: ['oncall', 'services', 'api'], value: { high: 'night' } }],
    from: '      steps: [{notify: ann}]\n',
    to: '      steps: [{notify: ann}]\n  services:\n    api:\n      high: night\n',
  },
} as const;
for (const [name, { changes, from, to }] of Object.entries(edits)) {
  test(`each byte outside the changed place stays: ${name}`, () => {
    const at = from.startsWith('      steps') ? written.lastIndexOf(from) : written.indexOf(from);
    assert.equal(
      editConfiguration(written, changes),
      written.slice(0, at) + to + written.slice(at + from.length),
    );
  });
}

test('a key that goes takes only itself, and a section that was not there comes at the end', () => {
  const edited = editConfiguration(text, [
    { path: ['oncall', 'escalation', 'low'], value: 'standard' },
    { path: ['reports', 'daily'], value: '06:00' },
  ]);
  assert.deepEqual(parse(edited).oncall.escalation, { critical: 'standard', low: 'standard' });
  assert.deepEqual(parse(edited).reports, { daily: '06:00' });
  const gone = editConfiguration(edited, [{ path: ['oncall', 'policies', 'standard'], value: null }]);
  assert.deepEqual(parse(gone).oncall.policies, {});
  assert.ok(gone.includes('# What may be done.'));
});

test('below a key that stands empty what is wanted is made, and comments beside it stay', () => {
  const path = ['oncall', 'services', 'shop', 'high'];
  for (const empty of [
    'oncall:\nname: x\n',
    'oncall: # later\nname: x\n',
    'oncall: ~\nname: x\n',
    'oncall: {}\nname: x\n',
    'oncall:\n  # who\n  services: # later\nname: x\n',
    'oncall:\n  services:\n    shop:\nname: x\n',
    'oncall: { services: }\nname: x\n',
  ]) {
    const edited = editConfiguration(empty, [{ path, value: 'night' }]);
    assert.deepEqual(parse(edited), { oncall: { services: { shop: { high: 'night' } } }, name: 'x' }, edited);
    for (const [comment] of empty.matchAll(/# \w+/g)) assert.ok(edited.includes(comment), edited);
    assert.equal(editConfiguration(empty, [{ path, value: null }]), empty, 'nothing is there to be removed');
  }
});

test('below a plain value or a list nothing is put: the place and the remedy are named', () => {
  const path = ['oncall', 'services', 'shop', 'high'];
  const putInto = (before: string) => () => editConfiguration(before, [{ path, value: 'night' }]);
  assert.throws(putInto('name: x\noncall:\n  services: hello\n'), {
    code: 'bad-input',
    message:
      '3:13 oncall.services: is a plain value, so oncall.services.shop has no place below it; write keys below it, or nothing',
  });
  assert.throws(putInto('oncall:\n  services: { shop: [a] }\n'), {
    code: 'bad-input',
    message:
      '2:21 oncall.services.shop: is a list, so oncall.services.shop.high has no place below it; write keys below it, or nothing',
  });
  assert.throws(
    putInto('x: &it { shop: 1 }\noncall:\n  services: *it\n'),
    /3:13 oncall.services: is an alias/,
  );
});

test('what is no YAML is left alone', () => {
  const broken = 'oncall: [1\nname: }';
  assert.equal(editConfiguration(broken, [{ path: ['oncall', 'x'], value: 1 }]), broken);
});

test('every example keeps its meaning and its comments', () => {
  for (const file of globSync('examples/*.yaml')) {
    const original = readFileSync(file, 'utf8');
    const edited = editConfiguration(original, [
      { path: ['oncall', 'policies', 'added'], value: { steps: [{ notify: 'team' }] } },
    ]);
    const { oncall, ...rest } = parse(edited);
    const { oncall: was, ...others } = parse(original);
    assert.deepEqual(rest, others, file);
    assert.deepEqual(
      oncall,
      { ...was, policies: { ...was?.policies, added: { steps: [{ notify: 'team' }] } } },
      file,
    );
    const comments = (of: string) => (of.match(/(?<=^|\s)#.*$/gm) ?? []).map((one) => one.trim()).sort();
    assert.deepEqual(comments(edited), comments(original), file);
  }
});
