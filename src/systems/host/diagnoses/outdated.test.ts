import assert from 'node:assert/strict';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { removeFolder, temporaryFolder } from '../../../../test/servers/process.ts';
import { readingOf, tryTarget } from '../../../../test/try-target.ts';
import { systemClock } from '../../../clock.ts';
import type { Evidence } from '../../../core/evidence.ts';
import { parseUpdates } from '../../../machine/apt.ts';
import { parseOsRelease, readReboot, supportInDistroInfo } from '../../../machine/os-support.ts';
import { connect } from '../connection.ts';
import { host } from '../index.ts';
import { updates } from '../probes/updates.ts';
import { outdated } from './outdated.ts';

const skip = !existsSync('/usr/bin/apt-get') && 'this machine has no apt';

test('this machine tells its pending updates and until when it is supported', {
  skip,
  timeout: 180_000,
}, async () => {
  const seen = await tryTarget(host, {}).seen('host.updates');
  const said = new Set([
    ...seen.readings.map(({ metric }) => metric),
    ...(seen.missing ?? []).flatMap(({ metrics }) => metrics),
  ]);
  for (const metric of ['host.updates.security', 'host.reboot.required', 'host.os.supported-for'])
    assert.ok(said.has(metric), `${metric} is neither told nor missing`);
});

test('updates count from the first of the days on which some were pending', {
  skip,
  timeout: 180_000,
}, async () => {
  const now = Date.now();
  const day = 86_400_000;
  const points = [30, 20, 12, 11, 5, 1].map((days) => ({ at: now - days * day, value: days === 20 ? 0 : 3 }));
  const outcome = await updates.run(connect(), {
    signal: AbortSignal.timeout(30_000),
    timeoutMs: 30_000,
    clock: systemClock,
    increase: () => undefined,
    recorded: async () => [{ labels: {}, points }],
  });
  if ((readingOf(outcome, 'host.updates.security') ?? 0) === 0) return;
  const age = readingOf(outcome, 'host.updates.security-age') ?? 0;
  assert.ok(Math.abs(age - 12 * 86_400) < 60, String(age));
});

test('where apt did not answer in time nothing is said to be pending or not', { skip }, async () => {
  const outcome = await updates.run(connect(), {
    signal: AbortSignal.abort(new Error('no answer within 5000 ms')),
    timeoutMs: 5_000,
    clock: systemClock,
    increase: () => undefined,
  });
  assert.ok(outcome.ok);
  assert.equal(readingOf(outcome, 'host.updates.security'), undefined);
  assert.match(outcome.detail ?? '', /^unknown whether security updates are pending/);
  assert.ok((updates.atLeastMs ?? 0) >= 30_000, 'apt-get -s takes tens of seconds on a busy machine');
});

test('apt names what is a security update, whatever else its origin is', () => {
  const said = `NOTE: This is only a simulation!
Inst libgcrypt20 [1.10.1-3] (1.10.1-3+deb12u1 Debian:12.15/oldstable, Debian-Security:12/oldstable-security [amd64])
Inst bash [5.2.15-2+b8] (5.2.15-2+b13 Debian:12.15/oldstable [amd64]) []
Inst openssl [3.0.2-0ubuntu1.18] (3.0.2-0ubuntu1.20 Ubuntu:22.04/jammy-updates, Ubuntu:22.04/jammy-security [amd64])
Inst linux-image-6.1.0-41-amd64 (6.1.158-1 Debian-Security:12/stable-security [amd64])
Conf bash (5.2.15-2+b13 Debian:12.15/oldstable [amd64])
`;
  assert.deepEqual(
    parseUpdates(said).map(({ name, isSecurity }) => [name, isSecurity]),
    [
      ['libgcrypt20', true],
      ['bash', false],
      ['openssl', true],
    ],
  );
});

test('a restart is due by the mark of packages, else by a newer kernel of the same flavour', async (t) => {
  const root = temporaryFolder('reboot');
  t.after(() => removeFolder(root));
  mkdirSync(join(root, 'boot'));
  mkdirSync(join(root, 'run'));
  const kernel = (release: string) => writeFileSync(join(root, `boot/vmlinuz-${release}`), '');
  kernel('6.1.0-9-amd64');
  kernel('6.1.0-41-cloud-amd64');
  const ask = () => readReboot(root, '6.1.0-9-amd64');
  assert.deepEqual(await ask(), {
    kind: 'known',
    isRequired: false,
    why: 'kernel 6.1.0-9-amd64 is the newest installed',
  });
  kernel('6.1.0-10-amd64');
  assert.deepEqual(await ask(), {
    kind: 'known',
    isRequired: true,
    why: 'kernel 6.1.0-10-amd64 is installed, 6.1.0-9-amd64 runs',
  });
  assert.equal((await readReboot(root, '5.0-custom')).kind, 'unknown');
  writeFileSync(join(root, 'run/reboot-required'), '*** System restart required ***\n');
  writeFileSync(join(root, 'run/reboot-required.pkgs'), 'libc6\nlibc6\ndbus\n');
  assert.deepEqual(await ask(), { kind: 'known', isRequired: true, why: 'updated: libc6, dbus' });
});

test('the end of support is that of free updates: LTS of Debian, no subscription of Ubuntu', () => {
  const debian =
    'version,codename,series,created,release,eol,eol-lts,eol-elts\n12,Bookworm,bookworm,2021-08-14,2023-06-10,2026-07-11,2028-06-30,2033-06-30\n14,Forky,forky,2025-08-09\n';
  assert.equal(supportInDistroInfo(debian, '12'), '2028-06-30');
  assert.equal(supportInDistroInfo(debian, '14'), undefined);
  const ubuntu =
    'version,codename,series,created,release,eol,eol-server,eol-esm\n24.04 LTS,Noble Numbat,noble,2023-10-12,2024-04-25,2029-05-31,2029-05-31,2034-04-25\n';
  assert.equal(supportInDistroInfo(ubuntu, '24.04'), '2029-05-31');
  assert.equal(
    parseOsRelease('ID=debian\nVERSION_ID="12"\nPRETTY_NAME="Debian GNU/Linux 12 (bookworm)"\n').PRETTY_NAME,
    'Debian GNU/Linux 12 (bookworm)',
  );
});

test('what is pending is named, what is not is not', () => {
  const base = { target: 'h', title: 'x', at: 0, how: 'x' };
  const evidence: Evidence[] = [
    {
      ...base,
      id: 'h.updates',
      facts: { security: 8, isAutomatic: false },
      table: {
        columns: [],
        rows: [
          ['openssl', '1', '2'],
          ['libc6', '1', '2'],
        ],
      },
    },
    { ...base, id: 'h.restart', facts: { isRequired: true, why: 'updated: libc6' } },
    {
      ...base,
      id: 'h.support',
      facts: { name: 'Debian 11', untilMs: -10 * 86_400_000, source: 'distro-info-data' },
    },
  ];
  assert.deepEqual(
    outdated.conclude(evidence, 'h').map(({ summary }) => summary),
    [
      '8 security updates pending: openssl, libc6 and 6 more',
      'a restart of the machine is due: updated: libc6',
      'Debian 11 has had no security updates for 10 d',
    ],
  );
  const well: Evidence[] = [
    { ...base, id: 'h.updates', facts: { security: 0 } },
    { ...base, id: 'h.restart', facts: { isRequired: false } },
    { ...base, id: 'h.support', facts: { untilMs: 400 * 86_400_000 } },
  ];
  assert.deepEqual(outdated.conclude(well, 'h'), []);
});
