/** An Adaptive Card 1.4 for a Workflows webhook; at most 28 KB. Text runs know no Markdown, so nothing needs escaping. */
import type { Message } from '../../core/message.ts';
import { capped, cappedLines, plain } from '../../core/plain.ts';
import { plainMarkup, renderMarkdown } from '../../wire/markdown.ts';
import type { Story } from '../../wire/story.ts';

const styles: Readonly<Record<Story['tone'], string>> = {
  critical: 'attention',
  high: 'attention',
  medium: 'warning',
  low: 'accent',
  good: 'good',
  neutral: 'emphasis',
};

type Part = Readonly<Record<string, unknown>>;

export function cardOf(message: Message, story: Story) {
  const head: Part = {
    type: 'Container',
    style: styles[story.tone],
    bleed: true,
    items: [rich([{ type: 'TextRun', text: story.headline, weight: 'bolder', size: 'medium' }])],
  };
  const lines = story.lines.map(({ label, text }) =>
    rich([
      { type: 'TextRun', text: `${label}  `, weight: 'bolder' },
      { type: 'TextRun', text: capped(text, 1_000) },
    ]),
  );
  const paragraphs = story.markdown === null ? [] : paragraphsOf(story.markdown);
  const source = rich([{ type: 'TextRun', text: plain(message.source, 100), isSubtle: true, size: 'small' }]);
  const actions = [
    ...story.choices.flatMap(({ label, url }) => (url === null ? [] : [{ label, url }])),
    ...(/^https?:/.test(message.url) ? [{ label: 'Open in Upkeep', url: message.url }] : []),
  ];
  return {
    type: 'message',
    attachments: [
      {
        contentType: 'application/vnd.microsoft.card.adaptive',
        contentUrl: null,
        content: {
          $schema: 'http://adaptivecards.io/schemas/adaptive-card.json',
          type: 'AdaptiveCard',
          version: '1.4',
          // For the notification of a phone.
          fallbackText: story.headline,
          body: [head, ...lines, ...paragraphs, source],
          actions: actions.map(({ label, url }) => ({ type: 'Action.OpenUrl', title: label, url })),
        },
      },
    ],
  };
}

function rich(inlines: readonly Part[]): Part {
  return { type: 'RichTextBlock', inlines };
}

function paragraphsOf(markdown: string): Part[] {
  const text = cappedLines(renderMarkdown(markdown, plainMarkup), 12_000, '… the rest is on the dashboard');
  return text
    .split(/\n{2,}/)
    .filter((one) => one.trim() !== '')
    .map((one) => rich([{ type: 'TextRun', text: one.trim() }]));
}
