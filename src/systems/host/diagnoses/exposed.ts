/** What makes it easier than meant to get into this machine. */
import { count } from '../../../core/count.ts';
import type { Evidence, Finding, Scalar } from '../../../core/evidence.ts';
import type { Diagnosis, DiagnosisContext } from '../../../core/system.ts';
import { isExpired, readAccounts } from '../../../machine/accounts.ts';
import { allListeners } from '../../../machine/listeners.ts';
import { openToAll } from '../../../machine/open-to-all.ts';
import { processFacts, programName } from '../../../machine/processes.ts';
import { judgeSsh, readSshServer, sshServing } from '../../../machine/ssh-server.ts';
import type { HostConnection } from '../connection.ts';
import { undeclared } from '../probes/exposure.ts';
import { type Part, seen } from './seen.ts';

const id = 'host.exposed';
const rowsShown = 20;
const namesShown = 5;

export const exposed: Diagnosis<HostConnection> = {
  id,
  title: 'the machine is more open than declared',
  summary: 'Which settings of SSH, ports, files or accounts leave the machine more open than declared',
  explains: [
    'host.ssh-root-login',
    'host.ssh-password-login',
    'host.undeclared-port',
    'host.open-to-all',
    'host.empty-password',
    'host.expired-accounts',
  ],
  async gather({ config }, target, ctx) {
    return [
      await seen(target, 'sshd', 'How people may log in over SSH', 'sshd -T', ctx, () => sshPart(ctx)),
      await seen(target, 'accounts', 'Accounts that want a look', 'getent passwd; chage -l USER', ctx, () =>
        accountPart(ctx),
      ),
      ...(config.ports === undefined
        ? []
        : [
            await seen(
              target,
              'undeclared-ports',
              'Ports that are open to others and not declared',
              'ss -tlnp',
              ctx,
              () => portPart(config.ports),
            ),
          ]),
      ...(config.guarded.length === 0
        ? []
        : [
            await seen(
              target,
              'open-files-to-all',
              'What everybody may write',
              `find ${config.guarded.join(' ')} -xdev -perm -0002 ! -type l`,
              ctx,
              () => placesPart(config.guarded, ctx),
            ),
          ]),
    ];
  },
  conclude(evidence, target) {
    const of = (topic: string) => evidence.find((each) => each.id === `${target}.${topic}`);
    return [
      ...sshFinding(of('sshd'), target),
      ...portFinding(of('undeclared-ports'), target),
      ...placeFinding(of('open-files-to-all'), target),
      ...accountFinding(of('accounts'), target),
    ];
  },
};

async function sshPart({ signal }: DiagnosisContext): Promise<Part> {
  const reading = await readSshServer(signal);
  if (reading.kind === 'unreadable') return { unseen: reading.why };
  if (reading.kind === 'none') return { facts: { isInstalled: false } };
  const { values, by } = reading.settings;
  const { rootLogin, isPasswordTaken, isEmptyTaken } = judgeSsh(reading.settings);
  const serving = await sshServing(reading.settings);
  return {
    ...(serving.kind === 'unknown' ? { unseen: serving.why } : {}),
    facts: {
      by,
      serves: { serves: 'yes', idle: 'no: sshd is installed and does not run', unknown: 'unknown' }[
        serving.kind
      ],
      rootLogin,
      isPasswordTaken,
      isEmptyTaken,
      permitRootLogin: values.permitrootlogin ?? null,
      listens: values.listenaddress ?? values.port ?? null,
    },
  };
}

async function accountPart({ clock }: DiagnosisContext): Promise<Part> {
  const { accounts, isWhole } = await readAccounts();
  const now = clock.now();
  const rows = accounts.flatMap((each): Scalar[][] => {
    if (!each.canLogIn) return [];
    const what = each.password === 'empty' ? 'empty password' : isExpired(each, now) ? 'expired' : undefined;
    const other = each.uid === 0 && each.name !== 'root' ? 'user id 0' : undefined;
    return [what, other].flatMap((word) => (word === undefined ? [] : [[each.name, each.uid, word]]));
  });
  return {
    table: { columns: ['account', 'user id', 'what'], rows: rows.slice(0, rowsShown) },
    ...(isWhole ? {} : { unseen: '/etc/shadow cannot be read: whether passwords are empty or expired' }),
  };
}

async function portPart(declared: readonly number[] | undefined): Promise<Part> {
  const found = undeclared(await allListeners(), declared);
  const rows = await Promise.all(
    found.slice(0, rowsShown).map(async ({ address, port, pid }): Promise<Scalar[]> => {
      const facts = pid === undefined ? undefined : await processFacts(pid);
      return [
        port,
        address,
        facts === undefined ? null : programName(facts),
        pid ?? null,
        facts?.uid ?? null,
      ];
    }),
  );
  return { table: { columns: ['port', 'address', 'process', 'pid', 'user id'], rows } };
}

