/**
 * One run of the whole loop by a seed: targets fail, flap and fail in cascades, channels hang, lie and break, the
 * process is killed, the machine sleeps, the clock jumps, people acknowledge, silence and edit. The same seed plays the
 * same run. Answers what broke a promise; nothing where all held.
 */
import { existsSync } from 'node:fs';
import { tmpdir } from 'node:os';
import type { TargetSettings } from '../../src/core/configuration.ts';
import type { Message } from '../../src/core/message.ts';
import { type EscalationPolicy, noOnCall, type OnCall } from '../../src/core/oncall/model.ts';
import type { Outcome } from '../../src/core/sample.ts';
import { answerWithinMs } from '../../src/pipeline/call.ts';
import type { Send } from '../../src/pipeline/notify.ts';
import { outdatedBy, supersededBy } from '../../src/pipeline/settle-delivery.ts';
import * as alertRows from '../../src/store/alerts.ts';
import * as journal from '../../src/store/journal.ts';
import * as silences from '../../src/store/silences.ts';
import { type Chance, chanceFrom } from '../crash/chance.ts';
import { folderWithStore } from './empty-store.ts';
import { down, downRule, type Loop, minuteMs, secondMs, startLoop, threshold, toyTarget } from './loop.ts';

/** A target that has been down for so long, while somebody watched, has an alert. */
const noticedWithinMs = 150 * secondMs;
/** Longer than every round of a policy, every silence and every pause between two attempts. */
const afterwardsMs = 75 * minuteMs;
/** A process that is killed loses nothing that it wrote, so the disk's word is not needed here; it costs most of the time. */
const memory = existsSync('/dev/shm') ? '/dev/shm' : tmpdir();
const people = ['ann', 'bob'] as const;
const channelNames = ['post', 'phone', 'slow', 'flaky'] as const;

interface World {
  readonly chance: Chance;
  readonly targets: readonly TargetSettings[];
  readonly isDown: Map<string, Outcome>;
  /** Since when a target has been down under watch; starts anew with every gap. */
  readonly downSince: Map<string, number>;
  readonly received: Received[];
  readonly silenced: Silenced[];
  /** Counts kills: what was under way at one may be sent again. */
  life: number;
  loop: Loop;
  readonly policy: EscalationPolicy;
}

interface Silenced {
  readonly target: string;
  /** The last journal entry before it: after a clock was set back, times do not say what came first. */
  readonly after: number;
  readonly startsAt: number;
  readonly endsAt: number;
}

interface Received {
  readonly channel: string;
  readonly message: Message;
  readonly life: number;
  readonly at: number;
  /** False where the channel took it and said otherwise. */
  readonly isAcknowledged: boolean;
}

export interface RunResult {
  readonly broken: readonly string[];
  readonly incidents: number;
  readonly messages: number;
  readonly kills: number;
}

export async function seededRun(seed: number): Promise<RunResult> {
  const world = await build(chanceFrom(seed));
  const broken: string[] = [];
  try {
    const acts = 6 + world.chance.below(10);
    for (let act = 0; act < acts && broken.length === 0; act++) {
      await happen(world);
      broken.push(...(await isNoticed(world)), ...(await waitsTooLong(world)));
    }
    world.isDown.clear();
    world.downSince.clear();
    await world.loop.pass(afterwardsMs);
    if (broken.length === 0)
      broken.push(
        ...(await isOver(world)),
        ...(await isPaged(world)),
        ...(await isLeftAlone(world)),
        ...repeated(world),
      );
    const incidents = (await world.loop.incidents()).length;
    return { broken, incidents, messages: world.received.length, kills: world.life };
  } finally {
    await world.loop.end();
  }
}

