// biome-ignore-all lint/suspicious/noTemplateCurlyInString: variables of upkeep.yaml, not of JavaScript
/** Writes the commented upkeep.yaml that `upkeep init` leaves behind. */
import type { Proposal } from '../core/system.ts';
import { type LentServer, lentLines, type RenderPart, renderedLine } from './write-comments.ts';
import { flow, oneLine } from './write-value.ts';

export interface WriteInput {
  readonly name: string;
  readonly timezone: string;
  readonly proposals: readonly Proposal[];
  /** Whether `${NAME}` will find a value when the file is read: in the environment or in `.env`. */
  readonly isVariableSet: (name: string) => boolean;
  /** Services that a compose file declares and that do not run here. */
  readonly idle?: readonly {
    readonly name: string;
    readonly file: string;
    readonly ports: readonly number[];
  }[];
  readonly lent?: readonly LentServer[];
  /** What render.yaml declares without an address. */
  readonly rendered?: readonly RenderPart[];
  /** Kinds of notifiers there are. */
  readonly notifiers: readonly string[];
}

/** The text passes `upkeep check` as it is. Addresses of variables that are set stay out of the file. */
export function writeConfiguration(input: WriteInput): string {
  return [
    '# What Upkeep watches, whom it tells and what it may do. `upkeep check` proves this file;',
    '# Upkeep reads it again on every change. Values may be ${NAME} from the environment or .env beside this file,',
    '# and secrets may be file:PATH.',
    '',
    `name: ${scalar(input.name)}`,
    `timezone: ${scalar(input.timezone)}`,
    'severities: words            # words | sev | p',
    'store: ./data                # a folder, or postgres://user@host/database',
    '',
    'targets:',
    ...input.proposals.flatMap((proposal) => targetLines(proposal, input)),
    ...(input.proposals.length === 0 ? ['  this-machine: { system: host }'] : []),
    ...(input.idle ?? []).map(idleLine),
    ...lentLines(input.lent ?? []),
    ...(input.rendered ?? []).map(renderedLine),
    '',
    ...servicesLines(input.proposals),
    '',
    ...notifyLines(input.notifiers),
    '',
    '# What Upkeep may change. What no line names is denied; never beats ask, ask beats always.',
    'guard:',
    '  never: []',
    '  ask: ["*"]                 # every action waits for a yes',
    '  always: []                 # for example: process.restart on api',
    '',
    'reports: { daily: "06:00" }',
    '',
  ].join('\n');
}

function targetLines(proposal: Proposal, input: WriteInput): string[] {
  const { variable } = proposal;
  const usesVariable = variable !== undefined && input.isVariableSet(variable);
  const entries = Object.entries(proposal.config).map(([key, value]) => {
    const text = key === 'url' && usesVariable ? `"\${${variable}}"` : flow(value);
    return `${key}: ${text}`;
  });
  return [
    `  # ${oneLine(proposal.found)}`,
    `  ${scalar(proposal.name)}: { ${[`system: ${proposal.system}`, ...entries].join(', ')} }`,
  ];
}

function idleLine({ name, file, ports }: NonNullable<WriteInput['idle']>[number]): string {
  return `  # ${oneLine(name)} of ${file} does not run here (nothing listens on ${ports.join(', ')}), so it is not watched: start it, then see upkeep init --stdout`;
}

function servicesLines(proposals: readonly Proposal[]): string[] {
  const web = proposals.filter((proposal) => proposal.system === 'http').map((proposal) => proposal.name);
  const stores = proposals
    .filter((proposal) => proposal.system === 'postgres' || proposal.system === 'redis')
    .map((proposal) => proposal.name);
  const [first] = web;
  const example = [
    '# What users know: its targets, what those need, and what was promised.',
    '# services:',
    `#   shop: { targets: [${first ?? 'web'}], dependsOn: [${stores.join(', ')}], slo: { availability: 99.9%, latency: { p95: 500ms } } }`,
  ];
  return example;
}

function notifyLines(kinds: readonly string[]): string[] {
  const lines = [
    '# Whom to tell. Without `oncall.escalation` every incident goes to all of them at once.',
    `# Kinds: ${kinds.join(', ')}.`,
  ];
  if (kinds.includes('console')) lines.push('notify:', '  terminal: { notifier: console }');
  lines.push('#   ops: { notifier: webhook, url: "${WEBHOOK_URL}" }');
  return lines;
}

/** `$${` keeps what was found from being taken for a variable. */
function scalar(text: string): string {
  return flow(text);
}
