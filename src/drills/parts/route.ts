/** A network between Upkeep and a server: packets pass through a network namespace of the sandbox, which may lose or refuse them. */
import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { promisify } from 'node:util';
import type { Clock } from '../../core/time.ts';
import { locate } from '../../demo/optional.ts';
import type { Stack } from '../../demo/stack.ts';
import { until } from '../../demo/until.ts';

const run = promisify(execFile);
export const unshare = { command: 'unshare', apt: 'util-linux', without: '' };
const nsenter = { command: 'nsenter', apt: 'util-linux', without: '' };

/** How packets towards the server fare. */
export type Passage = 'free' | 'lossy' | 'refused' | 'dropped';

export interface Route {
  /** Where the way begins, and the address beside it that the server listens at. */
  readonly entrance: string;
  readonly exit: string;
  readonly port: number;
  pass(how: Passage): Promise<void>;
  stop(): Promise<void>;
}

const share = '0.35';
const rules: Readonly<Record<Exclude<Passage, 'free'>, readonly string[]>> = {
  lossy: ['-m', 'statistic', '--mode', 'random', '--probability', share, '-j', 'DROP'],
  refused: ['-j', 'REJECT'],
  dropped: ['-j', 'DROP'],
};
const port = 8_000;

/**
 * Needs root. The namespace ends with its process, and both of its interfaces with it; no rule of the machine's own is
 * touched. The addresses are of the block for tests between networks (RFC 2544).
 */
export async function openRoute(stack: Stack, clock: Clock): Promise<Route> {
  const holder = await stack.processes.start({
    name: 'route',
    command: locate(unshare) ?? unshare.command,
    args: ['--net', 'sleep', '3600'],
    cwd: stack.folder,
    end: 'KILL',
  });
  const { pid } = holder;
  const block = `198.18.${pid % 251}`;
  const last = (Math.floor(pid / 251) % 60) * 4;
  const [exit, entrance] = [`${block}.${last + 1}`, `${block}.${last + 2}`];
  const outside = `upk${pid}a`;
  const inside = `upk${pid}b`;
  const within = (...command: string[]) =>
    run(locate(nsenter) ?? nsenter.command, ['-t', String(pid), '-n', ...command]);
  await until(clock, 'a network of its own', 5_000, async () => {
    await run('ip', ['link', 'add', outside, 'type', 'veth', 'peer', 'name', inside, 'netns', String(pid)]);
    return true;
  });
  await run('ip', ['addr', 'add', `${exit}/30`, 'dev', outside]);
  await run('ip', ['link', 'set', outside, 'up']);
  await within('ip', 'addr', 'add', `${entrance}/30`, 'dev', inside);
  await within('ip', 'link', 'set', inside, 'up');
  await within('sysctl', '-qw', 'net.ipv4.ip_forward=1');
  const nat = ['iptables', '-t', 'nat', '-A'];
  const there = ['-p', 'tcp', '--dport', String(port)];
  await within(...nat, 'PREROUTING', '-d', entrance, ...there, '-j', 'DNAT', '--to', `${exit}:${port}`);
  await within(...nat, 'POSTROUTING', ...there, '-j', 'MASQUERADE');
  return {
    entrance,
    exit,
    port,
    async pass(how) {
      await within('iptables', '-F', 'FORWARD');
      if (how !== 'free') await within('iptables', '-A', 'FORWARD', ...there, ...rules[how]);
    },
    stop: () => holder.stop(['KILL'], 2_000),
  };
}

/** Some kernels give no namespaces of networks, or no rules in them. */
export function lacksNamespaces(): string | null {
  return existsSync('/proc/self/ns/net') ? null : 'its kernel has no network namespaces';
}
