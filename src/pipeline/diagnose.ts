/** Gathers evidence for an incident from its targets and from all they need, and ranks what it shows. */
import { timestamp } from '../clock.ts';
import type { Alert } from '../core/alert.ts';
import { afterAwake } from '../core/awake.ts';
import type { Change } from '../core/change.ts';
import { causeAmong, rankFindings } from '../core/diagnosis.ts';
import {
  type Evidence,
  evidenceWithoutSecrets,
  type Finding,
  findingWithoutSecrets,
  withReadableTimes,
} from '../core/evidence.ts';
import { backupFindings } from '../core/incident/backup-words.ts';
import { causeName } from '../core/incident/cause-news.ts';
import { type Causes, causesAfter, isLeftBehind, isSameCause } from '../core/incident/causes.ts';
import { explainsHygiene, isOutage, symptomsAmong } from '../core/incident/hygiene.ts';
import { keepCauses } from '../core/incident/kept-causes.ts';
import { laterRound, nextLaterMs, nextSoonMs } from '../core/incident/looks.ts';
import { afterLastLook, openAtEnd } from '../core/incident/over.ts';
import { isOfBackupsAlone } from '../core/incident/subjects.ts';
import { leading } from '../core/incident.ts';
import { logEvidence } from '../core/log/evidence.ts';
import { withMechanism } from '../core/mechanism.ts';
import type { DiagnosisContext } from '../core/system.ts';
import { dependenciesOf, type Topology } from '../core/topology.ts';
import * as alertRows from '../store/alerts.ts';
import type { Incident } from '../store/incidents.ts';
import * as incidentRows from '../store/incidents.ts';
import type { Tx } from '../store/index.ts';
import type { SampleStore } from '../store/samples/index.ts';
import type { Estate } from './bound.ts';
import { callAgainSoon } from './call-again.ts';
import type { Desk } from './desk.ts';
import { diagnoseAt } from './diagnose-at.ts';
import { keepPresentSoon } from './keep-present.ts';
import type { Ledger } from './ledger.ts';
import type { Logs } from './logs/index.ts';
import type { Picture } from './picture.ts';
import { recentChanges } from './recent-changes.ts';
import { timeOf } from './refresh-incident.ts';
import { tellCauseSoon } from './tell-cause.ts';
import { tellJoinedSoon } from './tell-joined.ts';
import { tellNews } from './tell-news.ts';

export interface Investigation {
  readonly findings: readonly Finding[];
  readonly evidence: readonly Evidence[];
}

export interface Diagnostician {
  /** Looks at these targets and what they need, now. Changes nothing. */
  investigate(
    targets: readonly string[],
    alerts: readonly Alert[],
    /** When the trouble began, where that is known from elsewhere, epoch milliseconds. */
    since?: number,
    /** Only these diagnoses of these targets; all where left out. */
    only?: readonly Pick<Finding, 'id' | 'target'>[],
  ): Promise<Investigation>;
  /** Job: diagnoses an incident, stores and tells what is new, and looks again while nothing is sure or nothing could be planned. */
  diagnose(incidentId: string, round: number): Promise<Investigation | null>;
}

const gatherTimeoutMs = 6_000;
/** What was written in this time before an onset is what is usual. */
const logLookBackMs = 60 * 60_000;
/** How far back logs are compared where nothing is known to be wrong. */
const withoutOnsetMs = 15 * 60_000;
/** A sure finding ends the rounds, once what it recommends could be planned. */
const sureAt = 0.8;

