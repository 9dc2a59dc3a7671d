/** Plans and actions for people: what would happen, who decides, until when, what was true before, how it is judged. */

import { stillNeeded } from '../../core/approval.ts';
import { cutTo } from '../../core/cut.ts';
import type { CheckItem } from '../../core/guard/check-list.ts';
import type { FactLine } from '../../core/guard/facts.ts';
import type { GuardFacts, Judgement, Voice } from '../../core/guard.ts';
import { type Plan, tellsSpan } from '../../core/plan.ts';
import { formatDuration } from '../../core/time.ts';
import type { ActionState, ActionView } from '../../core/view.ts';
import { moment, shortMoment } from '../moments.ts';
import { paint, plain, plainLines, type Style, type Terminal, table } from '../terminal.ts';
import { checkLines, factTable, voiceLines } from './guard.ts';

const decisions: Readonly<Record<Judgement['kind'], { words: string; style: Style }>> = {
  allow: { words: 'allowed', style: 'green' },
  ask: { words: 'a person must approve', style: 'yellow' },
  deny: { words: 'refused', style: 'red' },
};

const states: Readonly<Record<ActionState, { words: string; style: Style }>> = {
  proposed: { words: 'proposed', style: 'gray' },
  'awaiting-approval': { words: 'waits for approval', style: 'yellow' },
  permitted: { words: 'permitted', style: 'cyan' },
  applying: { words: 'being applied', style: 'cyan' },
  verifying: { words: 'being verified', style: 'cyan' },
  done: { words: 'done', style: 'green' },
  failed: { words: 'failed', style: 'red' },
  undone: { words: 'undone', style: 'yellow' },
  refused: { words: 'refused', style: 'red' },
  denied: { words: 'denied', style: 'red' },
  expired: { words: 'expired', style: 'gray' },
  withdrawn: { words: 'withdrawn', style: 'gray' },
  interrupted: { words: 'interrupted', style: 'red' },
};

export type Explained =
  | {
      readonly plan: Plan;
      readonly incidentId?: string | null;
      readonly judgement: Judgement;
      readonly facts: Partial<GuardFacts>;
      readonly voices?: readonly Voice[];
      readonly known?: readonly FactLine[];
      readonly checks?: readonly CheckItem[];
    }
  | { readonly refused: string; readonly judgement?: Judgement; readonly voices?: readonly Voice[] };

export function printExplanation(terminal: Terminal, answer: Explained): string {
  if ('refused' in answer)
    return [
      ...(answer.judgement ? [`By the policy ${answerLine(terminal, answer.judgement)}`] : []),
      ...voiceLines(terminal, answer.voices ?? []),
      ...(answer.judgement ? [''] : []),
      noPlan(terminal, answer.refused),
    ].join('\n');
  const { plan, incidentId, judgement, voices = [], known = [], checks = [] } = answer;
  return [
    answerLine(terminal, judgement),
    '',
    heading(terminal, plan),
    ...fields(terminal, [
      ...(judgement.kind === 'ask' ? [['approval', 'by a person or token with the scope approve']] : []),
      ...(incidentId ? [['incident', `${incidentId.slice(0, 13)}, whose budgets are counted`]] : []),
      ...about(terminal, plan),
      ...(plan.touches?.length ? [['touches', plan.touches.join(', ')]] : []),
    ]),
    ...voiceLines(terminal, voices),
    ...checkLines(terminal, checks),
    ...factTable(terminal, known),
    '',
    judgement.kind === 'deny'
      ? 'Nothing was done.'
      : `Nothing was done. To do it: upkeep action propose ${plan.action} ${plan.target}${inputOf(plan)}`,
  ].join('\n');
}

