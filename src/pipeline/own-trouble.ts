/**
 * "It's me": before alerts of targets elsewhere are judged, looks whether the way to them is broken. Where it is, that
 * is one alert of `upkeep` itself, and theirs are held and judged after; never for longer than a while.
 */
import { destinationOf, hostOf } from '../core/destination.ts';
import type { Failing, OwnJudgement, OwnSigns, Sight } from '../core/incident/own-trouble.ts';
import {
  enoughAnswers,
  isNameFailure,
  isOfTheNetwork,
  judgeOwn,
  levelUnreached,
  ownTroubleRule,
} from '../core/incident/own-trouble.ts';
import type { Hold } from '../core/mute.ts';
import type { Rule } from '../core/rule.ts';
import { graver, isGraver, type Level } from '../core/severity.ts';
import { areJoined } from '../core/topology.ts';
import type { Estate, Watched } from './bound.ts';
import type { Desk } from './desk.ts';
import type { Detected } from './detect.ts';
import type { Picture } from './picture.ts';

/** How this machine is asked of itself. */
export interface OwnSignSource {
  read(timeoutMs: number, wants: { readonly names: boolean }): Promise<OwnSigns>;
  isOwnAddress(host: string): boolean;
  isNear(host: string): boolean;
  /** Learns which of these answer a plain connection, so that their silence says something later. */
  meet(peers: readonly Peer[], timeoutMs: number): Promise<void>;
  isKnown(peer: Peer): boolean;
  /** Ends with `enough` answers from beyond the own networks, at the latest after `timeoutMs`. */
  ask(peers: readonly Peer[], timeoutMs: number, enough: number): Promise<readonly Witness[]>;
  stop(): void;
}

/** Another target elsewhere. */
export interface Peer {
  readonly name: string;
  readonly host: string;
  readonly port: number;
}

export interface Witness {
  readonly name: string;
  readonly answers: boolean;
  readonly isNear: boolean;
  readonly detail: string;
}

type Fired = Pick<Detected, 'target' | 'transition'>;

export interface OwnTrouble {
  /** Whether its failure may be of the way to it, so that a look at ourselves comes first. */
  isSuspect(detected: Fired): boolean;
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
const signsWithinMs = 1_500;
/** So many other targets are asked; each is met once it answers its check. */
const mostPeers = 8;
/** So many that are graver are asked before our own trouble opens: they are dialled at once. */
const mostGraver = 32;
const meetAfterMs = 5_000;
const meetEveryMs = 10_000;
/** Whoever does not take a plain connection is tried again after so many meetings. */
const meetAgainAfter = 60;
const longestGraceMs = 60_000;

type Own = Extract<OwnJudgement, { kind: 'own' }>;

interface Judged {
  readonly judgement: OwnJudgement;
  /** What it was judged by. */
  readonly sight: Sight;
}

interface State {
  readonly since: number;
  readonly reason: string;
  readonly covered: Set<string>;
  /** Nothing reaches us either: signals of jobs, pushed samples. */
  isDeaf: boolean;
  level: Level;
  wellLooks: number;
  /** When everything held is judged: for people in epoch milliseconds, and by the clock that nobody sets. */
  until: number;
  untilMono: number;
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
  let cancelMeeting = signs ? clock.after(meetAfterMs, meet) : () => {};

  const met = new Set<string>();
  let meetings = 0;

  function meet() {
    cancelMeeting = clock.after(meetEveryMs, meet);
    if (++meetings % meetAgainAfter === 0) met.clear();
    const strangers = peersFor([], (peer) => !met.has(peer.name) && !signs?.isKnown(peer));
    for (const { name } of strangers) met.add(name);
    if (strangers.length > 0) void signs?.meet(strangers, signsWithinMs);
  }

  function suspects(failing: readonly Failing[], { target, transition }: Fired): boolean {
    if (transition === 'resolved' || isSpent) return false;
    return failing.some((one) => one.target === target && isOfTheNetwork(one));
  }

