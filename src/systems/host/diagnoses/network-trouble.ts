/** Ports that ran out, packets that are lost, a clock that is off: what only the machine itself can tell. */
import { count } from '../../../core/count.ts';
import type { Evidence, Scalar } from '../../../core/evidence.ts';
import type { Diagnosis, DiagnosisContext } from '../../../core/system.ts';
import { readClockSync } from '../../../machine/clock-sync.ts';
import { readInterfaces, readTcp } from '../../../machine/interfaces.ts';
import { readPortUse } from '../../../machine/ports.ts';
import { askTime } from '../../../machine/sntp.ts';
import { timeServer } from '../config.ts';
import type { HostConnection } from '../connection.ts';

const portsId = 'host.ports-exhausted';
const lossId = 'host.packet-loss';
const clockId = 'host.clock-skew';

/** As the rule host.ports. */
const portsShort = 0.8;
/** As the rule host.tcp-resent warns. */
const lossFrom = 0.02;
const lookMs = 2_000;
/** Knowledge of hosts, H13. */
const clockOff = 0.05;

export const portsExhausted: Diagnosis<HostConnection> = {
  id: portsId,
  title: 'no local port is left',
  summary: 'Outgoing connections have used up the local ports',
  explains: ['host.ports'],
  gather: (_, target, ctx) =>
    seen(
      target,
      'ports',
      'Local ports by destination',
      'sysctl net.ipv4.ip_local_port_range; ss -tan',
      ctx,
      async () => {
        const use = await readPortUse();
        if (use === undefined) return 'this kernel does not tell its port range';
        const { from, to, busiest } = use;
        const destination = busiest === undefined ? null : `${busiest.address}:${busiest.port}`;
        return { from, to, destination, used: busiest?.used ?? 0, waiting: busiest?.waiting ?? 0 };
      },
    ),
  conclude(evidence, target) {
    const piece = evidence.find((each) => each.id === `${target}.ports`);
    const { from, to, destination, used, waiting } = piece?.facts ?? {};
    const room = Number(to) - Number(from) + 1;
    if (piece === undefined || !(Number(used) >= room * portsShort)) return [];
    const isNarrow = room < 10_000;
    const mostlyWaiting = Number(waiting) > Number(used) / 2;
    return [
      {
        id: portsId,
        target,
        summary: `${used} of ${room} local ports are used towards ${destination}${mostlyWaiting ? `, ${waiting} of them in TIME_WAIT` : ''}`,
        explanation: `Every outgoing connection to ${destination} needs a local port of ${from} to ${to}, and each can be used once towards it: further connections fail with EADDRNOTAVAIL although nothing is wrong there. ${
          isNarrow
            ? `The range is narrow (Linux has 32768 to 60999): restore net.ipv4.ip_local_port_range. `
            : ''
        }${mostlyWaiting ? 'Most of them are closed and wait a minute: whoever connects makes a new connection for every request instead of keeping them (keep-alive, a pool).' : 'They are open: a pool without a limit, or connections that are never closed.'}`,
        confidence: 0.95,
        evidence: [piece.id],
        unseen: [],
        decides: [`ss -tanp dst ${destination}: which process`],
        recommendations: [],
      },
    ];
  },
};

