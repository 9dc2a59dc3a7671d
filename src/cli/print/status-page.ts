/** The public status page for people at a terminal. */

import { count } from '../../core/count.ts';
import type { ComponentState, StatusPageView, SubscriberView } from '../../core/status-page.ts';
import { moment } from '../moments.ts';
import { paint, plain, type Terminal, table } from '../terminal.ts';

const colours: Readonly<Record<ComponentState, 'green' | 'gray' | 'blue' | 'yellow' | 'red'>> = {
  operational: 'green',
  unknown: 'gray',
  maintenance: 'blue',
  degraded: 'yellow',
  partial: 'red',
  major: 'red',
};

const readers = {
  off: 'nobody is given it by Upkeep; its files are in the folder',
  link: 'who has the secret address may read it',
  public: 'everybody may read it at /status/',
} as const;

export const statusPageForms = {
  'status-page.show': printStatusPage,
  'status-page.render': printStatusPage,
  'status-page.subscribers': (terminal: Terminal, found: SubscriberView[]) =>
    found.length === 0
      ? 'Nobody is subscribed.'
      : table(
          terminal,
          found.map(({ address, createdAt, confirmedAt }) => [
            `  ${plain(address)}`,
            confirmedAt === null
              ? `asked ${moment(terminal, createdAt)}, not confirmed yet`
              : `since ${moment(terminal, confirmedAt)}`,
          ]),
        ),
  'status-page.remove': (_: Terminal, { address }: { address: string }) =>
    `${plain(address)} gets no more mails; the address was deleted`,
  'status-page.link': (_: Terminal, { url }: { url: string }) =>
    `${url}\nThis is shown once. The address before opens nothing any more.`,
};

function printStatusPage(terminal: Terminal, page: StatusPageView): string {
  const rows = page.components.map(({ name, group, state, uptime }) => [
    `  ${plain(name)}`,
    paint(terminal, colours[state], state),
    uptime === null ? 'no data yet' : `${(Math.floor(uptime * 10_000) / 100).toFixed(2)} %`,
    group === null ? '' : plain(group),
  ]);
  return [
    `${paint(terminal, 'bold', plain(page.title))}  ${paint(terminal, colours[page.overall], page.overall)}`,
    table(terminal, rows),
    ...page.openIncidents.map((title) => `  ${paint(terminal, 'red', '!')} ${plain(title)}`),
    `  ${count(page.files, 'file')} in ${plain(page.folder)}, written ${moment(terminal, page.writtenAt)}`,
    `  ${readers[page.access]}`,
    ...(page.problem === null ? [] : [`  ${paint(terminal, 'red', '✗')} ${plain(page.problem)}`]),
  ].join('\n');
}