  async function look(batch: Parameters<OwnTrouble['look']>[0]): Promise<readonly Detected[]> {
    const fired = batch.filter(({ transition }) => transition !== 'resolved');
    const failing = failingNow();
    if (!fired.some((one) => suspects(failing, one))) return [];
    const { judgement, sight } = await judge(failing);
    if (judgement.kind === 'theirs') return [];
    const levelWith = ({ covers }: Own) =>
      fired
        .filter(({ target }) => covers.includes(target))
        .map(({ rule, state: { level: of } }) => rule.levels[of ?? 'warning'])
        .concat(covers.map(levelOf))
        .reduce<Level>(graver, 'low');
    const judged = state ? judgement : await whole(judgement, sight, levelWith(judgement));
    const level = levelWith(judged);
    return state && !state.isEnding ? widen(state, judged, level) : begin(judged, level);
  }

  /**
   * With what was well so far, would be graver, and is out of reach by now for the same reason: its checks say so a moment
   * later.
   */
  async function whole(judged: Own, sight: Sight, level: Level): Promise<Own> {
    const { topology, targets } = options.estate();
    const known = [...targets.values()]
      .flatMap((watched): Peer[] => {
        const { name } = watched.settings;
        if (picture.target(name).up !== 1 || !isGraver(levelOf(name), level)) return [];
        const at = isElsewhere(watched) ? destinationOf(watched.bound.address) : null;
        const peer = at && { name, ...at };
        return peer && signs?.isKnown(peer) ? [peer] : [];
      })
      .slice(0, mostGraver);
    if (!signs || known.length === 0) return judged;
    const asked = await signs.ask(known, signsWithinMs, known.length);
    const named = new Set(sight.failing.map(({ target }) => target));
    const silent = asked.flatMap((one) => (one.answers ? [] : silentOf(one, known)));
    const failing = [...sight.failing, ...silent.filter(({ target }) => !named.has(target))];
    const wider = judgeOwn({ ...sight, failing }, topology);
    return wider.kind === 'own' ? { ...wider, reason: judged.reason } : judged;
  }

  /** What fails beside it is mostly confirmed a moment later. */
  function levelOf(target: string): Level {
    const settings = options.estate().targets.get(target)?.settings;
    return settings ? levelUnreached(settings.rules, `${settings.system}.up`) : 'low';
  }

  async function judge(failing: readonly Failing[]): Promise<Judged> {
    const { topology, targets } = options.estate();
    const lost = failing.filter(isOfTheNetwork);
    const peers = peersFor(lost, (peer) => signs?.isKnown(peer) ?? false);
    const answered = [...targets.values()].filter(
      (one) => isElsewhere(one) && picture.target(one.settings.name).up === 1,
    );
    if (!signs) {
      const sight = { failing, answering: answered.length, signs: null };
      return { sight, judgement: judgeOwn(sight, topology) };
    }
    // With few witnesses the resolver is one more.
    const names = failing.some(({ detail }) => isNameFailure(detail)) || lost.length + peers.length < 3;
    const [read, witnesses] = await Promise.all([
      signs.read(signsWithinMs, { names }),
      signs.ask(peers, signsWithinMs, enoughAnswers(lost.length, peers.length)),
    ]);
    const silent = witnesses.flatMap((one) => (one.answers ? [] : silentOf(one, peers)));
    const known = new Set(witnesses.map(({ name }) => name));
    const rest = answered.filter(({ settings }) => !known.has(settings.name));
    const speaking = witnesses.filter(({ answers }) => answers);
    // What was not asked is taken to do as those that were.
    const share = witnesses.length === 0 ? 1 : speaking.length / witnesses.length;
    const near = rest.filter(({ bound }) => signs.isNear(hostOf(bound.address) ?? ''));
    const sight = {
      failing: [...failing, ...silent],
      answering: speaking.length + Math.round(rest.length * share),
      answeringNear: speaking.filter(({ isNear }) => isNear).length + Math.round(near.length * share),
      signs: read,
    };
    return { sight, judgement: judgeOwn(sight, topology) };
  }

