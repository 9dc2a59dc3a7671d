/** Every fault of the demo on real servers: detected, explained, mitigated where the guard allows, resolved. */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import type { Finding } from '../../src/core/evidence.ts';
import { faultNames } from '../../src/demo/fault.ts';
import { type WatchedStack, watchStack } from './watched-stack.ts';

describe('faults of a real stack', { concurrency: false }, () => {
  let lab: WatchedStack;
  before(async () => {
    lab = await watchStack();
    await lab.until('every target is up', async () => {
      const { targets } = lab.app.ctx.estate();
      const up = [...targets.keys()].filter((name) => lab.app.ctx.picture.target(name).up === 1);
      return up.length === targets.size ? up : undefined;
    });
  });
  after(() => lab.stop());

  for (const name of faultNames) {
    test(`${name} is detected, explained, acted on and recovered from`, { timeout: 120_000 }, async (t) => {
      const fault = lab.stack.faults.find((one) => one.name === name);
      if (!fault) return t.skip(`this stack has no ${name}: ${lab.stack.missing.join('; ')}`);
      const { expect } = fault;
      const known = new Set((await lab.incidents()).map((incident) => incident.id));
      await lab.stack.inject(name);

      const opened = await lab.until('an incident', async () =>
        (await lab.incidents()).find((one) => !known.has(one.id)),
      );
      const told = await lab.until('its message', () =>
        lab.messages.find((one) => one.event === 'incident.opened' && one.incident?.id === opened.id),
      );
      assert.equal(told.version, 1);

      const names = (one: Finding) =>
        (one.id === expect.diagnosis && one.target === expect.target) ||
        (one.id === expect.deeper?.diagnosis && one.target === expect.deeper.target);
      let seen: readonly Finding[] = [];
      const explained = await lab
        .until(`the finding ${expect.diagnosis} on ${expect.target}`, async () => {
          const incident = await lab.incident(opened.id);
          seen = incident.findings;
          return seen.some(names) ? incident : undefined;
        })
        .catch((error: Error) => {
          throw new Error(
            `${error.message}; found ${seen.map((one) => `${one.id} on ${one.target} (${one.confidence}): ${one.summary}`).join('; ') || 'nothing'}`,
          );
        });
      const finding = explained.findings.find(names);
      assert.ok(finding);
      assert.ok(
        finding.evidence.every((id) => explained.evidence.some((item) => item.id === id)),
        'every claim is tied to evidence that was kept',
      );
      assert.ok(finding.evidence.length > 0);

      if (expect.action !== undefined) {
        const done = await lab.until(`${expect.action} done`, async () =>
          (await lab.actions()).find(
            (one) =>
              one.incidentId === opened.id && one.plan.action === expect.action && one.state === 'done',
          ),
        );
        assert.match(done.report ?? '', /Verification/);
      } else if (expect.rule !== undefined) {
        await lab.until(`the alert ${expect.rule}`, async () => {
          const { alerts } = await lab.incident(opened.id);
          return alerts.find((alert) => alert.rule === expect.rule);
        });
      }
      if (!fault.healedByUpkeep) await lab.stack.heal(name);
      const resolved = await lab.until(
        'the incident resolves',
        async () => {
          const incident = await lab.incident(opened.id);
          return incident.status === 'resolved' ? incident : undefined;
        },
        60_000,
      );
      await lab.until('the resolved message', () =>
        lab.messages.find((one) => one.event === 'incident.resolved' && one.incident?.id === opened.id),
      );
      assert.ok(resolved.timeline.some((entry) => entry.kind === 'incident.resolved'));
      await lab.stack.heal(name);
    });
  }
});
