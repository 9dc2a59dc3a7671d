import type { Snapshot } from '../../../core/change.ts';
import type { Missing, Reading } from '../../../core/sample.ts';
import type { Probe, ProbeContext } from '../../../core/system.ts';
import { isExpired, readAccounts } from '../../../machine/accounts.ts';
import { allListeners, type Listener } from '../../../machine/listeners.ts';
import { openToAll } from '../../../machine/open-to-all.ts';
import { remedyHere } from '../../../machine/privilege.ts';
import { judgeSsh, readSshServer, sshServing } from '../../../machine/ssh-server.ts';
import type { HostConnection } from '../connection.ts';
import { onLinux } from './on-linux.ts';

export const exposure: Probe<HostConnection> = {
  id: 'host.exposure',
  summary: 'Who may log in and how, ports that nobody declared, files that everybody may write',
  atMostEveryMs: 300_000,
  metrics: {
    'host.ssh.root-login': {
      summary:
        'Whether root may log in over SSH: not, or no SSH server runs (0), with a key alone (1), with a password (2)',
      unit: 'state',
      kind: 'gauge',
    },
    'host.ssh.password-login': {
      summary: 'SSH takes passwords (1), or keys alone, or no SSH server runs (0)',
      unit: 'state',
      kind: 'gauge',
    },
    'host.port.undeclared': {
      summary: 'A port that other machines can reach and that is not among `ports` (1); closed again (0)',
      unit: 'state',
      kind: 'gauge',
    },
    'host.open-to-all': {
      summary: 'Files and folders of a guarded place that everybody may write',
      unit: 'count',
      kind: 'gauge',
    },
    'host.accounts.without-password': {
      summary: 'Accounts with a shell and an empty password',
      unit: 'count',
      kind: 'gauge',
    },
    'host.accounts.expired': {
      summary: 'Accounts with a shell that have expired, or whose password has',
      unit: 'count',
      kind: 'gauge',
    },
  },
  run: (conn, ctx) =>
    onLinux(async () => {
      const parts = await Promise.all([
        ssh(ctx),
        accounts(ctx),
        ports(conn),
        ...conn.config.guarded.map((place) => guarded(place, ctx)),
      ]);
      return {
        ok: true,
        readings: parts.flatMap(({ readings }) => readings ?? []),
        missing: parts.flatMap(({ missing }) => missing ?? []),
        snapshots: parts.flatMap(({ snapshots }) => snapshots ?? []),
      };
    }),
};

interface Part {
  readonly readings?: readonly Reading[];
  readonly missing?: readonly Missing[];
  readonly snapshots?: readonly Snapshot[];
}

/** Settings that decide who gets in; the rest of sshd's hundred says little. */
const telling = [
  'port',
  'listenaddress',
  'permitrootlogin',
  'passwordauthentication',
  'kbdinteractiveauthentication',
  'permitemptypasswords',
  'pubkeyauthentication',
  'usepam',
  'allowusers',
  'allowgroups',
  'denyusers',
  'denygroups',
  'authorizedkeysfile',
  'authorizedkeyscommand',
  'forcecommand',
  'allowtcpforwarding',
  'maxauthtries',
] as const;

async function ssh({ signal }: ProbeContext): Promise<Part> {
  const reading = await readSshServer(signal);
  if (reading.kind === 'none') return {};
  const metrics = ['host.ssh.root-login', 'host.ssh.password-login'];
  if (reading.kind === 'unreadable') {
    const remedy = remedyHere(
      'CAP_DAC_READ_SEARCH',
      'run Upkeep as root, or let it read /etc/ssh/sshd_config and what it includes',
    );
    return { missing: [{ metrics, reason: reading.why, remedy }] };
  }
  const { rootLogin, isPasswordTaken } = judgeSsh(reading.settings);
  const { values } = reading.settings;
  const known = telling.flatMap((name) =>
    values[name] === undefined ? [] : [[name, values[name]] as const],
  );
  const serving = await sshServing(reading.settings);
  const isOpen = serving.kind === 'serves';
  return {
    ...(serving.kind === 'unknown'
      ? {
          missing: [
            {
              metrics,
              reason: serving.why,
              remedy: 'let Upkeep run as root, or look by hand: ss -tlnp, systemctl status ssh',
            },
          ],
        }
      : {
          readings: [
            { metric: 'host.ssh.root-login', value: isOpen ? rootLogin : 0 },
            { metric: 'host.ssh.password-login', value: isOpen && isPasswordTaken ? 1 : 0 },
          ],
        }),
    // Files say less than sshd itself: to compare the one with the other would tell of changes that nobody made.
    snapshots:
      reading.settings.by === 'sshd -T'
        ? [{ document: 'host.sshd', kind: 'access', values: Object.fromEntries(known) }]
        : [],
  };
}

async function accounts({ clock }: ProbeContext): Promise<Part> {
  const { accounts: all, isWhole } = await readAccounts();
  const known = all.filter(({ canLogIn }) => canLogIn);
  const snapshot: Snapshot = {
    document: 'host.accounts',
    kind: 'access',
    values: Object.fromEntries(
      known.map((each) => [
        each.name,
        `uid ${each.uid}, ${each.shell}${each.isAdministrator ? ', administrator' : ''}`,
      ]),
    ),
  };
  if (!isWhole) {
    const metrics = ['host.accounts.without-password', 'host.accounts.expired'];
    const remedy = remedyHere(
      'CAP_DAC_READ_SEARCH',
      'run Upkeep as root, or put its user into the group shadow: usermod -aG shadow USER',
    );
    return { snapshots: [snapshot], missing: [{ metrics, reason: '/etc/shadow cannot be read', remedy }] };
  }
  const now = clock.now();
  return {
    snapshots: [snapshot],
    readings: [
      {
        metric: 'host.accounts.without-password',
        value: known.filter(({ password }) => password === 'empty').length,
      },
      { metric: 'host.accounts.expired', value: known.filter((each) => isExpired(each, now)).length },
    ],
  };
}

const loopback = /^(127\.|::1$)/;

/** What other machines can reach and `ports` does not name; a firewall may stand before it all the same. */
export function undeclared(all: readonly Listener[], declared: readonly number[] | undefined): Listener[] {
  return all.filter(({ address, port }) => !loopback.test(address) && declared?.includes(port) !== true);
}

async function ports({ config, openPorts }: HostConnection): Promise<Part> {
  if (config.ports === undefined) return {};
  const open = new Set(undeclared(await allListeners(), config.ports).map(({ port }) => port));
  for (const port of open) openPorts.add(port);
  return {
    readings: [...openPorts].map((port) => ({
      metric: 'host.port.undeclared',
      value: open.has(port) ? 1 : 0,
      labels: { port: String(port) },
    })),
  };
}

async function guarded(place: string, { signal }: ProbeContext): Promise<Part> {
  const metric = 'host.open-to-all';
  try {
    const { found, isWhole } = await openToAll(place, signal);
    const reason = `not all of ${place} could be looked at`;
    const remedy = 'name smaller places in `guarded`, or let Upkeep enter their folders';
    return {
      // What was found is there, however much more there may be; nothing found proves nothing then.
      readings: isWhole || found > 0 ? [{ metric, value: found, labels: { place } }] : [],
      missing: isWhole ? [] : [{ metrics: [metric], reason, remedy }],
    };
  } catch (error) {
    const reason = `${place}: ${error instanceof Error ? error.message : error}`;
    return { missing: [{ metrics: [metric], reason, remedy: 'correct `guarded` of this target' }] };
  }
}
