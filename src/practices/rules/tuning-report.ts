/** The advice on rules as a report for people. */
import { count, listed } from '../../core/count.ts';
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
  /** How much of the span is stored and could be replayed; null where all of it is. */
  readonly stored: string | null;
}): { title: string; markdown: string; html: string } {
  const document = compose(input);
  return { title: document.title, markdown: reportMarkdown(document), html: reportHtml(document) };
}

function compose({
  name,
  span,
  advice,
  alerts,
  good,
  stored,
}: Parameters<typeof tuningReport>[0]): ReportDocument {
  const alike = grouped(advice);
  const saved = alike.filter(([first]) => first.proposal !== null).length;
  const rules = [...new Set(advice.map(({ rule }) => rule))];
  const targets = new Set(advice.map(({ target }) => target)).size;
  return {
    title: `Review of alert rules: ${name}`,
    span,
    tone: advice.length === 0 ? 'ok' : 'warning',
    headline:
      advice.length === 0
        ? 'No rule needs a change.'
        : `${count(rules.length, 'rule is', 'rules are')} worth a look${targets > rules.length ? `, on ${count(targets, 'target')}` : ''}${alike.length > rules.length ? `: ${alike.length} entries, as what is wrong differs by target` : ''}.`,
    lead: [
      ...(stored === null ? [] : [stored]),
      `${count(alerts, 'alert')} fired.`,
      ...(good === 0 ? [] : [fine(good)]),
      ...(saved === 0 ? [] : [`${count(saved, 'proposal')} computed by replaying what was stored.`]),
    ].join(' '),
    figures: [
      { label: 'Alerts', value: String(alerts), note: 'fired', tone: 'quiet' },
      {
        label: 'To review',
        value: String(rules.length),
        note: rules.length === 1 ? 'rule' : 'rules',
        tone: rules.length > 0 ? 'warning' : 'ok',
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
                items: alike.map((group) => {
                  const [{ rule, faults, proposal }] = group;
                  return {
                    term: `${rule} on ${listed(group.map(({ target }) => target))} (${faults.join(', ')})`,
                    text: textOf(group),
                    ...(proposal ? { code: `${rule}: { ${proposal.set} }` } : {}),
                  };
                }),
              },
        ],
      },
    ],
    footer:
      'A proposal stands below targets: NAME: rules: in upkeep.yaml. upkeep rule replay RULE --set "…" plays any other.',
  };
}

type Group = readonly [Advice, ...Advice[]];

/** One rule on several targets is one thing to look at where the same is wrong and proposed. */
function grouped(advice: readonly Advice[]): Group[] {
  const groups = new Map<string, [Advice, ...Advice[]]>();
  for (const one of advice) {
    const key = JSON.stringify([one.rule, one.faults, one.proposal?.set]);
    const group = groups.get(key);
    if (group) group.push(one);
    else groups.set(key, [one]);
  }
  // What belongs to one rule stands together, in the order of the first.
  const byRule = Map.groupBy(groups.values(), ([{ rule }]) => rule);
  return [...byRule.values()].flat();
}

/** What is the same of several targets is said once. */
function textOf(group: Group): string {
  const told = Map.groupBy(group, ({ why, proposal }) => sentence(why, proposal));
  const said = [...told].map(([text, of]) => {
    const [one] = of;
    if (group.length === 1 || one === undefined) return text;
    const each = of.length === 1 ? '' : ', each';
    return `${listed(of.map(({ target }) => target))}${each}: ${text}`;
  });
  const { unproposed } = group[0];
  return [said.join(' '), ...(unproposed === null ? [] : [unproposed])].join(' ');
}

function sentence(why: string, proposal: Advice['proposal']): string {
  return proposal === null ? `${why}.` : `${why}. The proposal ${proposal.words}.`;
}

/** Rules that alerted and are left as they are, with why. */
function fine(good: number): string {
  return good === 1
    ? '1 rule that alerted needs no change: somebody acted on its alerts, or they were too few to judge it by.'
    : `${good} rules that alerted need no change: somebody acted on their alerts, or they were too few to judge them by.`;
}