export const packetLoss: Diagnosis<HostConnection> = {
  id: lossId,
  title: 'packets are lost',
  summary: 'Packets are lost on the way',
  explains: ['host.tcp-resent', 'host.network-errors'],
  gather: (_, target, ctx) =>
    seen(
      target,
      'retransmits',
      'TCP segments sent again',
      'nstat TcpOutSegs TcpRetransSegs; ip -s link',
      ctx,
      async () => {
        const [before, errorsBefore] = [await readTcp(), await interfaceErrors()];
        await ctx.clock.sleep(lookMs, ctx.signal);
        const [after, errorsAfter] = [await readTcp(), await interfaceErrors()];
        if (before === undefined || after === undefined) return 'this kernel does not count them';
        const recorded = ctx.latest(target, 'host.tcp.resent-share')[0]?.value ?? null;
        return {
          sent: after.sentSegments - before.sentSegments,
          again: after.retransmittedSegments - before.retransmittedSegments,
          share: recorded,
          interfaceErrors: errorsAfter - errorsBefore,
        };
      },
    ),
  conclude(evidence, target) {
    const piece = evidence.find((each) => each.id === `${target}.retransmits`);
    if (piece?.facts === undefined) return [];
    const { sent, again, share, interfaceErrors } = piece.facts;
    const now = Number(sent) >= 100 ? Number(again) / Number(sent) : 0;
    const lost = Math.max(now, Number(share ?? 0));
    if (lost < lossFrom) return [];
    const isOwn = Number(interfaceErrors) > 0;
    return [
      {
        id: lossId,
        target,
        summary: `${Math.round(lost * 100)} % of the TCP segments are sent again: packets are lost`,
        explanation: `Each lost segment costs its connection at least 200 ms, so that the slowest requests become much slower and the rest not. ${
          isOwn
            ? `An interface of this machine counts ${count(Number(interfaceErrors), 'error or drop', 'errors or drops')} meanwhile: the cable, the driver or its queue.`
            : 'The interfaces of this machine count no errors: it is lost on the way, or a rule drops it (iptables -nvL, tc qdisc).'
        } Restarting what waits for the network helps nobody.`,
        confidence: isOwn ? 0.85 : 0.8,
        evidence: [piece.id],
        unseen: ['between which machines: the kernel counts for all together'],
        decides: ['ss -ti: which peers have retransmits', 'mtr to those peers'],
        recommendations: [],
      },
    ];
  },
};

export const clockSkew: Diagnosis<HostConnection> = {
  id: clockId,
  title: 'the clock of the machine is off',
  summary: 'The clock of this machine is off or follows nobody',
  explains: ['host.clock', 'host.clock-unsynchronised'],
  gather: ({ config }, target, ctx) =>
    seen(
      target,
      'clock',
      'The clock against its reference',
      'chronyc tracking; timedatectl',
      ctx,
      async () => {
        const sync = await readClockSync(ctx.signal);
        const { ntp } = config;
        const asked = ntp === undefined ? undefined : await askTime(timeServer(ntp), ctx.clock, ctx.signal);
        const isSynchronised = sync.kind === 'known' ? sync.isSynchronised : null;
        if (asked?.kind === 'known')
          return { isSynchronised, offsetSeconds: asked.offsetSeconds, by: `the time server ${ntp}` };
        if (sync.kind === 'unknown') return `whether the clock is right: ${sync.why}`;
        return { isSynchronised, offsetSeconds: sync.offsetSeconds ?? null, by: sync.by };
      },
    ),
  conclude(evidence, target) {
    const piece = evidence.find((each) => each.id === `${target}.clock`);
    if (piece?.facts === undefined) return [];
    const { isSynchronised, offsetSeconds, by } = piece.facts;
    const isOff = typeof offsetSeconds === 'number' && Math.abs(offsetSeconds) >= clockOff;
    if (isSynchronised !== false && !isOff) return [];
    const off = isOff ? `is ${Math.abs(Number(offsetSeconds)).toFixed(2)} s off` : '';
    const follows = isSynchronised === false ? 'follows no reference' : '';
    return [
      {
        id: clockId,
        target,
        summary: `the clock of this machine ${[off, follows].filter(Boolean).join(' and ')}`,
        explanation: `${by} says so. Tokens and certificates are judged "not yet valid" or expired elsewhere, logs of several machines no longer line up, and a restore to a moment misses it. Let chrony slew it; a step back in time may harm databases and schedulers.`,
        confidence: isOff ? 0.95 : 0.8,
        evidence: [piece.id],
        unseen: isOff ? [] : ['how far it is off: nothing here compares it'],
        decides: ['chronyc sources: can a reference be reached'],
        recommendations: [],
      },
    ];
  },
};

async function interfaceErrors(): Promise<number> {
  const all = await readInterfaces();
  return all.reduce(
    (sum, each) => sum + each.receiveErrors + each.sendErrors + each.receiveDrops + each.sendDrops,
    0,
  );
}

/** Facts, or why there are none. */
async function seen(
  target: string,
  topic: string,
  title: string,
  how: string,
  ctx: DiagnosisContext,
  read: () => Promise<Readonly<Record<string, Scalar>> | string>,
): Promise<Evidence[]> {
  const piece = { id: `${target}.${topic}`, target, title, how, at: ctx.clock.now() };
  try {
    const facts = await read();
    return [typeof facts === 'string' ? { ...piece, unseen: facts } : { ...piece, facts }];
  } catch (error) {
    return [{ ...piece, unseen: error instanceof Error ? error.message : String(error) }];
  }
}
