/** What a model may read without calling a tool: incidents, and the runbooks of the rules. */
import { UpkeepError } from '../core/verb.ts';
import type { IncidentView } from '../core/view.ts';
import type { Caller } from './caller.ts';
import { fenced } from './untrusted.ts';

const incidentPrefix = 'upkeep://incidents/';
const runbookPrefix = 'upkeep://runbooks/';
/** Of resolved incidents; open ones are all listed. */
const resolvedListed = 20;

export const resourceTemplates = [
  {
    uriTemplate: `${incidentPrefix}{id}`,
    name: 'incident',
    description: 'One incident whole: alerts, findings with evidence, actions, timeline, runbooks',
    mimeType: 'text/plain',
  },
  {
    uriTemplate: `${runbookPrefix}{rule}`,
    name: 'runbook',
    description: 'What an alert of this rule means, what to look at, what to do',
    mimeType: 'text/markdown',
  },
];

interface RuleListed {
  readonly id: string;
  readonly summary: string;
  readonly isEnabled: boolean;
}

export async function listResources({ ask }: Caller) {
  const [open, resolved, rules] = await Promise.all([
    ask('incident.list', { status: 'open' }),
    ask('incident.list', { status: 'resolved', limit: resolvedListed }),
    ask('rule.list', {}),
  ]);
  const incidents = [...(open as IncidentView[]), ...(resolved as IncidentView[])];
  return [
    ...incidents.map(({ id, severity, status }) => ({
      uri: `${incidentPrefix}${id}`,
      name: `incident ${id.slice(0, 8)}`,
      // Titles quote watched systems, and nothing fences a list.
      description: `${severity}, ${status}`,
      mimeType: 'text/plain',
    })),
    ...(rules as RuleListed[])
      .filter(({ isEnabled }) => isEnabled)
      .map(({ id, summary }) => ({
        uri: `${runbookPrefix}${id}`,
        name: `runbook ${id}`,
        description: summary,
        mimeType: 'text/markdown',
      })),
  ];
}

/** @throws UpkeepError not-found */
export async function readResource({ ask, newMark }: Caller, uri: string) {
  if (uri.startsWith(incidentPrefix)) {
    const incident = await ask('incident.show', { id: uri.slice(incidentPrefix.length) });
    return { uri, mimeType: 'text/plain', text: fenced(incident, newMark()) };
  }
  if (uri.startsWith(runbookPrefix)) {
    const rule = (await ask('rule.show', { rule: uri.slice(runbookPrefix.length) })) as {
      summary: string;
      runbook: string;
    };
    return { uri, mimeType: 'text/markdown', text: `# ${rule.summary}\n\n${rule.runbook}` };
  }
  throw new UpkeepError('not-found', `there is no resource ${uri.slice(0, 200)}`);
}
