/** What a small change did, in a sentence. */
import type { Problem } from '../../core/configuration.ts';
import type { DiffLine } from '../../core/configuration-file.ts';
import { count } from '../../core/count.ts';
import { paint, plain, type Style, type Terminal } from '../terminal.ts';

function done(terminal: Terminal, sentence: string): string {
  return `${paint(terminal, 'green', '✓')} ${sentence}`;
}

/** `; 2 sessions ended, 1 token revoked`, or nothing where nothing of it happened. */
function endings(ended: { readonly endedSessions?: number; readonly revokedTokens?: readonly string[] }) {
  const { endedSessions = 0, revokedTokens = [] } = ended;
  const parts = [
    ...(endedSessions > 0 ? [`${count(endedSessions, 'session')} ended`] : []),
    ...(revokedTokens.length > 0 ? [`${count(revokedTokens.length, 'token')} revoked`] : []),
  ];
  return parts.length === 0 ? '' : `; ${parts.join(', ')}`;
}

interface OfAccount {
  readonly account: string;
  readonly endedSessions?: number;
  readonly revokedTokens?: readonly string[];
}

interface Edited {
  readonly file: string;
  readonly digest: string;
  readonly diff: readonly DiffLine[];
  readonly problems: readonly Problem[];
  readonly isWritten: boolean;
}

const marks: Readonly<Record<DiffLine['kind'], { readonly mark: string; readonly style: Style }>> = {
  same: { mark: ' ', style: 'gray' },
  added: { mark: '+', style: 'green' },
  removed: { mark: '-', style: 'red' },
};

function printEdited(terminal: Terminal, { file, digest, diff, problems, isWritten }: Edited): string {
  const lines = diff.map(({ kind, text }) =>
    paint(terminal, marks[kind].style, `${marks[kind].mark} ${plain(text)}`),
  );
  const verdict = isWritten
    ? done(terminal, `${plain(file)} is written`)
    : problems.length > 0
      ? [`Not written: ${count(problems.length, 'problem')}`, ...problems.map(problemLine)].join('\n')
      : `Not written yet; to write it, add --write true --digest ${digest}`;
  return [...(lines.length === 0 ? ['Nothing would change.'] : lines), verdict].join('\n');
}

function problemLine({ path, message, hint }: Problem): string {
  return `  ${plain(path)}: ${plain(message)}${hint === undefined ? '' : ` (${plain(hint)})`}`;
}

export const doneForms = {
  'maintenance.cancel': (terminal: Terminal, { cancelled }: { cancelled: string }) =>
    done(terminal, `the maintenance ${plain(cancelled)} is cancelled; what it held back is judged now`),
  'oncall.cancel': (terminal: Terminal, { cancelled }: { cancelled: string }) =>
    done(terminal, `the override ${cancelled} is cancelled; the rotation holds again`),
  'token.revoke': (terminal: Terminal, { id }: { id: string }) =>
    done(terminal, `the token ${plain(id)} is revoked; it opens nothing any more`),
  'session.revoke': (terminal: Terminal, { ended }: { ended: number }) =>
    done(terminal, ended === 0 ? 'no session was open' : `${count(ended, 'session')} ended`),
  'account.uninvite': (terminal: Terminal, { id }: { id: string }) =>
    done(terminal, `the invitation ${plain(id)} is taken back; its link opens nothing any more`),
  'account.role': (terminal: Terminal, change: OfAccount & { from: string; role: string }) =>
    done(terminal, `${plain(change.account)} was ${change.from} and is ${change.role} now${endings(change)}`),
  'account.disable': (terminal: Terminal, change: OfAccount) =>
    done(terminal, `${plain(change.account)} may not come in any more${endings(change)}`),
  'account.enable': (terminal: Terminal, { account }: OfAccount) =>
    done(terminal, `${plain(account)} may come in again; tokens that were revoked stay so`),
  'account.remove': (terminal: Terminal, change: OfAccount) =>
    done(terminal, `the account ${plain(change.account)} is gone${endings(change)}`),
  'account.second-factor-off': (terminal: Terminal, change: OfAccount) =>
    done(terminal, `${plain(change.account)} comes in with the password alone${endings(change)}`),
  'configuration.edit': printEdited,
} as const;
