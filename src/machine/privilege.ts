/** What Upkeep may do on this machine, and what to say where something is refused all the same. */
import { existsSync, readFileSync } from 'node:fs';

/** Bits of `CapEff` in /proc/PID/status (capability.h). */
const bits = { CAP_DAC_READ_SEARCH: 2n, CAP_SYS_RAWIO: 17n, CAP_SYS_PTRACE: 19n, CAP_SYSLOG: 34n } as const;
export type Capability = keyof typeof bits;

export interface Privilege {
  readonly isRoot: boolean;
  readonly capabilities: bigint;
  /** Root here is somebody else outside: uids are mapped. */
  readonly isMapped: boolean;
  readonly isContainer: boolean;
}

/**
 * @param status /proc/self/status
 * @param uidMap /proc/self/uid_map: `0 0 4294967295` outside of any user namespace
 */
export function parsePrivilege(status: string, uidMap: string, isContainer: boolean): Privilege {
  const uid = /^Uid:\s+\d+\s+(\d+)/m.exec(status)?.[1];
  const effective = /^CapEff:\s+([0-9a-f]+)/m.exec(status)?.[1] ?? '0';
  return {
    isRoot: uid === '0',
    capabilities: BigInt(`0x${effective}`),
    isMapped: uidMap.trim() !== '' && !/^\s*0\s+0\s+4294967295\s*$/.test(uidMap),
    isContainer,
  };
}

/**
 * @param ordinary what helps whoever lacks the capability: `run Upkeep as root or with CAP_SYS_PTRACE`
 */
export function privilegeRemedy(
  { isRoot, capabilities, isMapped, isContainer }: Privilege,
  capability: Capability,
  ordinary: string,
): string {
  const has = (capabilities & (1n << bits[capability])) !== 0n;
  if (!has && !isRoot) return ordinary;
  const bare = capability.replace('CAP_', '');
  if (!has)
    return isContainer
      ? `Upkeep runs as root without ${capability}, which its container was not given: start the container with --cap-add=${bare} (compose: cap_add: [${bare}])`
      : `Upkeep runs as root without ${capability}: add it to CapabilityBoundingSet= of its systemd unit, or to what else starts it`;
  if (isMapped)
    return `Upkeep has ${capability} only within its user namespace: run it on the machine itself, or in a container without user namespace (docker: --userns=host)`;
  if (isContainer)
    return `Upkeep has ${capability}; it is the container that hides this: run Upkeep on the machine itself to see it`;
  return `Upkeep has ${capability}; a security module (AppArmor, SELinux) or a sandbox refuses all the same: look for its denials with journalctl -k`;
}

/** As `privilegeRemedy`, for this process; the ordinary one where there is no /proc. */
export function remedyHere(capability: Capability, ordinary: string): string {
  try {
    const read = (file: string) => readFileSync(`/proc/self/${file}`, 'utf8');
    return privilegeRemedy(
      parsePrivilege(read('status'), read('uid_map'), inContainer()),
      capability,
      ordinary,
    );
  } catch {
    return ordinary;
  }
}

export function isRootHere(): boolean {
  return process.geteuid?.() === 0;
}

/** By the marks that Docker, Podman and systemd-nspawn leave, and by what the first process was told. */
function inContainer(): boolean {
  if (['/.dockerenv', '/run/.containerenv', '/run/systemd/container'].some((mark) => existsSync(mark)))
    return true;
  try {
    return (
      /(^|\0)container=/.test(readFileSync('/proc/1/environ', 'utf8')) ||
      /docker|kubepods|containerd|libpod|lxc/.test(readFileSync('/proc/1/cgroup', 'utf8'))
    );
  } catch {
    return false;
  }
}
