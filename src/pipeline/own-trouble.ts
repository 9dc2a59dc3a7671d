/**
 * "It's me": before alerts of targets elsewhere are judged, looks whether the way to them is broken. Where it is, that
 * is one alert of `upkeep` itself, and theirs are held and judged after; never for longer than a while.
 */
import type { Failing, OwnJudgement, OwnSigns } from '../core/incident/own-trouble.ts';
import { hostOf, isNameFailure, isOfTheNetwork, judgeOwn } from '../core/incident/own-trouble.ts';
import type { Hold } from '../core/mute.ts';
import type { Rule } from '../core/rule.ts';
import { graver, type Level } from '../core/severity.ts';
import type { Estate, Watched } from './bound.ts';
import type { Desk } from './desk.ts';
import type { Detected } from './detect.ts';
import type { Picture } from './picture.ts';

/** How this machine is asked of itself. */
export interface OwnSignSource {
  read(timeoutMs: number, wants: { readonly names: boolean }): Promise<OwnSigns>;
  isOwnAddress(host: string): boolean;
  stop(): void;
}

export interface OwnTrouble {
  /** To be asked before these are judged; gives the alert of our own, once, when it begins. */
  look(
    batch: readonly Pick<Detected, 'target' | 'transition' | 'rule' | 'state'>[],
  ): Promise<readonly Detected[]>;
  /** Null where the alert is judged as always. */
  holdOf(target: string): Hold | null;
  /** Called when it is over: the end of the alert of our own. */
  onEnd(listener: (detected: readonly Detected[]) => void): void;
  stop(): void;
}

/** Nothing is held for longer, whatever we believe of ourselves. */
export const holdAtMostMs = 10 * 60_000;
const lookAgainMs = 5_000;
/** So many looks in a row must find us well. */
const wellLooks = 2;
/** An answer that takes longer is none; whoever must be paged waits no longer for it. */
const signsWithinMs = 1_000;
const longestGraceMs = 60_000;

type Own = Extract<OwnJudgement, { kind: 'own' }>;

interface State {
  readonly since: number;
  readonly reason: string;
  readonly covered: Set<string>;
  /** Nothing reaches us either: signals of jobs, pushed samples. */
  isDeaf: boolean;
  level: Level;
  wellLooks: number;
  /** Epoch milliseconds at which everything held is judged. */
  until: number;
  isEnding: boolean;
}