async function build(chance: Chance): Promise<World> {
  const names = Array.from({ length: 2 + chance.below(6) }, (_, index) => `t${index}`);
  const load = threshold({ forMs: 20 * secondMs, clearForMs: 10 * secondMs });
  const targets = names.map((name, index) =>
    toyTarget(name, {
      everyMs: chance.pick([30, 45, 60]) * secondMs,
      dependsOn: names.slice(0, index).filter(() => chance.is(0.4)),
      rules: [downRule, load],
    }),
  );
  const policy: EscalationPolicy = {
    name: 'standard',
    steps: [
      { afterMs: 0, notify: chance.is(0.5) ? ['post', 'primary'] : ['primary', 'flaky'] },
      { afterMs: (2 + chance.below(10)) * minuteMs, notify: ['bob', 'slow'] },
    ],
    repeat: chance.is(0.5) ? { times: 1 + chance.below(2), everyMs: 20 * minuteMs } : null,
    unacknowledgeAfterMs: null,
  };
  const world: Omit<World, 'loop'> & { loop?: Loop } = {
    ...{ chance, targets, policy, life: 0 },
    ...{ isDown: new Map(), downSince: new Map(), received: [], silenced: [] },
  };
  return Object.assign(world, { loop: await begin(world as World) });
}

async function begin(world: World, left?: Awaited<ReturnType<Loop['kill']>>): Promise<Loop> {
  const { targets, policy } = world;
  return startLoop({
    folder: left?.folder ?? (await folderWithStore(memory)),
    ...left,
    targets,
    probe: async (name) =>
      world.isDown.get(name) ?? { ok: true, readings: [{ metric: 'toy.load', value: 10 }] },
    channels: Object.fromEntries(channelNames.map((name) => [name, channel(world, name)])),
    configuration: {
      notifiers: channelNames.map((name) => ({ name, kind: 'test', settings: {} })),
      escalation: { critical: [], high: [], medium: [{ notify: 'post', afterMs: 0 }], low: [] },
      oncall: oncallOf(policy),
    },
  });
}

function oncallOf(policy: EscalationPolicy): OnCall {
  return {
    ...noOnCall,
    people: people.map((id) => ({
      ...{ id, name: id, timezone: 'UTC', via: {}, calendar: null, quietHours: null },
      reach: { phone: id },
    })),
    rotations: [
      {
        name: 'primary',
        overrides: [],
        layers: [
          {
            ...{ name: 'all', people: [...people], timezone: 'Europe/London', turnMinutes: 60 },
            ...{ anchor: '2024-01-01T00:00', startsAt: 0, endsAt: null, during: [] },
          },
        ],
      },
    ],
    policies: [policy],
    policyOf: { critical: 'standard' },
    clocks: { critical: { respond: 15 * minuteMs, resolve: null } },
  };
}

/** Each channel has its own way to be bad; none refuses for ever. */
function channel(world: World, name: (typeof channelNames)[number]): Send {
  const { chance } = world;
  const life = world.life;
  return async (message, { clock }) => {
    const note = (isAcknowledged: boolean) =>
      world.received.push({ channel: name, message, life, at: clock.now(), isAcknowledged });
    if (name === 'slow') await clock.sleep(chance.below(9) * secondMs);
    if (name === 'flaky' && chance.is(0.3)) return { kind: 'retry', detail: '503' };
    if (name !== 'post' && chance.is(0.1)) throw new Error('the line broke');
    const isLost = (name === 'flaky' || name === 'phone') && chance.is(0.1);
    note(!isLost);
    return isLost ? { kind: 'retry', detail: 'no answer' } : { kind: 'delivered' };
  };
}

