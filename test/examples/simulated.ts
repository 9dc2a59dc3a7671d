/** A configuration of examples/ on a clock that is told the time; its targets report what the test says. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { formatProblem } from '../../src/config/problem.ts';
import { readConfiguration } from '../../src/config/read.ts';
import type { Configuration, TargetSettings } from '../../src/core/configuration.ts';
import type { Message } from '../../src/core/message.ts';
import type { Outcome, Reading } from '../../src/core/sample.ts';
import { notifiers } from '../../src/notifiers/index.ts';
import type { Watched } from '../../src/pipeline/bound.ts';
import { systems } from '../../src/systems/index.ts';
import { type Loop, secondMs, startLoop } from '../simulation/loop.ts';
import { root } from '../suites.ts';

/** What the examples ask of the environment, by the beginning or the end of its name. */
export function madeUp(name: string): string {
  if (/^(DATABASE|REPLICA)_URL/.test(name)) return 'postgres://upkeep:secret@127.0.0.1:5432/shop';
  if (name.startsWith('REDIS_URL')) return 'redis://upkeep:secret@127.0.0.1:6379';
  if (name === 'TELEGRAM_TOKEN') return '123456:a-token-of-a-bot-that-does-not-exist';
  if (/_(SECRET|TOKEN|KEY|PASSWORD)$/.test(name)) return 'a-secret-of-32-characters-or-so!';
  return 'http://127.0.0.1:8787/upkeep';
}

export function readExample(path: string) {
  const text = readFileSync(join(root, path), 'utf8');
  const variables = [...text.matchAll(/\$\{(\w+)\}/g)].map(([, name = '']) => [name, madeUp(name)]);
  return readConfiguration({
    file: join(root, path),
    text,
    env: Object.fromEntries(variables),
    systems,
    notifiers,
    readFile: (file) => {
      if (file.endsWith('.env')) throw new Error('none');
      return 'a-secret-of-32-characters-or-so!';
    },
  });
}

export interface Simulated {
  readonly loop: Loop;
  readonly configuration: Configuration;
  /** From now on the target reports this beside being up. */
  reports(target: string, ...readings: Reading[]): void;
  goesDown(target: string): void;
  recovers(target: string): void;
  /** Messages that each notifier got, with the person where it is for one. */
  readonly told: readonly { readonly notifier: string; readonly message: Message; readonly at: number }[];
  /** Messages of an event since the beginning, as `notifier` or `notifier person`. */
  toldOf(event: Message['event']): string[];
  alerts(): Promise<string[]>;
}

export async function simulate(path: string): Promise<Simulated> {
  const { configuration, problems } = readExample(path);
  if (!configuration) throw new Error(problems.map(formatProblem).join('\n'));
  const states = new Map<string, Outcome>();
  const told: { notifier: string; message: Message; at: number }[] = [];
  const channel = (notifier: string) => async (message: Message) => {
    told.push({ notifier, message, at: loop.clock.now() });
    return { kind: 'delivered' as const };
  };
  const loop: Loop = await startLoop({
    targets: configuration.targets,
    configuration: { ...configuration, store: { kind: 'sqlite', folder: '' } },
    channels: Object.fromEntries(configuration.notifiers.map(({ name }) => [name, channel(name)])),
    bind: (settings) => scripted(settings, () => states.get(settings.name) ?? { ok: true, readings: [] }),
  });
  await loop.pass(30 * secondMs);
  return {
    loop,
    configuration,
    told,
    reports: (target, ...readings) => void states.set(target, { ok: true, readings }),
    goesDown: (target) =>
      void states.set(target, { ok: false, why: 'refused', detail: 'connect ECONNREFUSED' }),
    recovers: (target) => void states.set(target, { ok: true, readings: [] }),
    toldOf: (event) =>
      told
        .filter(({ message }) => message.event === event)
        .map(({ notifier, message }) => (message.to ? `${notifier} ${message.to.person}` : notifier)),
    alerts: async () =>
      (await loop.journal('alert.fired')).map(
        ({ payload }) => `${String(payload.target)} ${String(payload.rule)} ${String(payload.level)}`,
      ),
  };
}

/** The system's own metrics and the configured rules, with one check that says what the test wants. */
function scripted(settings: TargetSettings, outcome: () => Outcome): Watched {
  const system = systems.find(({ kind }) => kind === settings.system);
  if (!system) throw new Error(`no system is called ${settings.system}`);
  const metrics = Object.assign({}, ...system.probes.map((probe) => probe.metrics));
  const [first] = system.probes;
  if (!first) throw new Error(`${settings.system} has no probe`);
  const { atMostEveryMs: _, isPushed: __, ...rest } = first;
  const probe = { ...rest, liveness: true as const, metrics };
  return {
    settings,
    metrics,
    bound: {
      kind: settings.system,
      address: settings.name,
      checks: [{ probe, run: async () => outcome() }],
      diagnoses: [],
      actions: [],
      close: async () => {},
    },
  };
}
