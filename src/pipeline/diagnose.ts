/** Gathers evidence for an incident from its targets and from all they need, and ranks what it shows. */
import { timestamp } from '../clock.ts';
import type { Alert } from '../core/alert.ts';
import type { Change } from '../core/change.ts';
import { rankFindings } from '../core/diagnosis.ts';
import { type Evidence, type Finding, withReadableTimes } from '../core/evidence.ts';
import { leadTarget } from '../core/incident.ts';
import { logEvidence } from '../core/log/evidence.ts';
import type { DiagnosisContext } from '../core/system.ts';
import { dependenciesOf } from '../core/topology.ts';
import * as alertRows from '../store/alerts.ts';
import * as incidentRows from '../store/incidents.ts';
import * as jobs from '../store/jobs.ts';
import type { SampleStore } from '../store/samples/index.ts';
import type { Estate } from './bound.ts';
import type { Desk } from './desk.ts';
import type { Ledger } from './ledger.ts';
import type { Logs } from './logs/index.ts';
import type { Picture } from './picture.ts';
import { recentChanges } from './recent-changes.ts';

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
const rounds = [2_000, 5_000, 15_000, 30_000, 60_000];

export function createDiagnostician(
  desk: Desk,
  options: {
    readonly picture: Picture;
    readonly estate: () => Estate;
    readonly ledger: Pick<Ledger, 'around'>;
    /** What the targets log; nothing where absent. */
    readonly logs?: Pick<Logs, 'view'>;
    /** What the sample store kept; nothing where absent. */
    readonly range?: SampleStore['range'];
    /** Hands the recommendations of new findings to the acting stage; false when one could not be planned yet. */
    readonly onFindings: (incidentId: string, findings: readonly Finding[]) => Promise<boolean>;
  },
): Diagnostician {
  const { clock, store } = desk;

  /** Around the onset of its own trouble, else of the whole. */
  function ofLogs(target: string, alerts: readonly Alert[], since: number | undefined): Investigation {
    const now = clock.now();
    const onsets = alerts.filter((alert) => alert.target === target).map((alert) => alert.since);
    const all = onsets.length > 0 ? onsets : alerts.map((alert) => alert.since);
    const isTrouble = since !== undefined || all.length > 0;
    const onset = since ?? Math.min(...(isTrouble ? all : [now - withoutOnsetMs]));
    const view = options.logs?.view(target, { from: onset - logLookBackMs, to: now });
    if (!view) return { evidence: [], findings: [] };
    const { evidence, findings } = logEvidence({ target, view, onset, now, isTrouble });
    return { evidence: evidence.map((item) => withReadableTimes(item, timestamp)), findings };
  }

  async function investigate(
    targets: readonly string[],
    alerts: readonly Alert[],
    since?: number,
  ): Promise<Investigation> {
    const { targets: watched, topology } = options.estate();
    const asked = new Set(targets);
    const below = targets
      .flatMap((name) => dependenciesOf(topology, name))
      .filter((name) => !asked.has(name));
    const changes = recentChanges(options.ledger, clock.now());
    const rules = new Set(alerts.map((alert) => `${alert.target}|${alert.rule}`));
    const work: Promise<Investigation>[] = [];
    for (const name of new Set([...targets, ...below])) {
      const target = watched.get(name);
      if (!target) continue;
      const hasAlert = alerts.some((alert) => alert.target === name);
      for (const diagnosis of target.bound.diagnoses) {
        // A target with alerts is asked what explains them; one without, everything it knows.
        if (hasAlert && !diagnosis.explains.some((rule) => rules.has(`${name}|${rule}`))) continue;
        const dependencies = dependenciesOf(topology, name);
        const mine = alerts.filter((alert) => alert.target === name || dependencies.includes(alert.target));
        work.push(runDiagnosis(diagnosis, name, { dependencies, alerts: mine, changes: changes.of(name) }));
      }
    }
    const parts = await Promise.all(work);
    const logged = [...new Set([...targets, ...below])].map((name) => ofLogs(name, alerts, since));
    const changed = (await changes.evidence(targets)).map((item) => withReadableTimes(item, timestamp));
    const gathered = [...changed, ...[...parts, ...logged].flatMap((part) => part.evidence)];
    const evidence = new Map(gathered.map((item) => [item.id, item]));
    return {
      findings: rankFindings(
        [...parts, ...logged].flatMap((part) => part.findings),
        topology,
      ),
      evidence: [...evidence.values()],
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
      cancel = clock.after(gatherTimeoutMs, () => {
        stop.abort(new Error('the diagnosis took too long'));
        resolve(unseen(`no answer within ${gatherTimeoutMs} ms`));
      });
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

  async function lookAgain(incidentId: string, round: number): Promise<void> {
    const wait = rounds[round - 1];
    if (wait === undefined) return;
    const next = {
      kind: 'diagnose',
      key: `diagnose:${incidentId}:${round + 1}`,
      payload: { incidentId, round: round + 1 },
      runAt: clock.now() + wait,
    };
    await store.transaction((tx) => jobs.enqueue(tx, next));
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
      if (alerts.length === 0) return null;
      const found = await investigate([...new Set(alerts.map((alert) => alert.target))], alerts);
      const isOver = await store.transaction(async (tx) => {
        const fresh = await incidentRows.require(tx, incidentId);
        if (fresh.status === 'resolved') return true;
        // Evidence of a clearer moment is kept when a later look sees nothing.
        const keepsOld = found.findings.length === 0 && fresh.findings.length > 0;
        const saved = keepsOld
          ? fresh
          : await incidentRows.update(tx, {
              ...fresh,
              ...found,
              lead: leadTarget(fresh.lead, found.findings, options.estate().topology),
              diagnosedAt: clock.now(),
            });
        if (isNews(found.findings, fresh.findings)) {
          const summary = found.findings.map(({ id, target, summary: text, confidence }) => ({
            id,
            target,
            summary: text,
            confidence,
          }));
          await desk.journalIncident(tx, saved, 'incident.diagnosed', { findings: summary, round });
          await desk.tell(
            tx,
            saved,
            'incident.updated',
            `${incidentId}:diagnosed:${desk.digest(signature(found.findings)).slice(0, 16)}`,
          );
        }
        return false;
      });
      if (isOver) return found;
      desk.changed();
      const isActedOn = await options.onFindings(incidentId, found.findings);
      const isSure = (found.findings[0]?.confidence ?? 0) >= sureAt;
      if (!isSure || !isActedOn) await lookAgain(incidentId, round);
      return found;
    },
  };
}

function nameOf(finding: Finding): string {
  return `${finding.id}@${finding.target}`;
}

function signature(findings: readonly Finding[]): string {
  return findings.map(nameOf).join(',');
}

/** Another cause, or another that leads; that one of several can no longer be seen is none. */
function isNews(found: readonly Finding[], known: readonly Finding[]): boolean {
  const [lead] = found;
  if (lead === undefined) return false;
  const names = new Set(known.map(nameOf));
  return nameOf(lead) !== known.map(nameOf)[0] || found.some((finding) => !names.has(nameOf(finding)));
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
