/** The definition of an assistant, written for each team's own configuration in each form. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { parse } from 'yaml';
import { createApp } from '../../src/app.ts';
import { systemClock } from '../../src/clock.ts';
import { severityWord } from '../../src/core/severity.ts';
import { silentLog } from '../../src/log.ts';
import { toolName, toolsFor } from '../../src/mcp/tool.ts';
import { notifiers } from '../../src/notifiers/index.ts';
import { taught } from '../../src/practices/agent-definition/facts.ts';
import { forms } from '../../src/practices/agent-definition/forms.ts';
import { systems } from '../../src/systems/index.ts';
import { verbNamed, verbs } from '../../src/verbs/index.ts';
import { readExample } from './simulated.ts';

interface Written {
  readonly content: string;
}

const teams = ['template', 'studio', 'guildford', 'earningsnerd', 'protocol-guide'] as const;
/** The headings by which each file is known. */
const headings: Readonly<Record<(typeof teams)[number], readonly string[]>> = {
  template: ['## Your Role', '## Project Knowledge', '## Infrastructure Standards', '## Boundaries'],
  studio: ['## Core Responsibilities', '## Scaling Triggers & Thresholds', '## Monitoring Alert Hierarchy'],
  guildford: ['## Metadata', '## System Health Dashboard', '## Incident Response'],
  earningsnerd: ['## 1. Identity & Persona', '* **Forbidden Actions:**', '## 7. Emergency Protocols'],
  'protocol-guide': ['## Agent Name', '## Escalation Criteria', '## Key Performance Indicators'],
};

for (const team of teams)
  test(`${team}: the definition names what is watched, thresholds, escalation, prohibitions and tools, and no secret`, async () => {
    const { configuration, problems } = readExample(`examples/${team}.yaml`);
    assert.ok(configuration, JSON.stringify(problems));
    const folder = mkdtempSync(join(tmpdir(), 'upkeep-agent-'));
    const app = await createApp({
      configuration: { ...configuration, store: { kind: 'sqlite', folder } },
      file: null,
      clock: systemClock,
      log: silentLog,
      print: () => {},
      systems,
      notifiers,
      web: folder,
      mode: 'scratch',
    });
    try {
      for (const form of forms) {
        const actor = { name: 'test', scopes: ['read'] as const };
        const { content } = (await verbNamed('agent.definition').call(app.ctx, { form }, actor)) as Written;
        for (const heading of headings[form])
          assert.ok(content.includes(`${heading}\n`), `${form}: ${heading}`);
        for (const { name } of configuration.targets)
          assert.ok(content.includes(`| ${name} |`), `${form}: ${name}`);
        for (const { name, slo } of configuration.services)
          if (slo?.availability)
            assert.match(
              content,
              new RegExp(`\\| ${name} \\|.*${Number((slo.availability * 100).toFixed(4))} % available`),
            );
        const own = configuration.targets
          .flatMap(({ rules }) => rules)
          .filter((rule) => rule.enabled && rule.origins);
        for (const rule of own) assert.ok(content.includes(`\`${rule.id}\``), `${form}: ${rule.id}`);
        assert.ok(content.includes(severityWord(configuration.severities, 'critical')));
        for (const rule of [...configuration.guard.never, ...configuration.guard.ask])
          assert.ok(content.includes(rule.action), `${form}: ${rule.action}`);
        assert.match(content, /no destructive database operation without a verified backup/);
        for (const [verb] of taught) assert.ok(content.includes(verb.replace('.', '_')), `${form}: ${verb}`);
        // With the scopes that `connecting` tells people to give; `upkeep mcp` has them by itself.
        assert.match(content, /scopes `read` and `operate`\)/);
        const offered = toolsFor(verbs, ['read', 'operate']).map((tool) => tool.name);
        const listed = [...content.matchAll(/mcp__upkeep__(\w+)/g)].map(([, tool = '']) => tool);
        const named = [...content.matchAll(/`([a-z]+_[a-z-]+)`/g)]
          .map(([, tool = '']) => tool)
          .filter((tool) => verbs.some((verb) => toolName(verb.name) === tool));
        for (const tool of [...listed, ...named]) assert.ok(offered.includes(tool), `${form}: ${tool}`);
        assert.doesNotMatch(content, /:secret@|a-secret-of-32|undefined|\[object/);
        if (form === 'template' || form === 'studio') {
          const [, front = ''] = /^---\n([\s\S]*?)\n---\n/.exec(content) ?? [];
          const fields = parse(front) as Record<string, string>;
          assert.equal(fields.name, 'infrastructure-maintainer');
          assert.ok((fields.description ?? '').includes(configuration.name));
          if (form === 'studio') assert.match(fields.tools ?? '', /mcp__upkeep__status_show/);
        }
      }
    } finally {
      await app.stop();
      rmSync(folder, { recursive: true, force: true });
    }
  });