async function happen(world: World): Promise<void> {
  const { chance, loop } = world;
  const act = chance.pick([
    ...(['fail', 'fail', 'recover', 'recover', 'cascade', 'flap', 'pass', 'pass', 'long'] as const),
    ...(['kill', 'kill', 'sleep', 'jump', 'acknowledge', 'silence', 'hush', 'reload', 'load'] as const),
  ]);
  const name = world.targets[chance.below(world.targets.length)]?.name ?? 't0';
  if (act === 'fail') fail(world, name);
  if (act === 'recover') recover(world, name);
  if (act === 'load')
    world.isDown.set(name, { ok: true, readings: [{ metric: 'toy.load', value: 60 + chance.below(40) }] });
  if (act === 'cascade') for (const target of world.targets) if (chance.is(0.8)) fail(world, target.name);
  if (act === 'flap') {
    for (let i = 0; i < 6; i++) {
      fail(world, name);
      await loop.pass(chance.below(90) * secondMs);
      recover(world, name);
      await loop.pass(chance.below(90) * secondMs);
    }
  }
  if (act === 'acknowledge') await acknowledge(world);
  if (act === 'silence') await silence(world, name);
  if (act === 'hush') await hush(world);
  if (act === 'reload') loop.reload({});
  if (act === 'sleep') gap(world, () => loop.clock.suspend((1 + chance.below(90)) * minuteMs));
  if (act === 'jump') {
    const by = (chance.below(120) - 60) * minuteMs;
    gap(world, () => loop.clock.setWall(loop.clock.now() + by));
    // By then the clocks have been compared.
    await loop.pass(15 * secondMs);
  }
  if (act === 'kill') await kill(world);
  await world.loop.pass((act === 'long' ? 20 * minuteMs : 0) + chance.below(5 * 60) * secondMs);
}

function fail({ isDown, downSince, loop }: World, name: string): void {
  if (isDown.get(name) === down) return;
  isDown.set(name, down);
  downSince.set(name, loop.clock.monotonic());
}

function recover({ isDown, downSince }: World, name: string): void {
  isDown.delete(name);
  downSince.delete(name);
}

/** What was down before is watched anew from here on. */
function gap(world: World, change: () => void): void {
  change();
  for (const name of world.downSince.keys()) world.downSince.set(name, world.loop.clock.monotonic());
}

async function kill(world: World): Promise<void> {
  const left = await world.loop.kill();
  world.life++;
  left.clock.suspend(world.chance.below(10 * 60) * secondMs);
  world.loop = await begin(world, left);
  for (const name of world.downSince.keys()) world.downSince.set(name, world.loop.clock.monotonic());
}

async function acknowledge({ loop, chance }: World): Promise<void> {
  const open = (await loop.incidents()).filter(({ status }) => status !== 'resolved');
  const one = open[chance.below(open.length)];
  if (one) await loop.pipeline.assessor.acknowledge(one.id, 'ann');
}

async function silence({ loop, chance, silenced }: World, target: string): Promise<void> {
  const now = loop.clock.now();
  const endsAt = now + (1 + chance.below(20)) * minuteMs;
  const [before] = await journal.list(loop.store.db, { limit: 1 });
  silenced.push({ target, after: before?.seq ?? 0, startsAt: now, endsAt });
  await loop.store.transaction((tx) =>
    silences.insert(tx, {
      ...{ id: loop.desk.newId(), reason: 'known', createdBy: 'ann', createdAt: now, startsAt: now },
      matchers: [{ label: 'target', isNegated: false, pattern: target }],
      endsAt,
    }),
  );
}

/** Somebody silences all of an incident that is open. */
async function hush(world: World): Promise<void> {
  const open = (await world.loop.incidents()).filter(({ status }) => status === 'open');
  const one = open[world.chance.below(open.length)];
  for (const target of one?.targets ?? []) await silence(world, target);
}

/** No alert is lost: what has been down under watch has one, and it is in an incident or held. */
async function isNoticed({ loop, downSince, isDown }: World): Promise<string[]> {
  const open = await alertRows.open(loop.store.db);
  return [...downSince].flatMap(([name, since]) => {
    if (isDown.get(name) !== down || loop.clock.monotonic() - since < noticedWithinMs) return [];
    const alert = open.find(({ target, rule }) => target === name && rule === downRule.id);
    if (!alert) return [`${name} has been down for ${loop.clock.monotonic() - since} ms without an alert`];
    return alert.incidentId === null && alert.heldBy === null
      ? [`the alert of ${name} is in no incident and held by nobody`]
      : [];
  });
}

/** No step of a call waits longer than its policy says, however the clock was set: what a silence holds waits for its end. */
async function waitsTooLong({ loop, policy }: World): Promise<string[]> {
  const longest = Math.max(...policy.steps.map(({ afterMs }) => afterMs)) + (policy.repeat?.everyMs ?? 0);
  const waiting = await loop.store.db
    .selectFrom('jobs')
    .select(['key', 'run_at', 'payload'])
    .where('kind', '=', 'escalate')
    .where('state', '=', 'waiting')
    .where('run_at', '>', loop.clock.now() + longest + answerWithinMs + secondMs)
    .execute();
  return waiting
    .filter(({ payload }) => JSON.parse(payload).pausedAt === null)
    .map(({ key, run_at }) => `the step ${key} waits for ${run_at - loop.clock.now()} ms`);
}