export function printProposal(
  terminal: Terminal,
  answer: { readonly action: ActionView } | { readonly refused: string; readonly already?: ActionView },
  now: number,
): string {
  if ('action' in answer) return printAction(terminal, answer.action, now);
  const { refused, already } = answer;
  if (already === undefined) return noPlan(terminal, refused);
  return [
    `${paint(terminal, 'red', '✗')} no new plan: ${plain(refused)}`,
    'Nothing was done. It is this one:',
    '',
    printAction(terminal, already, now),
    ...(already.state === 'awaiting-approval' ? [] : ['', `upkeep action show ${already.id}`]),
  ].join('\n');
}

export function printAction(terminal: Terminal, action: ActionView, now: number): string {
  if (action.report !== null) return plainLines(action.report);
  const { plan, judgement } = action;
  const isWaiting = action.state === 'awaiting-approval';
  return [
    `${heading(terminal, plan)}${asOf(terminal, action, now)}  ${stateOf(terminal, action.state)}`,
    ...fields(terminal, [
      ...decision(terminal, judgement),
      ...approvalRows(terminal, action, now),
      [
        'proposed',
        `by ${plain(action.proposedBy)} at ${moment(terminal, action.proposedAt)}: ${plain(action.why)}`,
      ],
      ...(action.appliedAt === null ? [] : [['applied', moment(terminal, action.appliedAt)]]),
      ...(action.result === null ? [] : [['result', plain(action.result)]]),
      ...about(terminal, plan),
      ['digest', action.digest],
      ['id', action.id],
    ]),
    ...checkLines(terminal, judgement.checks ?? []),
    ...(isWaiting
      ? [
          '',
          `upkeep action approve ${action.id} --digest ${action.digest}`,
          ...(Object.keys(plan.input).length === 0 || plan.undoes !== undefined
            ? []
            : [`upkeep action edit ${action.id} --input '{…}'`]),
          `upkeep action deny ${action.id} --reason "…"`,
        ]
      : []),
  ].join('\n');
}

export function printActions(terminal: Terminal, actions: readonly ActionView[], now: number): string {
  if (actions.length === 0) return 'No action.';
  return table(
    terminal,
    actions.map((action) => actionRow(terminal, action, now)),
  );
}

export function actionRow(terminal: Terminal, action: ActionView, now: number): string[] {
  const { expiresAt } = action;
  const left = action.state === 'awaiting-approval' && expiresAt !== null ? expiresAt - now : null;
  return [
    `  ${stateOf(terminal, action.state)}`,
    action.plan.action,
    plain(action.plan.target),
    left === null
      ? `${formatDuration(now - action.proposedAt)} ago`
      : `expires in ${formatDuration(Math.max(0, left))}`,
    paint(terminal, 'gray', action.id.slice(0, 13)),
    `${plain(action.plan.summary)}${asOf(terminal, action, now)}${waitingFor(action)}`,
  ];
}

/** Whom it waits for, and who was asked. */
function waitingFor({ state, approval }: ActionView): string {
  if (state !== 'awaiting-approval' || !approval) return '';
  const asked = [...new Set(approval.asked.flatMap(({ whom }) => whom))].map((name) => plain(name));
  return ` (waits for ${plain(stillNeeded(approval))}${asked.length === 0 ? '' : `; asked ${asked.join(', ')}`})`;
}

function heading(terminal: Terminal, { summary, action, target, risk }: Plan): string {
  return `${paint(terminal, 'bold', plain(summary))}  ${paint(terminal, 'gray', `${action} on ${plain(target)}, ${risk}`)}`;
}

/** How long something had lasted is frozen in a plan: of which moment it is. */
function asOf(terminal: Terminal, { plan, proposedAt }: ActionView, now: number): string {
  return tellsSpan(plan.summary)
    ? paint(terminal, 'gray', ` · as of ${shortMoment(terminal, proposedAt, now)}`)
    : '';
}

/** Taking back is planned like any change, yet whoever asked for it asked for no plan. */
export function printUndo(
  terminal: Terminal,
  answer: { readonly action: ActionView } | { readonly refused: string },
  now: number,
): string {
  if ('action' in answer) return printAction(terminal, answer.action, now);
  return `${paint(terminal, 'red', '✗')} not taken back: ${plain(answer.refused)}\nNothing was done.`;
}

