/** The message of a storm, from what is stored of its incidents. */
import { timestamp } from '../clock.ts';
import { gravestOf } from '../core/incident/storm.ts';
import type { Message, MessageEvent } from '../core/message.ts';
import { severityWord } from '../core/severity.ts';
import * as incidentRows from '../store/incidents.ts';
import type { Tx } from '../store/index.ts';
import type { Storm } from '../store/storms.ts';
import type { Desk } from './desk.ts';

export async function composeStorm(
  desk: Desk,
  tx: Tx,
  storm: Storm,
  event: MessageEvent,
  key: string,
): Promise<Message> {
  const { name, severities } = desk.configuration();
  const baseUrl = desk.baseUrl();
  const incidents = await incidentRows.headlines(tx, storm.incidents);
  const open = incidents.filter(({ status }) => status !== 'resolved');
  const level = gravestOf((open.length > 0 ? open : incidents).map((one) => one.level));
  return {
    ...{ version: 1, event, key, at: timestamp(desk.clock.now()), source: name },
    storm: {
      id: storm.id,
      since: timestamp(storm.beganAt),
      ...(storm.overAt === null ? {} : { until: timestamp(storm.overAt) }),
      severity: severityWord(severities, level),
      level,
      incidents: incidents.map(({ id, title, level: its, status }) => ({
        ...{ id, title, severity: severityWord(severities, its), level: its, status },
        url: `${baseUrl}/incidents/${id}`,
      })),
    },
    url: `${baseUrl}/incidents`,
  };
}