/** Nothing is wedged: all is well, so every incident is over, nothing is due, nothing waits to be sent. */
async function isOver({ loop }: World): Promise<string[]> {
  const now = loop.clock.now();
  const open = (await loop.incidents()).filter(({ status }) => status !== 'resolved');
  const alerts = await alertRows.open(loop.store.db);
  const late = await loop.store.db
    .selectFrom('jobs')
    .select(['kind', 'key'])
    .where('state', 'in', ['waiting', 'running'])
    .where('run_at', '<', now - 5 * minuteMs)
    .execute();
  const unsent = await loop.store.db
    .selectFrom('outbox')
    .select(['notifier', 'key'])
    .where('state', '<>', 'delivered')
    .where((eb) =>
      eb.or([
        eb('last_error', 'is', null),
        eb.and([supersededBy, outdatedBy].map((why) => eb('last_error', 'not like', `${why}%`))),
      ]),
    )
    .execute();
  return [
    ...open.map(({ id, title }) => `incident ${id} (${title}) never ended`),
    ...alerts.map(({ target, rule }) => `the alert ${rule} of ${target} never ended`),
    ...late.map(({ kind, key }) => `the job ${kind} ${key} is wedged`),
    ...unsent.map(({ notifier, key }) => `${key} was never delivered by ${notifier}`),
  ];
}

/** No critical incident without somebody called. */
async function isPaged({ loop, received }: World): Promise<string[]> {
  const paged = new Set(
    received.flatMap(({ message }) => {
      const { incident, storm, to } = message;
      const told = incident ? [incident] : (storm?.incidents ?? []);
      return to ? told.map(({ id }) => id) : [];
    }),
  );
  return (
    (await loop.incidents())
      // Somebody was on it before the call got through.
      .filter(
        ({ level, id, acknowledgedAt }) => level === 'critical' && acknowledgedAt === null && !paged.has(id),
      )
      .map(({ id, title }) => `nobody was called for the critical incident ${id} (${title})`)
  );
}

/** Nobody is called for an incident while every alert of it is silenced. */
async function isLeftAlone({ loop, silenced }: World): Promise<string[]> {
  const broken: string[] = [];
  for (const { id, title } of await loop.incidents()) {
    const kinds = ['alert.fired', 'alert.released', 'alert.resolved', 'oncall.paged'];
    const entries = await journal.list(loop.store.db, { incidentId: id, kinds, limit: 1_000 });
    const firing = new Map<string, string>();
    for (const { kind, payload, seq, at } of entries.toSorted((a, b) => a.seq - b.seq)) {
      const target = String(payload.target ?? '');
      const alert = `${payload.rule} ${target}`;
      // Held by a silence at first, it joins when that ends.
      if (kind === 'alert.fired' || kind === 'alert.released') firing.set(alert, target);
      if (kind === 'alert.resolved') firing.delete(alert);
      const isSilenced = (name: string) =>
        silenced.some(
          (one) => one.target === name && one.after < seq && one.startsAt < at && at < one.endsAt,
        );
      if (kind === 'oncall.paged' && firing.size > 0 && [...firing.values()].every(isSilenced))
        broken.push(`somebody was called for the silenced incident ${id} (${title}) at ${at}`);
    }
  }
  return broken;
}

/** At most one page for an incident, person and step; nothing twice that was acknowledged, but for a kill. */
function repeated({ received }: World): string[] {
  const seen = new Map<string, Received>();
  const broken: string[] = [];
  for (const one of received) {
    const key = `${one.channel} ${one.message.key}`;
    const before = seen.get(key);
    if (before?.isAcknowledged && before.life === one.life) broken.push(`${key} arrived twice`);
    seen.set(key, one);
  }
  return broken;
}
