/** Backups for people: first when a restore last proved them. */
import { timestamp } from '../../clock.ts';
import { levelWords } from '../../core/backup/catalogue.ts';
import type { Look } from '../../core/backup/engine.ts';
import type { BackupView, PlanView, ProofView } from '../../core/backup/view.ts';
import { amount } from '../../core/rule-words.ts';
import { formatDuration } from '../../core/time.ts';
import type { BackupList } from '../../verbs/backup/list.ts';
import { paint, plain, type Terminal } from '../terminal.ts';

export const backupForms = {
  'backup.list': (terminal: Terminal, { plans, backups }: BackupList, now: number) =>
    plans.length + backups.length === 0
      ? 'Nothing is backed up. Say what under `backups:` in upkeep.yaml; docs/guide/backups.md shows how.'
      : [
          ...plans.map((plan) => printPlan(terminal, plan, now)),
          ...(backups.length > 0 ? [''] : []),
          ...backups.map((backup) => printBackup(terminal, backup)),
        ].join('\n'),
  'backup.take': printBackup,
  'backup.verify': printProof,
};

/** Also below `upkeep status`. */
export function printPlan(terminal: Terminal, plan: PlanView, now: number): string {
  const { proven, newestAt } = plan;
  const ago = (at: number) => `${formatDuration(now - at)} ago`;
  const restored =
    proven === null
      ? paint(terminal, 'yellow', 'never proven by a restore')
      : `last proven restore ${ago(proven.at)}, level ${proven.level} (${levelWords[proven.level]}), in ${formatDuration(proven.restoredInMs ?? 0)}`;
  return [
    `${paint(terminal, 'bold', plain(plan.name))}  ${plain(plan.target)} by ${plan.engine}, daily at ${plan.at}`,
    `  ${restored}; newest backup ${newestAt === null ? 'none' : ago(newestAt)}`,
    ...(plan.underWay === null ? [] : [paint(terminal, 'cyan', `  now: ${plain(plan.underWay)}`)]),
    ...plan.wrong.map((text) => paint(terminal, 'red', `  ! ${plain(text)}`)),
  ].join('\n');
}

function printBackup(terminal: Terminal, backup: BackupView): string {
  const { id, plan, state, startedAt, bytes, detail, proofs } = backup;
  const [proof] = proofs;
  const size = state === 'good' ? `  ${amount(bytes, 'bytes')}` : '';
  const colour = state === 'good' ? 'green' : state === 'failed' ? 'red' : 'gray';
  return [
    `${id.slice(0, 13)}  ${timestamp(startedAt)}  ${plain(plan)}  ${paint(terminal, colour, state)}${size}  ${plain(detail)}`,
    ...(proof ? [`  ${proofLine(terminal, proof)}`] : []),
  ].join('\n');
}

function proofLine(terminal: Terminal, { isGood, level, looks, restoredInMs, at }: ProofView): string {
  const wrong = looks.find((look) => !look.good);
  if (!isGood) {
    const text = `not proven: level ${wrong?.level ?? 0}: ${plain(wrong?.detail ?? 'nothing could be looked at')}`;
    return paint(terminal, 'red', text);
  }
  const restored = restoredInMs === null ? 'not restored' : `restored in ${formatDuration(restoredInMs)}`;
  return `proven ${timestamp(at)} to level ${level} (${levelWords[level ?? 0]}), ${restored}`;
}

function printProof(terminal: Terminal, proof: ProofView): string {
  const line = ({ level, good, detail, tookMs }: Look) =>
    `  ${paint(terminal, good ? 'green' : 'red', good ? '✓' : '✗')} level ${level} ${levelWords[level]}: ${plain(detail)} (${formatDuration(tookMs)})`;
  return [proofLine(terminal, proof), ...proof.looks.map(line)].join('\n');
}