export function createOwnTrouble(
  desk: Desk,
  options: {
    readonly picture: Picture;
    readonly estate: () => Estate;
    readonly signs?: OwnSignSource | undefined;
  },
): OwnTrouble {
  const { clock } = desk;
  const { picture, signs } = options;
  let state: State | null = null;
  /** Held as long as it may be; not again before we were well once. */
  let isSpent = false;
  let listener: (detected: readonly Detected[]) => void = () => {};
  let cancel = () => {};

  async function look(batch: Parameters<OwnTrouble['look']>[0]): Promise<readonly Detected[]> {
    const fired = batch.filter(({ transition }) => transition !== 'resolved');
    const failing = failingNow();
    const isSuspect = fired.some(({ target }) =>
      failing.some((one) => one.target === target && isOfTheNetwork(one)),
    );
    if (!isSuspect || isSpent) return [];
    const judged = await judge(failing);
    if (judged.kind === 'theirs') return [];
    const level = fired
      .filter(({ target }) => judged.covers.includes(target))
      .map(({ rule, state: { level: of } }) => rule.levels[of ?? 'warning'])
      .reduce<Level>(graver, 'low');
    return state && !state.isEnding ? widen(state, judged, level) : begin(judged, level);
  }

  async function judge(failing: readonly Failing[]): Promise<OwnJudgement> {
    const { topology, targets } = options.estate();
    const names = failing.some(({ detail }) => isNameFailure(detail));
    const read = signs ? await signs.read(signsWithinMs, { names }) : null;
    const answering = [...targets.values()].filter(
      (one) => isElsewhere(one) && picture.target(one.settings.name).up === 1,
    );
    return judgeOwn({ failing, answering: answering.length, signs: read }, topology);
  }

  function begin(judged: Own, level: Level): readonly Detected[] {
    const now = clock.now();
    const covered = new Set(judged.covers);
    state = {
      ...{ since: now, reason: judged.reason, covered, level },
      ...{ isDeaf: isDeaf(judged), wellLooks: 0, until: now + holdAtMostMs, isEnding: false },
    };
    cancel();
    cancel = clock.after(lookAgainMs, () => void lookAgain());
    return [ownAlert(judged, level, now)];
  }

  /** More is covered; where that is graver, so is our own alert. */
  function widen(held: State, judged: Own, level: Level): readonly Detected[] {
    for (const target of judged.covers) held.covered.add(target);
    held.isDeaf ||= isDeaf(judged);
    const raised = graver(held.level, level);
    if (raised === held.level) return [];
    held.level = raised;
    return [{ ...ownAlert(judged, raised, clock.now()), transition: 'raised' }];
  }

  async function lookAgain(): Promise<void> {
    const held = state;
    if (!held || held.isEnding) return;
    const judged = await judge(failingNow());
    if (state !== held || held.isEnding) return;
    if (judged.kind === 'own') {
      held.wellLooks = 0;
      for (const target of judged.covers) held.covered.add(target);
    } else held.wellLooks++;
    if (held.wellLooks >= wellLooks) end(held, judged.reason, graceMs(held));
    else if (clock.now() >= held.until) {
      isSpent = true;
      end(held, 'held as long as it may be; what still fails is judged now', 0);
    } else cancel = clock.after(lookAgainMs, () => void lookAgain());
  }

  /** Each is asked once more before it is judged. */
  function graceMs({ covered }: State): number {
    const waits = [...covered].map((name) => {
      const settings = options.estate().targets.get(name)?.settings;
      return settings ? settings.everyMs + settings.timeoutMs : 0;
    });
    return Math.min(longestGraceMs, Math.max(0, ...waits));
  }

  function end(held: State, reason: string, inMs: number) {
    const now = clock.now();
    held.isEnding = true;
    held.until = Math.min(held.until, now + inMs);
    listener([
      {
        ...ownAlert({ kind: 'own', cause: 'route', reason, covers: [] }, held.level, now),
        transition: 'resolved',
        reason,
      },
    ]);
    cancel = clock.after(Math.max(0, held.until - now), () => {
      if (state === held) state = null;
      listener([]);
      if (isSpent) cancel = clock.after(lookAgainMs, () => void waitUntilWell());
    });
  }

  async function waitUntilWell(): Promise<void> {
    const judged = await judge(failingNow());
    if (judged.kind === 'theirs') isSpent = false;
    else cancel = clock.after(lookAgainMs, () => void waitUntilWell());
  }

  function failingNow(): Failing[] {
    return [...options.estate().targets.values()].flatMap((watched): Failing[] => {
      const { name } = watched.settings;
      const { up, checks } = picture.target(name);
      if (up === 1) return [];
      const check = [...checks.values()].find((one) => one.ok === false && one.why !== 'broken-probe');
      if (!check || check.why === null) return [];
      const host = hostOf(watched.bound.address);
      const isOnThisMachine = host !== null && (signs?.isOwnAddress(host) ?? false);
      return [{ target: name, host, isOnThisMachine, why: check.why, detail: check.detail }];
    });
  }

  function isElsewhere({ bound }: Watched): boolean {
    const host = hostOf(bound.address);
    return host !== null && !(signs?.isOwnAddress(host) ?? false);
  }

  return {
    look,
    holdOf(target) {
      if (!state || clock.now() >= state.until) return null;
      const isUnheard = state.isDeaf && options.estate().targets.get(target)?.bound.receiving !== undefined;
      if (!state.covered.has(target) && !isUnheard) return null;
      // What fails in a way of its own by now is its own trouble.
      const failing = failingNow().find((one) => one.target === target);
      if (failing && !isOfTheNetwork(failing)) return null;
      return { kind: 'upkeep', by: 'own-trouble', until: state.until, reason: state.reason };
    },
    onEnd(told) {
      listener = told;
    },
    stop() {
      cancel();
      signs?.stop();
    },
  };
}

function isDeaf({ cause }: Own): boolean {
  return cause !== 'resolver' && cause !== 'load';
}

const runbook = [
  '**What it means** Upkeep cannot see out; what it says of targets elsewhere would be said of itself.',
  '**What to do** Look at the network, the resolver and the load of the machine that Upkeep runs on.',
  '**After** What still fails when the way is clear again is judged and told then, at the latest after ten minutes.',
].join('\n\n');

function ownAlert({ reason, covers }: Own, level: Level, at: number): Detected {
  const rule: Rule = {
    ...{ kind: 'state', id: 'upkeep.own-trouble', metric: 'upkeep.sees-out', forMs: 0, clearForMs: 0 },
    ...{ summary: `cannot see out: ${reason}`, levels: { warning: level, critical: level } },
    ...{ runbook, enabled: true },
  };
  const detail = covers.length === 0 ? reason : `${reason}; held: ${covers.slice(0, 20).join(', ')}`;
  return {
    ...{ fingerprint: 'upkeep.own-trouble|upkeep|', rule, target: 'upkeep', labels: {}, transition: 'fired' },
    state: { phase: 'firing', level: 'critical', since: at, wellSince: null, lastAt: at },
    ...{ value: 0, threshold: null, detail, reason, at },
  };
}
