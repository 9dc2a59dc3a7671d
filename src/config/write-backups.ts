/** The commented `backups:` section that `upkeep init` leaves behind. Text alone: what is there was asked before. */
import type { Need } from '../core/backup/needs.ts';
import { usualBackup, usualLogRpoMs } from '../core/backup/settings.ts';
import { amount } from '../core/rule-words.ts';
import { formatDuration } from '../core/time.ts';
import { flow, oneLine } from './write-value.ts';

export interface BackupProposal {
  /** Of the target, which is the name of its backups, too. */
  readonly target: string;
  readonly engine: string;
  /** Nobody named it: it merely listens. */
  readonly isGuess: boolean;
  /** It did not let us in, so nothing is known of it. */
  readonly isSilent: boolean;
  readonly keepsLog: boolean;
  readonly paths: readonly string[];
  /** What keeps it from working today; where anything does, it is written as a comment. */
  readonly lacking: readonly Need[];
  readonly advice: readonly Need[];
  /** Engines that would be better, with what they lack. */
  readonly better: readonly {
    readonly engine: string;
    readonly keepsLog: boolean;
    readonly lacking: readonly Need[];
  }[];
  readonly folder: string;
  readonly folderWhy: string;
  /** What one full backup takes; null where nobody can say. */
  readonly bytes: number | null;
}

/** A restore of so much is over within minutes (J): each backup is proven. Of more, one a month is the least (definition G). */
const provenEachBytes = 10 * 2 ** 30;

export function writeBackups(proposals: readonly BackupProposal[]): string {
  if (proposals.length === 0) return '';
  const active = proposals.some(isActive);
  return [
    '',
    '# Backups are good when a restore has shown it: Upkeep takes them, restores them into a scratch server and compares.',
    '# `upkeep backup take NAME` tries one now, `upkeep doctor` says what is lacking. docs/guide/backups.md has every key.',
    active ? 'backups:' : '# backups:',
    ...proposals.filter(isWhole).flatMap(planLines),
    ...proposals.filter((one) => !isWhole(one)).flatMap(shortLines),
    ...elsewhere,
    '',
  ].join('\n');
}

const isActive = ({ lacking, isGuess }: BackupProposal) => lacking.length === 0 && !isGuess;

/** What is written out: a guess and what lets nobody in are a line each. */
const isWhole = ({ isGuess, isSilent }: BackupProposal) => !isGuess && !isSilent;

function shortLines({ target, engine, folder, isSilent, lacking }: BackupProposal): string[] {
  const why = isSilent
    ? lacking.slice(0, 1).map(({ what }) => `not asked yet: ${what}`)
    : ['it merely listens: take the # away where it is yours'];
  return [
    ...why.map((text) => `  # ${oneLine(target)}: ${oneLine(text)}`),
    `  # ${flow(target)}: { of: ${flow(target)}, engine: ${engine}, to: ${flow(folder)} }`,
  ];
}

function planLines(proposal: BackupProposal): string[] {
  const { target, engine, keepsLog, paths, lacking, advice, better, folder, folderWhy, bytes } = proposal;
  const objective = keepsLog
    ? line('rpo: 5m', `the log comes beside the copies: ${formatDuration(usualLogRpoMs)} may be lost`)
    : line('rpo: 25h', 'a copy knows its own moment: a day and an hour may be lost');
  const isSmall = bytes === null || bytes <= provenEachBytes;
  const lines = [
    ...lacking.map((need) => said('first', need)),
    `  ${flow(target)}:`,
    line(`of: ${flow(target)}`, ''),
    line(`engine: ${engine}`, ''),
    ...better.flatMap((one) => betterLines(one, keepsLog)),
    ...(paths.length > 0 ? [line(`paths: ${flow(paths)}`, '')] : []),
    line(`to: ${flow(folder)}`, folderWhy),
    ...advice.map((need) => `  ${said('mind', need)}`),
    line(`at: "${usualBackup.at}"`, 'a full one each day, of the team’s day'),
    objective,
    line('rto: 4h', 'how long a restore may take'),
    isSmall
      ? line('prove: each', 'restored and compared each time; monthly is the least')
      : line(
          'prove: monthly',
          `restored and compared once a month: ${amount(bytes, 'bytes')} take their time`,
        ),
    line('keep: 30d', 'nothing younger is ever deleted, nor the newest that a restore has proven'),
  ];
  return isActive(proposal)
    ? lines
    : lines.map((text) => (text.startsWith('  #') ? text : `  #${text.slice(1)}`));
}

function line(text: string, why: string): string {
  const start = `    ${text}`;
  return why === '' ? start : `${start.padEnd(31)}# ${oneLine(why)}`;
}

function said(word: string, { what, remedy }: Need): string {
  return `  # ${word}: ${oneLine(what)}: ${oneLine(remedy)}`;
}

function betterLines(
  { engine, keepsLog, lacking }: BackupProposal['better'][number],
  hasLog: boolean,
): string[] {
  const gain = keepsLog && !hasLog ? ', which would lose 5 minutes instead of a day' : '';
  return [
    `    # not ${engine}${gain}:`,
    ...lacking.map(({ what, remedy }) => `    #   ${oneLine(what)}: ${oneLine(remedy)}`),
  ];
}

const elsewhere = [
  '  # A fire takes the machine and its backups: with offsite: below a backup a sealed copy goes to a bucket each week,',
  '  # and each fourth is restored from there. Keep the passphrase elsewhere too: openssl rand -base64 24',
  '  #   offsite: { bucket: acme-backups, endpoint: "https://s3.example.com", every: weekly, lock: 30d,',
  // biome-ignore lint/suspicious/noTemplateCurlyInString: variables of upkeep.yaml, not of JavaScript
  '  #     accessKey: "${OFFSITE_ACCESS_KEY}", secretKey: "${OFFSITE_SECRET_KEY}", passphrase: "${OFFSITE_PASSPHRASE}" }',
];
