/** The forms in which teams define such an assistant; each puts the same facts under its own headings. */
import { plain } from '../../core/plain.ts';
import * as block from './blocks.ts';
import { type DefinitionFacts, taught } from './facts.ts';

export const forms = ['template', 'studio', 'guildford', 'earningsnerd', 'protocol-guide'] as const;
export type Form = (typeof forms)[number];

type Section = readonly [heading: string, text: string];

const agentName = 'infrastructure-maintainer';

export const writers: Readonly<Record<Form, (facts: DefinitionFacts) => string>> = {
  template: (facts) =>
    document(
      frontMatter({
        name: agentName,
        description: `DevOps and site reliability specialist for ${teamOf(facts)}: keeps systems running with Upkeep (auto-triggers on incidents)`,
      }),
      `You are an infrastructure maintenance expert for ${teamOf(facts)}. You see and change systems through Upkeep alone.`,
      [
        ['## Your Role', block.list(roles)],
        ['## Proactive Infrastructure Monitoring', `**Workflow:**\n${numbered(block.loop)}`],
        ['## Project Knowledge', block.watched(facts)],
        ['## Infrastructure Standards', `**SLA Targets:**\n\n${block.objectives(facts)}`],
        ['## Key Metrics to Monitor', block.thresholds(facts)],
        ['## Incident Severity Levels', block.escalation(facts)],
        ['## Tools', `${block.connecting(facts)}\n\n${block.tools()}\n\n${block.actions(facts)}`],
        ['## Routine', block.routine(facts)],
        ['## Boundaries', boundaries(facts)],
      ],
    ),

  studio: (facts) =>
    document(
      frontMatter({
        name: agentName,
        description: [
          'Use this agent when:',
          '- Investigating outages or performance issues',
          `- Monitoring the health of ${teamOf(facts)}`,
          '- Managing scaling, capacity, backups or maintenance',
          '',
          'Examples:',
          '- User: "Our API response times have been degrading, can you investigate?"',
          '  Assistant: "I\'ll use the infrastructure-maintainer agent to diagnose the performance issue"',
        ].join('\\n'),
        color: 'purple',
        tools: ['Read', 'Grep', ...taught.map(([verb]) => `mcp__upkeep__${verb.replace('.', '_')}`)].join(
          ', ',
        ),
      }),
      `You are an infrastructure reliability expert who keeps ${teamOf(facts)} fast and stable. You see and change systems through Upkeep alone.`,
      [
        ['## Core Responsibilities', block.list(roles)],
        ['## Infrastructure Stack Components', `${block.watched(facts)}\n\n${block.objectives(facts)}`],
        ['## Scaling Triggers & Thresholds', block.thresholds(facts)],
        ['## Monitoring Alert Hierarchy', block.escalation(facts)],
        ['## Incident Response Protocol', numbered(block.loop)],
        ['## Tools', `${block.connecting(facts)}\n\n${block.tools()}\n\n${block.actions(facts)}`],
        ['## Routine', block.routine(facts)],
        ['## Boundaries', boundaries(facts)],
      ],
    ),

  guildford: (facts) =>
    document('', '# Infrastructure Maintainer Agent', [
      ['## Metadata', `- **Name:** ${agentName}\n- **Category:** Operations\n- **Color:** gray`],
      [
        '## Description',
        `Use this agent for performance, maintenance and reliability of ${teamOf(facts)}. It sees and changes systems through Upkeep alone.`,
      ],
      ['## Primary Responsibilities', numbered(roles)],
      ['## System Health Dashboard', `### Key Indicators\n${block.thresholds(facts)}`],
      [
        '## Platform Infrastructure',
        `### Component Specifications\n${block.watched(facts)}\n\n${block.objectives(facts)}`,
      ],
      ['## Tools', `${block.connecting(facts)}\n\n${block.tools()}\n\n### Actions\n${block.actions(facts)}`],
      ['## Maintenance Windows', block.routine(facts)],
      [
        '## Incident Response',
        `### Severity Levels\n${block.escalation(facts)}\n\n### Investigation\n${numbered(block.loop)}`,
      ],
      ['## Boundaries', boundaries(facts)],
    ]),

  earningsnerd: (facts) =>
    document('', '# Infrastructure Maintainer Agent Definition', [
      [
        '## 1. Identity & Persona',
        [
          `* **Role:** Infrastructure Engineer & Systems Reliability Guardian of ${teamOf(facts)}`,
          '* **Voice:** Methodical, and exact about evidence. Speaks in terms of uptime, capacity and failure modes.',
        ].join('\n'),
      ],
      ['## 2. Core Responsibilities', block.list(roles, '*')],
      [
        '## 3. Knowledge Base & Context',
        [
          `${block.watched(facts)}\n\n${block.objectives(facts)}\n`,
          '* **Forbidden Actions:**',
          ...block.never(facts).map((one) => `  - **NEVER:** ${plain(one, 400)}`),
        ].join('\n'),
      ],
      [
        '## 4. Operational Workflow (The "Loop")',
        [
          `### 1. Input Analysis\n${numbered(block.loop)}`,
          `### 2. Tool Selection\n${block.connecting(facts)}\n\n${block.tools()}`,
          `### 3. Execution\nThe guard decides on every action; what you propose waits for a person.\n\n${block.actions(facts)}`,
          `### 4. Self-Correction Checklist\n${block.list(block.always(facts), '- [ ]')}`,
        ].join('\n\n'),
      ],
      [
        '## 5. Interaction Guidelines',
        `### Handoffs\n${block.escalation(facts)}\n\n${block.list(block.askFirst(facts), '* **Ask first:**')}`,
      ],
      ['## 6. Routine', block.routine(facts)],
      ['## 7. Emergency Protocols', `### Capacity Planning Thresholds\n${block.thresholds(facts)}`],
    ]),

  'protocol-guide': (facts) =>
    document('', '# Infrastructure Maintainer Agent', [
      ['## Agent Name', '**Infrastructure Maintainer**'],
      [
        '## Role',
        `Monitors and maintains the technical infrastructure of ${teamOf(facts)}, through Upkeep alone.`,
      ],
      ['## Specific Responsibilities', `${block.list(roles)}\n\n${block.watched(facts)}`],
      ['## Tools and Data Sources', `${block.connecting(facts)}\n\n${block.tools()}`],
      ['## Reporting Cadence', block.routine(facts)],
      ['## Escalation Criteria', block.escalation(facts)],
      [
        '## Key Performance Indicators',
        `### Availability and Performance Targets\n${block.objectives(facts)}\n\n### Limits\n${block.thresholds(facts)}`,
      ],
      ['## Automated Actions', `${block.actions(facts)}\n\n${boundaries(facts)}`],
      ['## Output Formats', numbered(block.loop)],
    ]),
};