export function createDiagnostician(
  desk: Desk,
  options: {
    readonly picture: Picture;
    readonly estate: () => Estate;
    readonly ledger: Pick<Ledger, 'around'>;
    /** Has the ledger see how these stand now, the nearest first; within seconds. */
    readonly lookNow: (targets: readonly string[]) => Promise<void>;
    /** What the targets log; nothing where absent. */
    readonly logs?: Pick<Logs, 'view'>;
    /** What the sample store kept; nothing where absent. */
    readonly range?: SampleStore['range'];
    /** Hands the recommendations of new findings to the acting stage; false when one could not be planned yet. */
    readonly onFindings: (incidentId: string, findings: readonly Finding[]) => Promise<boolean>;
    /** Hands over what was looked at: another open incident may have the same cause. True where it went over to that. */
    readonly joinAlike?: (incidentId: string) => Promise<boolean>;
  },
): Diagnostician {
  const { clock, store } = desk;

  /** Around the onset of its own trouble, else of the whole. */
  function ofLogs(target: string, alerts: readonly Alert[], since: number | undefined): Investigation {
    const now = clock.now();
    const onsets = alerts.filter((alert) => alert.target === target).map((alert) => alert.since);
    const all = onsets.length > 0 ? onsets : alerts.map((alert) => alert.since);
    const isTrouble = since !== undefined || all.length > 0;
    const isOfBackups = isOfBackupsAlone(alerts);
    const onset = since ?? Math.min(...(isTrouble ? all : [now - withoutOnsetMs]));
    const view = options.logs?.view(target, { from: onset - logLookBackMs, to: now });
    if (!view) return { evidence: [], findings: [] };
    const { evidence, findings } = logEvidence({
      ...{ target, view, onset, now, isTrouble, isOfBackups },
      latest: (metric) => options.picture.latest(target, metric),
    });
    return { evidence: evidence.map((item) => withReadableTimes(item, timestamp)), findings };
  }

  async function investigate(
    targets: readonly string[],
    alerts: readonly Alert[],
    since?: number,
    only?: readonly Pick<Finding, 'id' | 'target'>[],
  ): Promise<Investigation> {
    const { targets: watched, topology } = options.estate();
    const asked = new Set(targets);
    const below = targets
      .flatMap((name) => dependenciesOf(topology, name))
      .filter((name) => !asked.has(name));
    await options.lookNow([...asked, ...below]);
    const changes = recentChanges(options.ledger, clock.now());
    // Of a trouble, what is set up badly explains nothing, and is no reason to look at less.
    const symptoms = symptomsAmong(alerts);
    const isTrouble = symptoms.some(({ isHygiene }) => !isHygiene);
    const rules = new Set(symptoms.map((alert) => `${alert.target}|${alert.rule}`));
    const work: Promise<Investigation>[] = [];
    for (const name of new Set([...targets, ...below])) {
      const target = watched.get(name);
      if (!target) continue;
      const hasAlert = symptoms.some((alert) => alert.target === name);
      for (const diagnosis of target.bound.diagnoses) {
        if (only?.some((one) => one.id === diagnosis.id && one.target === name) === false) continue;
        const isHygiene = explainsHygiene(diagnosis.explains, target.settings.rules);
        if (isTrouble && isHygiene) continue;
        if (alerts.length > 0 && !isTrouble && !hasAlert) continue;
        // A target with alerts is asked what explains them; one without, everything it knows.
        if (hasAlert && !diagnosis.explains.some((rule) => rules.has(`${name}|${rule}`))) continue;
        const dependencies = dependenciesOf(topology, name);
        const mine = alerts.filter((alert) => alert.target === name || dependencies.includes(alert.target));
        const known = { dependencies, alerts: mine, changes: changes.of(name) };
        const found = runDiagnosis(diagnosis, name, known);
        const explained = symptoms.flatMap(({ target: at, rule, detail: said }) =>
          at === name && diagnosis.explains.includes(rule) ? [{ rule, target: at, said }] : [],
        );
        const stamped = explained.length === 0 ? found : found.then((one) => explaining(one, explained));
        work.push(isHygiene ? stamped.then(asHygiene) : stamped);
      }
    }
    const parts = await Promise.all(work);
    const reached = new Set([...targets, ...below]);
    // What fires elsewhere dates nothing here.
    const near = alerts.filter(({ target }) => reached.has(target));
    const logged = [...reached].map((name) => ofLogs(name, near, since));
    const changed = (await changes.evidence(targets)).map((item) => withReadableTimes(item, timestamp));
    const gathered = [...changed, ...[...parts, ...logged].flatMap((part) => part.evidence)];
    const evidence = new Map(gathered.map((item) => [item.id, item]));
    const seenAt = clock.now();
    const all = [...parts, ...logged].flatMap((part) => part.findings);
    const ranked = rankFindings(withMechanism(all, symptoms, topology), topology);
    // Alone they say nothing that their alert does not say.
    const ofBackups = ranked.length === 0 ? [] : backupFindings(near, seenAt);
    const findings = [...ranked.map((finding) => ({ ...finding, seenAt })), ...ofBackups];
    return {
      findings: findings.map(findingWithoutSecrets),
      evidence: [...evidence.values()].map(evidenceWithoutSecrets),
    };
  }

  async function runDiagnosis(
    diagnosis: {
      id: string;
      gather(target: string, ctx: DiagnosisContext): Promise<Evidence[]>;
      conclude(evidence: readonly Evidence[], target: string): Finding[];
    },
    target: string,
    known: Pick<DiagnosisContext, 'dependencies' | 'alerts'> & { readonly changes: Promise<Change[]> },
  ): Promise<Investigation> {
    const stop = new AbortController();
    const ctx: DiagnosisContext = {
      signal: stop.signal,
      clock,
      ...known,
      changes: await known.changes,
      history: async (name, metric, { from, to, labels }) =>
        (await options.range?.({ target: name, metric, from, to, ...(labels ? { labels } : {}) })) ?? [],
      latest: (name, metric) => options.picture.latest(name, metric),
      logs: (name, span) => options.logs?.view(name, span),
      detail: (name) => options.picture.target(name).detail,
    };
    const unseen = (why: string): Evidence[] => [
      {
        id: `${target}.${diagnosis.id}.unseen`,
        target,
        title: `${diagnosis.id} could not look`,
        at: clock.now(),
        how: diagnosis.id,
        unseen: why,
      },
    ];
    let cancel = () => {};
    const timedOut = new Promise<Evidence[]>((resolve) => {
      const limit = afterAwake(clock, gatherTimeoutMs, () => {
        stop.abort(new Error('the diagnosis took too long'));
        resolve(
          unseen(limit.isTooBusy() ? 'this machine is too busy' : `no answer within ${gatherTimeoutMs} ms`),
        );
      });
      cancel = limit.cancel;
    });
    const gather = async () => {
      try {
        return await diagnosis.gather(target, ctx);
      } catch (error) {
        return unseen(error instanceof Error ? error.message : String(error));
      }
    };
    const evidence = await Promise.race([gather(), timedOut]);
    cancel();
    try {
      return named(target, { evidence, findings: diagnosis.conclude(evidence, target) });
    } catch (error) {
      desk.log.error('a diagnosis failed', { diagnosis: diagnosis.id, target, error: String(error) });
      return { evidence, findings: [] };
    }
  }

  /** Where the trouble lies by now, and when that is another trouble than the first. */
  async function sayLead(tx: Tx, fresh: Incident, saved: Incident, { before, isBeforeOver }: Causes) {
    const [now] = saved.findings;
    if (saved.lead === fresh.lead && before === null) return;
    await desk.journalIncident(tx, saved, 'incident.led', {
      from: fresh.lead,
      to: saved.lead,
      title: saved.title,
      ...(before === null
        ? {}
        : {
            before: before.summary,
            ...(isBeforeOver ? { isBeforeOver } : {}),
            ...(now === undefined ? {} : { now: now.summary }),
          }),
    });
  }

  /** All has cleared: whether what was found is over too, each by its own diagnosis. */
  async function lookWhetherOver({ id, findings, conduct }: Incident): Promise<Investigation | null> {
    const asked = openAtEnd([...findings, ...(conduct?.causes ?? []).map(({ finding }) => finding)]);
    if (asked.length === 0) return null;
    const found = await investigate([...new Set(asked.map(({ target }) => target))], [], undefined, asked);
    const { targets: watched } = options.estate();
    const couldSee = (one: Pick<Finding, 'id' | 'target'>) =>
      watched.get(one.target)?.bound.diagnoses.some((diagnosis) => diagnosis.id === one.id) === true &&
      found.evidence.every(({ target, unseen }) => target !== one.target || unseen === undefined);
    await store.transaction(async (tx) => {
      const fresh = await incidentRows.require(tx, id);
      if (fresh.status === 'resolved' || fresh.wellSince === null) return;
      const look = (known: readonly Finding[]) =>
        afterLastLook(known, { found: found.findings, couldSee }, clock.now());
      const causes = fresh.conduct?.causes?.map((one) => {
        const [finding = one.finding] = look([one.finding]);
        return finding === one.finding ? one : { ...one, finding };
      });
      await incidentRows.update(tx, {
        ...fresh,
        findings: look(fresh.findings),
        ...(causes === undefined ? {} : { conduct: { ...fresh.conduct, causes } }),
      });
    });
    desk.changed();
    return found;
  }

  async function lookAgain(incidentId: string, waitMs: number, look: { round: number; about: string }) {
    await store.transaction((tx) => diagnoseAt(tx, incidentId, clock.now() + waitMs, look));
    desk.changed();
  }

  return {
    investigate,
    async diagnose(incidentId, round) {
      const incident = await incidentRows.byId(store.db, incidentId);
      if (!incident || incident.status === 'resolved') return null;
      const alerts = (await alertRows.ofIncident(store.db, incidentId)).filter(
        (alert) => alert.state === 'firing',
      );
      if (alerts.length === 0) return incident.wellSince === null ? null : lookWhetherOver(incident);
      const found = await investigate([...new Set(alerts.map((alert) => alert.target))], alerts);
      let isStale = false;
      const isOver = await store.transaction(async (tx) => {
        const fresh = await incidentRows.require(tx, incidentId);
        if (fresh.status === 'resolved') return true;
        const all = symptomsAmong(await alertRows.ofIncident(tx, incidentId));
        const { topology } = options.estate();
        const causes = causesAfter(fresh.findings, found.findings, all, topology, clock.now());
        const looked = {
          ...fresh,
          ...withEvidence(found, fresh.evidence, causes.findings),
        };
        const recoverForMs = desk.configuration().incidents.recoverForMs;
        const known = fresh.conduct?.causes ?? [];
        const kept = keepCauses(known, found, clock.now(), topology);
        const conduct = kept.length === 0 ? {} : { conduct: { ...fresh.conduct, causes: kept } };
        // Evidence of a clearer moment is kept when a later look sees nothing.
        const saved =
          causes.findings === fresh.findings && fresh.findings.length > 0
            ? await incidentRows.update(tx, { ...fresh, diagnosedAt: clock.now() })
            : await incidentRows.update(tx, {
                ...looked,
                ...conduct,
                ...leading(looked, all, fresh.targets.length, { topology, now: clock.now(), recoverForMs }),
                diagnosedAt: clock.now(),
              });
        await sayLead(tx, fresh, saved, causes);
        if (isNews(causes.findings, fresh.findings, topology)) {
          const summary = causes.findings.map(({ id, target, summary: text, confidence, beside }) => ({
            ...{ id, target, summary: text, confidence },
            ...(beside === undefined ? {} : { beside }),
          }));
          await desk.journalIncident(tx, saved, 'incident.diagnosed', { findings: summary, round });
          const seen = desk.digest(namesOf(causes.findings, topology).join(',')).slice(0, 16);
          await tellNews(desk, tx, saved, `${incidentId}:diagnosed:${seen}${timeOf(saved)}`);
        }
        // What stands in a channel names no cause that is over.
        else if (causes.isBeforeOver && causes.findings.length === 0)
          await desk.tell(tx, saved, 'incident.updated', `${incidentId}:over:${saved.version}`);
        await keepPresentSoon(desk, tx, fresh, saved);
        await tellCauseSoon(desk, tx, saved, topology);
        await tellJoinedSoon(desk, tx, saved, all, topology);
        await callAgainSoon(desk, tx, saved);
        isStale = causes.findings.some((one) => isLeftBehind(one, all));
        return false;
      });
      if (isOver) return found;
      desk.changed();
      // Where it went over to another, that one is looked at and treated.
      if (await options.joinAlike?.(incidentId)) return found;
      const isNew = (one: Finding) => !incident.findings.some((known) => isSameCause(known, one));
      const toFollow = round >= laterRound ? found.findings.filter(isNew) : found.findings;
      const isActedOn = await options.onFindings(incidentId, toFollow);
      const first = causeAmong(found.findings);
      // What says only where it fails may be followed by what says why, once the ledger has it.
      const isSure = first !== undefined && first.confidence >= sureAt && !first.isWhereOnly;
      const soonMs = !isSure || !isActedOn || isStale ? nextSoonMs(round) : null;
      const laterMs = nextLaterMs(clock.now() - incident.openedAt);
      if (soonMs !== null)
        await lookAgain(incidentId, soonMs, { round: round + 1, about: String(round + 1) });
      else if (isOutage(alerts)) await lookAgain(incidentId, laterMs, { round: laterRound, about: 'later' });
      return found;
    },
  };
}

