import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parse } from 'yaml';
import { systems } from '../systems/index.ts';
import { drills } from './catalogue/index.ts';
import { labConfiguration } from './configuration.ts';
import { hurried, lately, thoroughEveryMs } from './hurry.ts';
import { whyNot } from './run.ts';
import { damageBetween } from './state.ts';

const named = (id: string) => {
  const found = drills.find((drill) => drill.id === id);
  assert.ok(found);
  return found;
};

test('a drill whose diagnosis or action this Upkeep has not is not possible, and says which', () => {
  const open = named('postgres.open-transaction');
  assert.equal(whyNot(open, systems), null);
  assert.match(whyNot(open, []) ?? '', /no diagnosis postgres\.blocked-by-lock/);
  const without = systems.map((system) => ({ ...system, actions: [] }));
  assert.match(whyNot(open, without) ?? '', /no action postgres\.terminate-backend/);
});

test('in a lab no probe waits for minutes, and what is looked at each second stays so', () => {
  const probes = hurried(systems).flatMap((system) => system.probes);
  assert.ok(probes.every(({ atMostEveryMs = 0 }) => atMostEveryMs <= thoroughEveryMs));
  const often = systems.flatMap((system) => system.probes).filter((probe) => !probe.atMostEveryMs);
  assert.equal(probes.filter((probe) => !probe.atMostEveryMs).length, often.length);
});

test('in a lab the pressure of five minutes is that of ten seconds, of the same resource', () => {
  const some = (metric: string, resource: string, value: number) => ({ metric, value, labels: { resource } });
  const outcome = lately({
    ok: true,
    readings: [
      some('host.pressure.some', 'io', 0.1),
      some('host.pressure.some-10s', 'cpu', 0.9),
      some('host.pressure.some-10s', 'io', 0.4),
      some('host.pressure.full', 'io', 0),
    ],
  });
  assert.ok(outcome.ok);
  assert.deepEqual(
    outcome.readings.map(({ value }) => value),
    [0.4, 0.9, 0.4, 0],
  );
});

test('each action of the registry is in one line of the lab policy: done at once, or asked for', () => {
  const text = labConfiguration('targets: {}\nrules: {}\n', { targets: {} }, systems);
  const { guard } = parse(text) as { guard: { always: string[]; ask: string[] } };
  const lines = [...guard.always, ...guard.ask].toSorted();
  const all = systems.flatMap((system) => system.actions.map((action) => `${action.id} on *`)).toSorted();
  assert.deepEqual(lines, all);
  assert.ok(guard.always.includes('process.restart on *'));
  assert.ok(guard.ask.includes('postgres.drop-replication-slot on *'));
});

test('what a drill must change is no damage; everything else that differs is', () => {
  const before = { 'process api': '1', 'postgres rows of orders': '5000', 'file api.json': 'a' };
  const after = { 'process api': '2', 'postgres rows of orders': '0', 'file api.json': 'a' };
  const damage = damageBetween(before, after, ['process api']);
  assert.deepEqual(damage, [{ name: 'postgres rows of orders', before: '5000', after: '0' }]);
});

test('what Upkeep must end has a symptom that tells whether it ended', () => {
  const without = drills.filter((drill) => drill.mitigation === 'always' && drill.symptom === undefined);
  assert.deepEqual(
    without.map((drill) => drill.id),
    [],
  );
});

test('troubles of the machine that drills are played on take no part in them', () => {
  const machine = { machine: { system: 'host' } };
  const text = labConfiguration(
    'targets: {}\nrules: {}\n',
    { targets: machine, onlyHostRules: /^host\.disk$/ },
    systems,
  );
  const { rules } = parse(text) as { rules: Record<string, { enabled?: boolean }> };
  const on = Object.entries(rules).filter(([id, rule]) => id.startsWith('host.') && rule.enabled !== false);
  assert.deepEqual(
    on.map(([id]) => id),
    ['host.disk'],
  );
});

test('what no diagnosis names is told elsewhere, and a drill that looks there can be played', () => {
  const flipped = named('backup.flipped-bytes');
  assert.deepEqual(flipped.causes, [[{ diagnosis: 'backup.level-1', target: 'vault' }]]);
  assert.doesNotMatch(whyNot(flipped, systems) ?? '', /no diagnosis/);
  const { saw: _, ...blind } = flipped;
  assert.match(whyNot(blind, systems) ?? '', /no diagnosis backup\.level-1/);
});

test('each of the seven breakages of backups turns one thing red, and all else that may be told of backups is innocent', () => {
  const family = drills.filter(({ id }) => id.startsWith('backup.'));
  assert.deepEqual(
    family.map(({ causes }) => causes[0]?.[0]?.diagnosis ?? 'sound'),
    ['level-1', 'level-1', 'level-2', 'level-2', 'refused', 'level-4', 'level-2']
      .map((one) => `backup.${one}`)
      .concat('sound'),
  );
  for (const { causes, innocent = [] } of family) {
    const red = causes.flat().map(({ diagnosis }) => diagnosis);
    assert.equal(new Set([...red, ...innocent]).size, 9);
    assert.ok(red.every((one) => !innocent.includes(one)));
  }
});