const roles = [
  'watch system health, performance and capacity, and explain what is wrong from evidence',
  'handle incidents: assess, propose what mitigates, find the cause, document',
  'keep databases, caches, certificates and backups in order, in the maintenance windows',
  'say early what runs out, what costs too much and what could not be checked',
];

function boundaries(facts: DefinitionFacts): string {
  return [
    '**Always:**',
    block.list(block.always(facts)),
    '',
    '**Ask first:**',
    block.list(block.askFirst(facts)),
    '',
    '**Never:**',
    block.list(block.never(facts)),
  ].join('\n');
}

function teamOf({ configuration: { name, environment } }: DefinitionFacts): string {
  return plain(environment === null ? name : `${name} (${environment})`, 120);
}

function numbered(items: readonly string[]): string {
  return items.map((item, index) => `${index + 1}. ${plain(item, 400)}`).join('\n');
}

/** One line a key, as assistants read it: a value that YAML could misread stands in quotes. */
function frontMatter(fields: Readonly<Record<string, string>>): string {
  const lines = Object.entries(fields).map(([key, value]) => {
    const isPlain = /^[A-Za-z0-9][A-Za-z0-9_, -]*$/.test(value);
    return `${key}: ${isPlain ? value : `"${value.replace(/\\(?!n)/g, '\\\\').replaceAll('"', '\\"')}"`}`;
  });
  return `---\n${lines.join('\n')}\n---`;
}

function document(head: string, opening: string, sections: readonly Section[]): string {
  const parts = [
    ...(head === '' ? [] : [head]),
    opening,
    ...sections.map(([heading, text]) => `${heading}\n\n${text}`),
  ];
  return `${parts.join('\n\n')}\n`;
}
