/** A post-mortem in the form that is asked for. */
import { reportHtml } from '../reports/html.ts';
import { blockMarkdown, reportMarkdown } from '../reports/markdown.ts';
import { composePostmortem } from './compose.ts';
import type { PostmortemFacts } from './facts.ts';
import { reportPdf } from './pdf.ts';

export const postmortemFormats = ['markdown', 'html', 'pdf'] as const;
export type PostmortemFormat = (typeof postmortemFormats)[number];

export interface WrittenPostmortem {
  readonly title: string;
  readonly format: PostmortemFormat;
  /** Text, or base64 of a PDF. */
  readonly content: string;
  readonly encoding: 'text' | 'base64';
  readonly sections: readonly {
    readonly id: string;
    readonly title: string;
    readonly isEdited: boolean;
    readonly isEditable: boolean;
    /** What stands there, as Markdown without its title: written back as it is, it changes nothing. */
    readonly text: string;
  }[];
}

export async function writePostmortem(
  facts: PostmortemFacts,
  format: PostmortemFormat,
): Promise<WrittenPostmortem> {
  const { document, sections } = composePostmortem(facts);
  const content =
    format === 'pdf'
      ? (await reportPdf(document)).toString('base64')
      : format === 'html'
        ? reportHtml(document)
        : reportMarkdown(document);
  return {
    title: document.title,
    format,
    content,
    encoding: format === 'pdf' ? 'base64' : 'text',
    sections: sections.map(({ id, title, isEdited, blocks }) => ({
      ...{ id, title, isEdited },
      isEditable: isEditable(id),
      text: facts.edited?.sections[id] ?? blocks.map(blockMarkdown).join('\n\n'),
    })),
  };
}

function isEditable(id: string): boolean {
  return !['timeline', 'items', 'times', 'told'].includes(id);
}