function namesOf(findings: readonly Finding[], topology: Topology): string[] {
  return [...new Set(findings.map((finding) => causeName(finding, topology)))];
}

/**
 * What was seen now, and of earlier what a finding that stays rests on, as it was then: what is over by now would else stand
 * beside figures that deny it.
 */
function withEvidence(
  now: Investigation,
  earlier: readonly Evidence[],
  findings: readonly Finding[],
): Investigation {
  const isOfNow = new Set(now.findings);
  const stays = findings.filter((one) => !isOfNow.has(one));
  const then = (id: string) => (id.endsWith(keptMark) ? id : `${id}${keptMark}`);
  const needed = new Set(stays.flatMap((one) => one.evidence));
  return {
    findings: findings.map((one) => (isOfNow.has(one) ? one : { ...one, evidence: one.evidence.map(then) })),
    evidence: [
      ...now.evidence,
      ...earlier.filter(({ id }) => needed.has(id)).map((piece) => ({ ...piece, id: then(piece.id) })),
    ],
  };
}

/** Ends the id of a piece of evidence that a finding of an earlier look was made of. */
const keptMark = '@earlier';

function explaining(
  { findings, evidence }: Investigation,
  explained: NonNullable<Finding['explained']>,
): Investigation {
  return { findings: findings.map((finding) => ({ ...finding, explained })), evidence };
}

function asHygiene({ findings, evidence }: Investigation): Investigation {
  return { findings: findings.map((finding) => ({ ...finding, nature: 'hygiene' })), evidence };
}

/** Another cause, or another that leads; that one of several can no longer be seen is none. */
function isNews(found: readonly Finding[], known: readonly Finding[], topology: Topology): boolean {
  const names = namesOf(found, topology);
  const before = namesOf(known, topology);
  return names.length > 0 && (names[0] !== before[0] || names.some((name) => !before.includes(name)));
}

/** Diagnoses name their evidence for one target; among many its id begins with the target's name. */
function named(target: string, { evidence, findings }: Investigation): Investigation {
  const nameFor = (id: string) => (id.startsWith(`${target}.`) ? id : `${target}.${id}`);
  const known = new Set(evidence.map((item) => item.id));
  return {
    evidence: evidence.map((item) => ({ ...withReadableTimes(item, timestamp), id: nameFor(item.id) })),
    findings: findings.map((finding) => ({
      ...finding,
      evidence: finding.evidence.map((id) => (known.has(id) ? nameFor(id) : id)),
    })),
  };
}
