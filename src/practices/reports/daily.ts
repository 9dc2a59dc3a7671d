/** The daily health summary: the last 24 hours beside those before them. */
import { composeDaily } from './compose-daily.ts';
import { type DailySources, gatherDaily } from './gather-daily.ts';
import { reportHtml } from './html.ts';
import { reportMarkdown } from './markdown.ts';

export interface WrittenReport {
  readonly title: string;
  /** GitHub-flavoured, every text from outside escaped. */
  readonly markdown: string;
  /** One self-contained page for a browser, a mail or paper. */
  readonly html: string;
}

export async function dailyReport(sources: DailySources): Promise<WrittenReport> {
  const report = composeDaily(await gatherDaily(sources));
  return { title: report.title, markdown: reportMarkdown(report), html: reportHtml(report) };
}
