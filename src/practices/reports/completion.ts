/** A completion report as a page of its own. */
import type { ActionState, ActionView } from '../../core/view.ts';
import type { Tone } from './document.ts';
import { reportHtml } from './html.ts';

const tones: Readonly<Partial<Record<ActionState, Tone>>> = {
  ...{ done: 'ok', undone: 'warning', failed: 'critical', interrupted: 'critical' },
};

export function completionHtml(action: ActionView, markdown: string, span: string): string {
  // The heading of the Markdown is the page's title.
  const [heading = '', ...rest] = markdown.split('\n');
  return reportHtml({
    title: heading.replace(/^#+ /, ''),
    span,
    tone: tones[action.state] ?? 'unknown',
    headline: action.plan.summary,
    lead: action.result ?? '',
    figures: [],
    sections: [{ title: 'Completion report', blocks: [{ kind: 'markdown', text: rest.join('\n').trim() }] }],
    footer: `Written by Upkeep from its journal; action ${action.id}`,
  });
}
