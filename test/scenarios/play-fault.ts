/** One fault of the demo from its injection to the end of its incident, with everything a user is promised between. */
import assert from 'node:assert/strict';
import type { Finding } from '../../src/core/evidence.ts';
import type { IncidentDetail, IncidentView } from '../../src/core/view.ts';
import type { Fault } from '../../src/demo/fault.ts';
import type { WatchedStack } from './watched-stack.ts';

export interface PlayOptions {
  /** Runs once the incident was told, before anything is healed by the test. */
  readonly meanwhile?: (incident: IncidentView) => Promise<void>;
}

/** Injects, waits for incident, message, finding and action, heals where Upkeep may not, and waits for the end. */
export async function playFault(lab: WatchedStack, fault: Fault, options: PlayOptions = {}): Promise<void> {
  await play(lab, fault, options).catch(async (error: Error) => {
    throw new Error(`${error.message}\n${await story(lab)}`, { cause: error });
  });
}

/** What happened to the newest incident, for a failure's message. */
async function story(lab: WatchedStack): Promise<string> {
  const [newest] = await lab.incidents();
  if (!newest) return 'no incident at all';
  const { title, status, timeline, alerts } = await lab.incident(newest.id);
  const firing = alerts
    .filter((alert) => alert.state === 'firing')
    .map(({ rule, target, detail }) => `${rule} on ${target}: ${detail}`);
  const words = ({ at, kind, payload }: (typeof timeline)[number]) =>
    `${new Date(at).toISOString().slice(11, 23)} ${kind} ${payload.target ?? ''} ${payload.rule ?? payload.action ?? ''} ${payload.result ?? payload.reason ?? payload.detail ?? ''}`;
  return [`${title} (${status})`, ...timeline.map(words), 'firing:', ...firing].join('\n');
}

async function play(lab: WatchedStack, fault: Fault, options: PlayOptions): Promise<void> {
  const opened = await open(lab, fault);
  await options.meanwhile?.(opened);
  await explained(lab, fault, opened.id);
  await actedOn(lab, fault, opened.id);
  if (!fault.healedByUpkeep) await lab.stack.heal(fault.name);
  await ended(lab, opened.id);
  await lab.stack.heal(fault.name);
}

export async function allUp(lab: WatchedStack): Promise<void> {
  await lab.until('every target is up', async () => {
    const { targets } = lab.app.ctx.estate();
    const up = [...targets.keys()].filter((name) => lab.app.ctx.picture.target(name).up === 1);
    return up.length === targets.size ? up : undefined;
  });
}

async function open(lab: WatchedStack, fault: Fault): Promise<IncidentView> {
  const known = new Set((await lab.incidents()).map((incident) => incident.id));
  await lab.stack.inject(fault.name);
  const opened = await lab.until('an incident', async () =>
    (await lab.incidents()).find((one) => !known.has(one.id)),
  );
  const told = await lab.until('its message', () => toldOf(lab, opened.id, 'incident.opened')[0]);
  assert.equal(told.version, 1);
  return opened;
}

async function explained(lab: WatchedStack, { expect }: Fault, id: string): Promise<void> {
  const names = (one: Finding) =>
    (one.id === expect.diagnosis && one.target === expect.target) ||
    (one.id === expect.deeper?.diagnosis && one.target === expect.deeper.target);
  let seen: readonly Finding[] = [];
  const look = async () => {
    const incident = await lab.incident(id);
    seen = incident.findings;
    return seen.some(names) ? incident : undefined;
  };
  const incident: IncidentDetail = await lab
    .until(`the finding ${expect.diagnosis} on ${expect.target}`, look)
    .catch((error: Error) => {
      throw new Error(`${error.message}; found ${seen.map(inWords).join('; ') || 'nothing'}`);
    });
  const finding = incident.findings.find(names);
  assert.ok(finding);
  assert.ok(finding.evidence.length > 0);
  assert.ok(
    finding.evidence.every((one) => incident.evidence.some((item) => item.id === one)),
    'every claim is tied to evidence that was kept',
  );
}

function inWords({ id, target, confidence, summary }: Finding): string {
  return `${id} on ${target} (${confidence}): ${summary}`;
}

async function actedOn(lab: WatchedStack, { expect }: Fault, id: string): Promise<void> {
  if (expect.actions !== undefined) {
    const { actions } = expect;
    const done = await lab.until(`${actions.join(' or ')} done`, async () =>
      (await lab.actions()).find(
        (one) => one.incidentId === id && actions.includes(one.plan.action) && one.state === 'done',
      ),
    );
    assert.match(done.report ?? '', /Verification/);
  } else if (expect.rule !== undefined) {
    await lab.until(`the alert ${expect.rule}`, async () => {
      const { alerts } = await lab.incident(id);
      return alerts.find((alert) => alert.rule === expect.rule);
    });
  }
}

async function ended(lab: WatchedStack, id: string): Promise<void> {
  const look = async () => {
    const incident = await lab.incident(id);
    return incident.status === 'resolved' ? incident : undefined;
  };
  const resolved = await lab.until('the incident resolves', look, 120_000);
  await lab.until('the resolved message', () => toldOf(lab, id, 'incident.resolved')[0]);
  assert.ok(resolved.timeline.some((entry) => entry.kind === 'incident.resolved'));
  for (const event of ['incident.opened', 'incident.resolved'])
    assert.equal(toldOf(lab, id, event).length, 1, `${event} is told once`);
}

function toldOf(lab: WatchedStack, id: string, event: string) {
  return lab.messages.filter((one) => one.event === event && one.incident?.id === id);
}