async function placesPart(places: readonly string[], { signal }: DiagnosisContext): Promise<Part> {
  const rows: Scalar[][] = [];
  for (const place of places)
    for (const path of (await openToAll(place, signal)).paths) rows.push([place, path]);
  return { table: { columns: ['place', 'path'], rows: rows.slice(0, rowsShown) } };
}

type Told = Pick<Finding, 'summary' | 'explanation' | 'confidence'>;

function finding(target: string, piece: Evidence, told: Told): Finding {
  return {
    id,
    target,
    ...told,
    evidence: [piece.id],
    unseen: piece.unseen === undefined ? [] : [piece.unseen],
    recommendations: [],
  };
}

function sshFinding(piece: Evidence | undefined, target: string): Finding[] {
  if (piece?.facts === undefined || piece.facts.serves !== 'yes') return [];
  const { rootLogin, isPasswordTaken, isEmptyTaken, by, permitRootLogin } = piece.facts;
  const sure = by === 'sshd -T' ? 0.95 : 0.75;
  const empty = isEmptyTaken === true ? ' Even empty passwords are taken (PermitEmptyPasswords yes).' : '';
  if (rootLogin === 2)
    return [
      finding(target, piece, {
        summary: 'root may log in over SSH with a password',
        explanation: `PermitRootLogin is ${permitRootLogin} and passwords are taken: whoever guesses one owns the machine, and everybody on the Internet tries.${empty} Set PermitRootLogin prohibit-password (or no) and PasswordAuthentication no, once a key works; sshd -t, then reload.`,
        confidence: sure,
      }),
    ];
  if (isPasswordTaken !== true) return [];
  return [
    finding(target, piece, {
      summary: 'SSH takes passwords',
      explanation: `A password can be guessed or was used elsewhere; a key cannot.${empty} Set PasswordAuthentication no and KbdInteractiveAuthentication no once everybody has a key; sshd -t, then reload, with a second session open.`,
      confidence: sure,
    }),
  ];
}

function portFinding(piece: Evidence | undefined, target: string): Finding[] {
  return (piece?.table?.rows ?? []).slice(0, namesShown).map(([port, address, name, pid]) => ({
    id,
    target,
    summary: `${name === null ? 'something' : `${name} (pid ${pid})`} listens on ${String(address).includes(':') ? `[${address}]` : address}:${port}, which is not declared`,
    explanation:
      'Other machines can reach it unless a firewall stands before it. If it is meant, add it to `ports` of this target; if only this machine needs it, let it listen on 127.0.0.1.',
    confidence: 0.9,
    evidence: [piece?.id ?? ''],
    unseen: ['whether a firewall, here or of the provider, lets others through: nft list ruleset'],
    recommendations: [],
  }));
}

function placeFinding(piece: Evidence | undefined, target: string): Finding[] {
  const rows = piece?.table?.rows ?? [];
  if (piece === undefined || rows.length === 0) return [];
  const names = rows.slice(0, namesShown).map(([, path]) => path);
  return [
    finding(target, piece, {
      summary: `everybody may write ${names.join(', ')}${rows.length > names.length ? ` and ${rows.length - names.length} more` : ''}`,
      explanation:
        'Any account of this machine, also that of a service somebody broke into, can change them: chmod o-w, after a look at who needs it.',
      confidence: 0.95,
    }),
  ];
}

function accountFinding(piece: Evidence | undefined, target: string): Finding[] {
  const rows = piece?.table?.rows ?? [];
  if (piece === undefined) return [];
  const named = (what: string) => rows.filter(([, , word]) => word === what).map(([name]) => String(name));
  const say = (what: string, summary: (names: string) => string, explanation: string): Finding[] => {
    const names = named(what);
    return names.length === 0
      ? []
      : [finding(target, piece, { summary: summary(names.join(', ')), explanation, confidence: 0.93 })];
  };
  return [
    ...say(
      'empty password',
      (names) => `${count(named('empty password').length, 'account')} with an empty password: ${names}`,
      'Anybody may become that account here (su), and over SSH where it takes empty passwords. passwd -l locks it.',
    ),
    ...say(
      'user id 0',
      (names) => `${names} has user id 0 besides root`,
      'It is root by another name: an old habit, or a back door.',
    ),
    ...say(
      'expired',
      (names) => `expired: ${names}`,
      'The account or its password ran out: logins and cron jobs of it fail. Extend it (chage), or remove it where nobody needs it any more.',
    ),
  ];
}
