/** What people see after the form and the links of mails. */
import { html } from 'hono/html';
import type { Rendered } from '../../practices/status-page/index.ts';
import { documentOf } from '../../practices/status-page/layout.ts';

export type Said =
  | 'asked'
  | 'no-address'
  | 'confirm'
  | 'confirmed'
  | 'unsubscribe'
  | 'unsubscribed'
  | 'stale';

const texts: Readonly<
  Record<Said, { readonly heading: string; readonly text: string; readonly button?: string }>
> = {
  asked: {
    heading: 'Look into your mail',
    // The same for every address: it tells nobody who is subscribed.
    text: 'If this address gets no mails yet, one is on its way with a link to confirm. It is good for 24 hours.',
  },
  'no-address': {
    heading: 'That is no mail address',
    text: 'Go back and write it as in you@example.org.',
  },
  confirm: {
    heading: 'Send mails when something changes?',
    text: 'One when a problem begins, when there is news, when it is over, and for planned maintenance.',
    button: 'Yes, send me mails',
  },
  confirmed: { heading: 'You will get mails', text: 'Every mail has a link that ends them.' },
  unsubscribe: {
    heading: 'No more mails?',
    text: 'Your address is then deleted.',
    button: 'End the mails',
  },
  unsubscribed: { heading: 'No more mails', text: 'Your address was deleted.' },
  stale: {
    heading: 'This link is not good any more',
    text: 'It has run out or was used. Subscribe again to get a new one.',
  },
};

/** Links of mails and the form lie at several depths, so files are named from the root. */
export function answerOf({ frame }: Rendered, said: Said): Promise<string> {
  const { heading, text, button } = texts[said];
  const form =
    button === undefined ? '' : html`<form method="post"><button type="submit">${button}</button></form>`;
  const body = html`<section class="card note"><h1>${heading}</h1><p>${text}</p>${form}</section>`;
  const own = { ...frame, subscribe: 'subscribe' };
  return documentOf(own, { heading, root: '/status/', body, page: null, isAlone: true });
}
