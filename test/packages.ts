/** The Debian packages that tests need, in one place; installed where missing and allowed, else named. */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { alertmanagerServer } from './servers/alertmanager.ts';
import { openssl } from './servers/certificates.ts';
import { chronyServer } from './servers/chrony.ts';
import { haproxyServer } from './servers/haproxy.ts';
import { type Binary, locate } from './servers/installed.ts';
import { knotServer } from './servers/knot.ts';
import { mariadbServer } from './servers/mariadb.ts';
import { nginxServer } from './servers/nginx.ts';
import { pebbleServer } from './servers/pebble.ts';
import { pgbackrestProgram } from './servers/pgbackrest.ts';
import { busybox, podman, runc } from './servers/podman.ts';
import { hypopg, postgresServer } from './servers/postgres.ts';
import { prometheusServer } from './servers/prometheus.ts';
import { rabbitmqServer } from './servers/rabbitmq.ts';
import { redisServer } from './servers/redis.ts';
import { restic } from './servers/restic.ts';

const fixed: readonly Binary[] = [
  postgresServer,
  pgbackrestProgram,
  rabbitmqServer,
  redisServer,
  haproxyServer,
  nginxServer,
  mariadbServer,
  chronyServer,
  knotServer,
  pebbleServer,
  prometheusServer,
  alertmanagerServer,
  { name: 'sshd', apt: 'openssh-server' },
  podman,
  runc,
  busybox,
  openssl,
  restic,
  { name: 'chromium', apt: 'chromium' },
  { name: 'ps', apt: 'procps' },
  { name: 'setpriv', apt: 'util-linux' },
  { name: 'age', apt: 'age' },
  { name: 'ip', apt: 'iproute2' },
  { name: 'mkfs.ext4', apt: 'e2fsprogs' },
  { name: 'logrotate', apt: 'logrotate' },
];

/** What tests need, as far as it is known: the extension of a server is, once the server is there. */
export function needed(): readonly Binary[] {
  const extension = hypopg();
  return extension === null ? fixed : [...fixed, extension];
}

/** What Debian reads before it starts a service of a new package, and before it makes a first database cluster. */
const quiet = [
  { file: '/usr/sbin/policy-rc.d', text: '#!/bin/sh\nexit 101\n', mode: 0o755 },
  { file: '/etc/postgresql-common/createcluster.conf', text: 'create_main_cluster = false\n', mode: 0o644 },
] as const;

/**
 * Installs what is missing when it may (root, apt-get there); else says the one command that would.
 * True when nothing is missing afterwards.
 */
export function installNeeded(say: (line: string) => void): boolean {
  const missing = packagesMissing();
  if (missing.length === 0) return true;
  if (!install(missing, say)) return false;
  const more = packagesMissing().filter((name) => !missing.includes(name));
  if (more.length > 0) install(more, say);
  const left = packagesMissing();
  if (left.length > 0) say(`Still not installed: ${left.join(', ')}`);
  return left.length === 0;
}

/** False where it may not. */
function install(missing: readonly string[], say: (line: string) => void): boolean {
  const command = `apt-get install --yes --no-install-recommends ${missing.join(' ')}`;
  if (process.getuid?.() !== 0 || locate({ name: 'apt-get', apt: 'apt' }) === null) {
    say(`Not installed: ${missing.join(', ')}. As root: apt-get update && ${command}`);
    return false;
  }
  say(`Installing what the tests need: ${missing.join(', ')}`);
  withoutServices(() => {
    apt(['update', '--quiet']);
    apt(['install', '--yes', '--quiet', '--no-install-recommends', ...missing]);
  });
  return true;
}

function packagesMissing(): string[] {
  return [
    ...new Set(
      needed()
        .filter((binary) => locate(binary) === null)
        .map(({ apt }) => apt),
    ),
  ];
}

/** Tests start their own servers; those of the packages must neither run nor take the usual ports. */
function withoutServices(work: () => void): void {
  const written = quiet.filter(({ file }) => !existsSync(file));
  for (const { file, text, mode } of written) {
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, text, { mode });
  }
  try {
    work();
  } finally {
    for (const { file } of written) rmSync(file, { force: true });
  }
}

function apt(args: readonly string[]): void {
  const options = ['-o', 'Dpkg::Options::=--force-confold', '-o', 'DPkg::Lock::Timeout=120'];
  spawnSync('apt-get', [...options, ...args], {
    stdio: ['ignore', 'inherit', 'inherit'],
    env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' },
  });
}
