/** What the guard says, for people: who speaks for and against, the check-list, each fact with its source. */
import { count } from '../../core/count.ts';
import { type CheckItem, notApplicable } from '../../core/guard/check-list.ts';
import type { Classification, CommandClass } from '../../core/guard/classes.ts';
import type { FactLine } from '../../core/guard/facts.ts';
import type { Replay } from '../../core/guard/replay.ts';
import type { Voice } from '../../core/guard.ts';
import type { GuardPolicyView } from '../../verbs/guard/policy.ts';
import { moment } from '../moments.ts';
import { paint, plain, type Style, type Terminal, table } from '../terminal.ts';

const kinds: Readonly<Record<Voice['kind'], Style>> = { allow: 'green', ask: 'yellow', deny: 'red' };
const classes: Readonly<Record<CommandClass, Style>> = {
  ...{ read: 'green', safe: 'green', risky: 'yellow', destructive: 'red', forbidden: 'red' },
};

/** Nothing where one voice alone speaks: it is the reason already. */
export function voiceLines(terminal: Terminal, voices: readonly Voice[]): string[] {
  if (voices.length < 2) return [];
  return [
    '',
    paint(terminal, 'bold', 'Who has a say'),
    table(
      terminal,
      voices.map(({ kind, rule, reason }) => [
        `  ${paint(terminal, kinds[kind], kind)}`,
        rule,
        plain(reason),
      ]),
    ),
  ];
}

const answers: Readonly<Record<CheckItem['answer'], { readonly mark: string; readonly style: Style }>> = {
  yes: { mark: '✓', style: 'green' },
  no: { mark: '✗', style: 'red' },
  ask: { mark: '?', style: 'yellow' },
  'not-applicable': { mark: '-', style: 'gray' },
};

export function checkLines(terminal: Terminal, checks: readonly CheckItem[]): string[] {
  const concerning = checks.filter(({ answer }) => answer !== 'not-applicable');
  if (concerning.length === 0) return [];
  const idle = notApplicable(checks);
  return [
    '',
    paint(terminal, 'bold', 'Before the change'),
    table(
      terminal,
      concerning.map(({ question, answer, because }) => [
        `  ${paint(terminal, answers[answer].style, answers[answer].mark)} ${question}`,
        answer === 'ask' ? `you must know: ${plain(because)}` : plain(because),
      ]),
    ),
    ...(idle === undefined ? [] : [`  ${paint(terminal, 'gray', idle)}`]),
  ];
}

export function factTable(terminal: Terminal, known: readonly FactLine[]): string[] {
  if (known.length === 0) return [];
  const idle = known.filter(({ doesNotApply }) => doesNotApply).map(({ what }) => what);
  return [
    '',
    paint(terminal, 'bold', 'What is known'),
    table(
      terminal,
      known
        .filter(({ doesNotApply }) => !doesNotApply)
        .map(({ name, what, value, isKnown, source }) => [
          `  ${what}`,
          isKnown ? shown(terminal, name, value) : paint(terminal, 'yellow', 'unknown'),
          paint(terminal, 'gray', source),
        ]),
    ),
    ...(idle.length === 0 ? [] : [`  ${paint(terminal, 'gray', `does not apply: ${idle.join(', ')}`)}`]),
  ];
}

function shown(terminal: Terminal, name: string, value: FactLine['value']): string {
  if (typeof value === 'boolean') return value ? 'yes' : 'no';
  if (typeof value === 'number' && (name === 'now' || name.endsWith('At'))) return moment(terminal, value);
  return value === '' ? 'none' : plain(String(value));
}

type Classified = Classification & { readonly means: string };

function printClassification(terminal: Terminal, found: Classified): string {
  return [
    `${paint(terminal, classes[found.class], found.class)}: ${found.means}`,
    ...found.reasons.map(
      (one) => `  ${one.class.padEnd(11)} ${plain(one.text)}  ${paint(terminal, 'gray', one.id)}`,
    ),
    ...found.locks.flatMap(({ statement, lock, held, safeForm }) => [
      `  lock        ${statement}: ${lock}, ${held}`,
      `  instead     ${safeForm}`,
    ]),
  ].join('\n');
}

type Simulated = Replay & { readonly from: number; readonly isCut: boolean };

function printSimulation(terminal: Terminal, found: Simulated): string {
  const since = `${count(found.judged, 'action')} since ${moment(terminal, found.from)}`;
  if (found.judged === 0) return `No action since ${moment(terminal, found.from)}: nothing to judge again.`;
  if (found.differing.length === 0) return `${since}: every one would be decided as it was.`;
  const reconstructed = found.differing.filter((one) => one.isReconstructed).length;
  return [
    `${since}: ${found.differing.length} would be decided otherwise`,
    ...Object.entries(found.changes).map(([change, times]) => `  ${change.replace('->', ' -> ')}  ${times}`),
    '',
    table(
      terminal,
      found.differing.map(({ was, would, action, target, proposedAt, id }) => [
        `  ${was.kind} -> ${paint(terminal, kinds[would.kind], would.kind)}`,
        action,
        plain(target),
        moment(terminal, proposedAt),
        paint(terminal, 'gray', id.slice(0, 13)),
        plain(would.reason),
      ]),
    ),
    ...(found.slower > 0
      ? [
          '',
          `${count(found.slower, 'action')} that Upkeep did by itself and that helped would have waited or not happened.`,
        ]
      : []),
    ...(reconstructed > 0
      ? [
          `${reconstructed} of them were recorded before judgements kept their facts; what is missing counts as unknown.`,
        ]
      : []),
    ...(found.isCut ? ['There were more; only the newest were judged.'] : []),
  ].join('\n');
}

const outlookWords: Readonly<Record<Voice['kind'], string>> = {
  allow: 'by itself',
  ask: 'after a yes',
  deny: 'no',
};

function printPolicy(terminal: Terminal, view: GuardPolicyView): string {
  if (view.outlook.length > 0) {
    return [
      table(
        terminal,
        view.outlook.map(({ action, judgement, needs }) => [
          `  ${paint(terminal, kinds[judgement.kind], outlookWords[judgement.kind])}`,
          action + (needs.length === 0 ? '' : ` (${needs.join(', ')})`),
          plain(judgement.reason),
        ]),
      ),
      '',
      'What a plan touches can make it stricter, never milder: upkeep guard explain ACTION TARGET',
    ].join('\n');
  }
  const part = (title: string, lines: readonly string[]) => [
    paint(terminal, 'bold', title),
    ...(lines.length === 0 ? ['  nothing'] : lines.map((line) => `  ${plain(line)}`)),
    '',
  ];
  const { budgets } = view;
  return [
    ...part('By itself', view.always),
    ...part('After a yes', view.ask),
    ...part('Never', view.never),
    ...part(
      'No policy lifts',
      view.prohibitions.map(({ text }) => text),
    ),
    `By itself at most ${budgets.perTargetPerHour} an hour on a target, ${budgets.perIncident} for a cause of an incident, ${budgets.perDay} a day; then ${budgets.whenUsedUp === 'deny' ? 'no more' : 'only after a yes'}.`,
    'What Upkeep may do to a target now: upkeep guard policy TARGET',
  ].join('\n');
}

export const guardForms = {
  'guard.policy': printPolicy,
  'guard.classify': printClassification,
  'guard.simulate': printSimulation,
};