  /** Of different hosts, none of them joined to what fails. */
  function peersFor(lost: readonly Failing[], isWanted: (peer: Peer) => boolean): readonly Peer[] {
    const { topology, targets } = options.estate();
    const hosts = new Set(lost.map(({ host }) => host));
    return [...targets.values()]
      .flatMap((watched): Peer[] => {
        const { name } = watched.settings;
        const at = isElsewhere(watched) ? destinationOf(watched.bound.address) : null;
        if (!at || picture.target(name).up !== 1 || hosts.has(at.host)) return [];
        if (lost.some(({ target }) => areJoined(topology, target, name))) return [];
        const peer = { name, ...at };
        if (!isWanted(peer)) return [];
        hosts.add(at.host);
        return [peer];
      })
      .slice(0, mostPeers);
  }

  function begin(judged: Own, level: Level): readonly Detected[] {
    const now = clock.now();
    const covered = new Set(judged.covers);
    state = {
      ...{ since: now, reason: judged.reason, covered, level },
      ...{ isDeaf: isDeaf(judged), wellLooks: 0, isEnding: false },
      ...{ until: now + holdAtMostMs, untilMono: clock.monotonic() + holdAtMostMs },
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
    const { judgement: judged } = await judge(failingNow());
    if (state !== held || held.isEnding) return;
    if (judged.kind === 'own') {
      held.wellLooks = 0;
      for (const target of judged.covers) held.covered.add(target);
    } else held.wellLooks++;
    if (held.wellLooks >= wellLooks) end(held, judged.reason, graceMs(held));
    else if (clock.monotonic() >= held.untilMono) {
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
    const leftMs = Math.max(0, Math.min(held.untilMono - clock.monotonic(), inMs));
    held.until = now + Math.round(leftMs);
    held.untilMono = clock.monotonic() + leftMs;
    listener([
      {
        ...ownAlert({ kind: 'own', cause: 'route', reason, covers: [] }, held.level, now),
        transition: 'resolved',
        reason,
      },
    ]);
    cancel = clock.after(leftMs, () => {
      if (state === held) state = null;
      listener([]);
      if (isSpent) cancel = clock.after(lookAgainMs, () => void waitUntilWell());
    });
  }

  async function waitUntilWell(): Promise<void> {
    const { judgement } = await judge(failingNow());
    if (judgement.kind === 'theirs') isSpent = false;
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
      const isNear = host !== null && (signs?.isNear(host) ?? false);
      return [{ target: name, host, isOnThisMachine, isNear, why: check.why, detail: check.detail }];
    });
  }

  function isElsewhere({ bound }: Watched): boolean {
    const host = hostOf(bound.address);
    return host !== null && !(signs?.isOwnAddress(host) ?? false);
  }

  return {
    isSuspect: (detected) => suspects(failingNow(), detected),
    look,
    holdOf(target) {
      if (!state || clock.monotonic() >= state.untilMono) return null;
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
      cancelMeeting();
      signs?.stop();
    },
  };
}

function silentOf({ name, isNear, detail }: Witness, peers: readonly Peer[]): Failing[] {
  const peer = peers.find((one) => one.name === name);
  if (!peer) return [];
  return [{ target: name, host: peer.host, isOnThisMachine: false, isNear, why: 'timeout', detail }];
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
    ...{ kind: 'state', id: ownTroubleRule, metric: 'upkeep.sees-out', forMs: 0, clearForMs: 0 },
    ...{ summary: `cannot see out: ${reason}`, levels: { warning: level, critical: level } },
    ...{ runbook, enabled: true },
  };
  const detail = covers.length === 0 ? reason : `${reason}; held: ${covers.slice(0, 20).join(', ')}`;
  return {
    ...{ fingerprint: `${ownTroubleRule}|upkeep|`, rule, target: 'upkeep', labels: {}, transition: 'fired' },
    state: { phase: 'firing', level: 'critical', since: at, wellSince: null, lastAt: at },
    ...{ value: 0, threshold: null, detail, reason, at },
  };
}
