import { z } from 'zod';
import type { Message } from '../../core/message.ts';
import { type Delivery, defineNotifier, type NotifierContext } from '../../core/notifier.ts';
import { capped, cappedLines, plain } from '../../core/plain.ts';
import type { Level } from '../../core/severity.ts';
import { exchange, judge, loadClient } from '../../wire/exchange.ts';
import { apiUrl, secretText } from '../../wire/settings.ts';
import { storyOf } from '../../wire/story.ts';

const config = z.strictObject({
  apiKey: secretText.describe('Key of an API integration with the right to create and update alerts'),
  team: z.string().min(1).optional().describe('Team that is told; a person goes before it'),
  url: apiUrl('https://api.opsgenie.com').describe('https://api.eu.opsgenie.com for Europe'),
});

export const opsgenie = defineNotifier({
  kind: 'opsgenie',
  isPager: true,
  tracksIncidents: () => true,
  load: loadClient,
  summary: 'One Opsgenie alert for an incident: created, noted, acknowledged and closed under one alias',
  config,
  send: deliver,
});

const priorities: Readonly<Record<Level, string>> = { critical: 'P1', high: 'P2', medium: 'P3', low: 'P4' };

async function deliver(
  { apiKey, team, url }: z.output<typeof config>,
  message: Message,
  ctx: NotifierContext,
): Promise<Delivery> {
  const request = requestOf(message, team, ctx.timezone);
  if (request === null) return { kind: 'delivered', isFolded: true };
  const answer = await exchange(ctx, {
    url: `${url.replace(/\/$/, '')}/v2/alerts${request.path}`,
    headers: { authorization: `GenieKey ${apiKey}` },
    json: { source: plain(`Upkeep of ${message.source}`, 100), ...request.body },
  });
  if (answer.kind === 'failure') return answer.delivery;
  return judge(answer, ctx.clock.now(), 'may the key create and update alerts?');
}

type Request = { readonly path: string; readonly body: Readonly<Record<string, unknown>> };

/** Null for what is no alert: reports, notices, and what comes after the end. */
function requestOf(message: Message, team: string | undefined, timezone: string | undefined): Request | null {
  const { event, incident } = message;
  const story = storyOf(message, timezone);
  const note = capped(
    [story.news, ...story.lines.map(({ label, text }) => `${label}: ${text}`)].join('\n'),
    20_000,
  );
  if (event === 'test') return { path: '', body: create(message, message.key, 'P5', team, timezone) };
  if (!incident) return null;
  const place = `/${encodeURIComponent(incident.id)}`;
  if (event === 'incident.resolved') return { path: `${place}/close?identifierType=alias`, body: { note } };
  if (incident.status === 'resolved') return null;
  if (event === 'incident.acknowledged') {
    return { path: `${place}/acknowledge?identifierType=alias`, body: { note } };
  }
  if (event === 'incident.updated' || event === 'incident.mitigated') {
    return { path: `${place}/notes?identifierType=alias`, body: { note } };
  }
  // The same alias while the alert is open: Opsgenie counts it up and makes no second one.
  return { path: '', body: create(message, incident.id, priorities[incident.level], team, timezone) };
}

/** Limits: message 130, alias 512, description 15,000 characters. */
function create(
  message: Message,
  alias: string,
  priority: string,
  team: string | undefined,
  timezone: string | undefined,
) {
  const story = storyOf(message, timezone);
  const links = story.choices.flatMap(({ label, url }) => (url === null ? [] : [`${label}: ${url}`]));
  const lines = story.lines.map(({ label, text }) => `${label}: ${text}`);
  const { incident, to } = message;
  const responders = to
    ? [{ type: 'user', username: to.address }]
    : team === undefined
      ? []
      : [{ type: 'team', name: team }];
  return {
    message: capped(story.headline, 130),
    alias: capped(alias, 512),
    description: cappedLines(
      [story.headline, '', ...lines, '', ...links, `Upkeep: ${message.url}`].join('\n'),
      15_000,
    ),
    priority,
    ...(responders.length > 0 ? { responders } : {}),
    entity: plain(incident?.targets[0] ?? message.source, 512),
    tags: (incident?.services ?? []).slice(0, 20).map((name) => plain(name, 50)),
  };
}
