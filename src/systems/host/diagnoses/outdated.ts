/** Which updates are pending, why a restart is due, and until when the system is supported. */
import { count } from '../../../core/count.ts';
import type { Evidence, Finding } from '../../../core/evidence.ts';
import type { Diagnosis } from '../../../core/system.ts';
import { formatDuration } from '../../../core/time.ts';
import { readUpdates } from '../../../machine/apt.ts';
import { readOsSupport, readReboot } from '../../../machine/os-support.ts';
import type { HostConnection } from '../connection.ts';

const id = 'host.outdated';
const rowsShown = 40;
const namesShown = 6;
/** As the rule host.os-support warns. */
const endsSoonMs = 90 * 86_400_000;

export const outdated: Diagnosis<HostConnection> = {
  id,
  title: 'security updates or a restart are due',
  summary: 'Which security updates are pending, why a restart is due, whether the system is still supported',
  explains: ['host.security-updates', 'host.reboot-required', 'host.os-support'],
  async gather(_, target, ctx) {
    const at = ctx.clock.now();
    const piece = (topic: string, title: string, how: string): Evidence => ({
      id: `${target}.${topic}`,
      target,
      title,
      how,
      at,
    });
    const updates = piece('updates', 'Pending updates', 'apt-get -s dist-upgrade | grep ^Inst');
    const restart = piece(
      'restart',
      'Whether a restart is due',
      'cat /run/reboot-required.pkgs; uname -r; ls /boot',
    );
    const support = piece('support', 'Support of the system', 'cat /etc/os-release');
    const [pending, reboot, os] = await Promise.all([
      readUpdates(ctx.signal),
      readReboot().catch((error: unknown) => ({ kind: 'unknown' as const, why: String(error) })),
      readOsSupport(),
    ]);
    const security = pending.kind === 'read' ? pending.updates.filter(({ isSecurity }) => isSecurity) : [];
    const seenUpdates: Evidence =
      pending.kind === 'unknown'
        ? { ...updates, unseen: `${pending.why}: ${pending.remedy}` }
        : {
            ...updates,
            facts: {
              security: security.length,
              all: pending.updates.length,
              isAutomatic: pending.isAutomatic,
              listsAt: pending.listsAt,
            },
            table: {
              columns: ['package', 'installed', 'available'],
              rows: security.slice(0, rowsShown).map(({ name, from, to }) => [name, from, to]),
            },
          };
    const seenRestart: Evidence =
      reboot.kind === 'unknown'
        ? { ...restart, unseen: reboot.why }
        : { ...restart, facts: { isRequired: reboot.isRequired, why: reboot.why } };
    const seenSupport: Evidence =
      os?.until === undefined
        ? { ...support, unseen: `until when ${os?.name ?? 'this system'} is supported` }
        : { ...support, facts: { name: os.name, untilMs: os.until - at, source: os.source } };
    return [seenUpdates, seenRestart, seenSupport];
  },
  conclude(evidence, target) {
    const of = (topic: string) => evidence.find((each) => each.id === `${target}.${topic}`);
    return [
      ...pendingFinding(of('updates'), target),
      ...restartFinding(of('restart'), target),
      ...supportFinding(of('support'), target),
    ];
  },
};

function finding(
  target: string,
  piece: Evidence,
  parts: Pick<Finding, 'summary' | 'explanation' | 'confidence'>,
): Finding {
  return { id, target, ...parts, evidence: [piece.id], unseen: [], recommendations: [] };
}

function pendingFinding(piece: Evidence | undefined, target: string): Finding[] {
  const security = Number(piece?.facts?.security ?? 0);
  if (piece === undefined || security === 0) return [];
  const names = (piece.table?.rows ?? []).map(([name]) => String(name));
  const more = security - Math.min(names.length, namesShown);
  return [
    finding(target, piece, {
      summary: `${count(security, 'security update')} pending: ${names.slice(0, namesShown).join(', ')}${more > 0 ? ` and ${more} more` : ''}`,
      explanation: `${piece.facts?.isAutomatic === true ? 'They should be installed by themselves (unattended-upgrades): /var/log/unattended-upgrades says why they are not.' : 'Nothing installs them by itself: apt-get install unattended-upgrades would.'} Install them in a quiet hour (apt-get upgrade); services of updated libraries must be started again.`,
      confidence: 0.95,
    }),
  ];
}

function restartFinding(piece: Evidence | undefined, target: string): Finding[] {
  if (piece?.facts?.isRequired !== true) return [];
  return [
    finding(target, piece, {
      summary: `a restart of the machine is due: ${piece.facts.why}`,
      explanation:
        'What was updated runs only after a restart; until then the old code, with its weaknesses, does.',
      confidence: 0.95,
    }),
  ];
}

function supportFinding(piece: Evidence | undefined, target: string): Finding[] {
  const { name, untilMs, source } = piece?.facts ?? {};
  if (piece === undefined || typeof untilMs !== 'number' || untilMs > endsSoonMs) return [];
  const isOver = untilMs < 0;
  return [
    finding(target, piece, {
      summary: `${name} ${isOver ? `has had no security updates for ${formatDuration(-untilMs)}` : `gets security updates for ${formatDuration(untilMs)} more`}`,
      explanation: `Says ${source}. ${isOver ? 'Weaknesses that are found now are never mended in it.' : 'Plan the upgrade to the next release while there is time.'}`,
      confidence: 0.9,
    }),
  ];
}