function noPlan(terminal: Terminal, reason: string): string {
  return `${paint(terminal, 'red', '✗')} no plan: ${plain(reason)}\nNothing was done.`;
}

function stateOf(terminal: Terminal, state: ActionState): string {
  return paint(terminal, states[state].style, states[state].words);
}

function answerLine(terminal: Terminal, { kind, reason }: Judgement): string {
  const { words, style } = decisions[kind];
  return `${paint(terminal, style, words)}: ${plain(reason)}`;
}

function decision(terminal: Terminal, { kind, reason }: Judgement): string[][] {
  const { words, style } = decisions[kind];
  return [
    ['decision', paint(terminal, style, words)],
    ['reason', plain(reason)],
  ];
}

function approvalRows(terminal: Terminal, action: ActionView, now: number): string[][] {
  const { state, approvedBy, approvedAt, expiresAt, approval } = action;
  if (approvedBy !== null)
    return [
      [
        'approved',
        `by ${plain(approvedBy)}${approvedAt === null ? '' : ` at ${moment(terminal, approvedAt)}`}`,
      ],
    ];
  if (state !== 'awaiting-approval') return [];
  const until =
    expiresAt === null
      ? ''
      : ` until ${moment(terminal, expiresAt)} (${formatDuration(Math.max(0, expiresAt - now))} left)`;
  const who = approval ? plain(stillNeeded(approval)) : 'a person or token';
  return [
    ['approval', `by ${who} with the scope approve${until}`],
    ...(approval?.asked ?? []).map(({ at, whom }, index) => [
      index === 0 ? 'asked' : '',
      `${whom.map((name) => plain(name)).join(', ')} at ${moment(terminal, at)}`,
    ]),
    ...(approval?.nextAt
      ? [['', `without an answer the next step at ${moment(terminal, approval.nextAt)}`]]
      : []),
  ];
}

/** What would happen and how it is judged, row by row. */
function about(terminal: Terminal, plan: Plan): string[][] {
  const before = Object.entries(plan.before).map(
    ([name, value]) => `${name} = ${factOf(terminal, name, value)}`,
  );
  return [
    ...plan.steps.map((step, index) => [index === 0 ? 'would run' : '', cut(plain(step))]),
    ...before.map((fact, index) => [index === 0 ? 'before' : '', cut(plain(fact))]),
    [
      'verify',
      `${plain(plan.expect)}; within ${formatDuration(plan.verifyWithinMs)}, then held for ${formatDuration(plan.holdMs)}`,
    ],
    ...`${plan.undo.possible ? '' : 'not possible: '}${plan.undo.how}`
      .split('\n')
      .map((words, index) => [index === 0 ? 'undo' : '', plain(words)]),
  ];
}

const longestShown = 500;

/** A statement that names each of 30 sessions fills the terminal; the page and JSON have the whole. */
function cut(text: string): string {
  return text.length <= longestShown
    ? text
    : `${cutTo(text, longestShown)}: all of it with --json or on its page`;
}

/** `xactStartedAt` and the like are epoch milliseconds. */
function factOf(terminal: Terminal, name: string, value: Plan['before'][string] | undefined): string {
  return typeof value === 'number' && /(At|Since)$/.test(name)
    ? moment(terminal, value)
    : String(value ?? '-');
}

/** As it is typed: ` --input '{"pid": 812}'`, or nothing. */
export function inputOf({ input }: Pick<Plan, 'input'>): string {
  return Object.keys(input).length === 0
    ? ''
    : ` --input '${JSON.stringify(input).replaceAll("'", "'\\''")}'`;
}

function fields(terminal: Terminal, rows: readonly (readonly string[])[]): string[] {
  return rows.map(([name = '', text = '']) => `  ${paint(terminal, 'gray', name.padEnd(10))} ${text}`);
}
