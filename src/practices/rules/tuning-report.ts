/** The advice on rules as a report for people. */
import { count } from '../../core/count.ts';
import type { ReportDocument } from '../reports/document.ts';
import { reportHtml } from '../reports/html.ts';
import { reportMarkdown } from '../reports/markdown.ts';
import type { Advice } from './tuning.ts';

export function tuningReport(input: {
  readonly name: string;
  readonly span: string;
  readonly advice: readonly Advice[];
  readonly alerts: number;
  /** Rules that alerted and need no change. */
  readonly good: number;
}): { title: string; markdown: string; html: string } {
  const document = compose(input);
  return { title: document.title, markdown: reportMarkdown(document), html: reportHtml(document) };
}

function compose({ name, span, advice, alerts, good }: Parameters<typeof tuningReport>[0]): ReportDocument {
  const saved = advice.filter(({ proposal }) => proposal !== null).length;
  return {
    title: `Review of alert rules: ${name}`,
    span,
    tone: advice.length === 0 ? 'ok' : 'warning',
    headline:
      advice.length === 0
        ? 'No rule needs a change.'
        : `${count(advice.length, 'rule is', 'rules are')} worth a look.`,
    lead: [
      `${count(alerts, 'alert')} fired.`,
      ...(good === 0 ? [] : [fine(good)]),
      ...(saved === 0 ? [] : [`${count(saved, 'proposal')} computed by replaying what was stored.`]),
    ].join(' '),
    figures: [
      { label: 'Alerts', value: String(alerts), note: 'fired', tone: 'quiet' },
      {
        label: 'To review',
        value: String(advice.length),
        note: advice.length === 1 ? 'rule' : 'rules',
        tone: advice.length > 0 ? 'warning' : 'ok',
      },
    ],
    sections: [
      {
        title: 'Rules to review',
        blocks: [
          advice.length === 0
            ? { kind: 'text', text: 'None.' }
            : {
                kind: 'items',
                items: advice.map((one) => ({
                  term: `${one.rule} on ${one.target} (${one.faults.join(', ')})`,
                  text: `${one.why}. ${one.proposal ? `Proposal: ${one.proposal.words}` : 'No setting that was tried would have helped.'}`,
                  ...(one.proposal ? { code: `${one.rule}: { ${one.proposal.set} }` } : {}),
                })),
              },
        ],
      },
    ],
    footer:
      'A proposal stands below targets: NAME: rules: in upkeep.yaml. upkeep rule replay RULE --set "…" plays any other.',
  };
}

/** Rules that alerted and are left as they are, with why. */
function fine(good: number): string {
  return good === 1
    ? '1 rule that alerted needs no change: somebody acted on its alerts, or they were too few to judge it by.'
    : `${good} rules that alerted need no change: somebody acted on their alerts, or they were too few to judge them by.`;
}
