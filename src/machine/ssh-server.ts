/** How people may log in over SSH: what sshd itself says, else its files; and whether it serves at all. */
import { access, constants, glob, readFile } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { allListeners } from './listeners.ts';
import { allProcesses, processFacts } from './processes.ts';
import { runProgram } from './run-program.ts';
import { findProgram } from './tools.ts';

export interface SshSettings {
  /** By lower-case name, as `sshd -T` prints them; of files only what they say. */
  readonly values: Readonly<Record<string, string>>;
  readonly by: string;
}

export type SshReading =
  | { readonly kind: 'read'; readonly settings: SshSettings }
  /** No server is installed. */
  | { readonly kind: 'none' }
  | { readonly kind: 'unreadable'; readonly why: string };

const configurationFile = '/etc/ssh/sshd_config';

/** Names of several values keep all, in their order. */
export function parseSshd(text: string): Record<string, string> {
  const found: Record<string, string> = {};
  for (const line of text.split('\n')) {
    const [, name = '', value = ''] = /^\s*([A-Za-z]+)[\s=]+(.+?)\s*$/.exec(line.replace(/\s#.*$/, '')) ?? [];
    if (name === '' || line.trimStart().startsWith('#')) continue;
    // Of a file: what stands below a Match is for some only.
    if (name.toLowerCase() === 'match') break;
    const key = name.toLowerCase();
    const isList = [
      'port',
      'listenaddress',
      'allowusers',
      'allowgroups',
      'denyusers',
      'denygroups',
      'hostkey',
    ].includes(key);
    // The first value of a name is the one that counts (sshd_config(5)).
    if (found[key] === undefined) found[key] = value;
    else if (isList) found[key] += `, ${value}`;
  }
  return found;
}

export async function readSshServer(signal: AbortSignal): Promise<SshReading> {
  const program = findProgram('sshd');
  if (program === undefined) return { kind: 'none' };
  const said = await runProgram([program, '-T'], { signal }).catch(() => undefined);
  if (said?.code === 0) return { kind: 'read', settings: { values: parseSshd(said.text), by: 'sshd -T' } };
  try {
    const text = await withIncludes(configurationFile);
    return {
      kind: 'read',
      settings: { values: { ...openSshDefaults, ...parseSshd(text) }, by: configurationFile },
    };
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : String(error);
    return {
      kind: 'unreadable',
      why: `sshd -T: ${said?.text.slice(-150) ?? 'cannot be run'}; ${configurationFile}: ${code}`,
    };
  }
}

/** sshd_config(5), since OpenSSH 7.0. */
const openSshDefaults = {
  permitrootlogin: 'prohibit-password',
  passwordauthentication: 'yes',
  kbdinteractiveauthentication: 'yes',
  permitemptypasswords: 'no',
};

async function withIncludes(file: string, depth = 0): Promise<string> {
  const lines = (await readFile(file, 'utf8')).split('\n');
  const parts: string[] = [];
  for (const line of lines) {
    const pattern = /^\s*Include\s+(\S+)/i.exec(line)?.[1];
    if (pattern === undefined || depth > 3) parts.push(line);
    else
      for await (const name of glob(resolve(dirname(configurationFile), pattern)))
        parts.push(await withIncludes(name, depth + 1));
  }
  return parts.join('\n');
}

export type SshServing =
  /** A port of its settings is open, and sshd has it, or systemd, which starts one for each login. */
  | { readonly kind: 'serves' }
  /** It is installed, and nobody gets in by it. */
  | { readonly kind: 'idle' }
  | { readonly kind: 'unknown'; readonly why: string };

/** What sshd would do with a login says nothing while no sshd takes one. */
export async function sshServing(settings: SshSettings): Promise<SshServing> {
  const tables = ['/proc/net/tcp', '/proc/net/tcp6'].map((path) => access(path, constants.R_OK));
  if ((await Promise.allSettled(tables)).every(({ status }) => status === 'rejected'))
    return { kind: 'unknown', why: '/proc/net/tcp cannot be read: whether sshd listens' };
  const ports = portsOfSsh(settings);
  const listeners = await allListeners();
  const holders = await Promise.all(
    listeners.map(async ({ port, pid }) => ({
      isAsked: ports.includes(port),
      name: pid === undefined ? undefined : (await processFacts(pid))?.name,
    })),
  );
  const asked = holders.filter(({ isAsked }) => isAsked);
  if (asked.some(({ name }) => name === 'sshd' || name === 'systemd')) return { kind: 'serves' };
  const isUnseen = asked.some(({ name }) => name === undefined);
  // Processes of others show how they call themselves, and not their sockets; since OpenSSH 8.2 this one says what it is.
  const isRunning =
    holders.some(({ name }) => name === 'sshd') ||
    (await allProcesses()).some(
      ({ name, command }) => name === 'sshd' && command.join(' ').includes('[listener]'),
    );
  if (isRunning && isUnseen) return { kind: 'serves' };
  if (isUnseen)
    return { kind: 'unknown', why: `port ${ports.join(', ')} is open, and who has it cannot be seen` };
  return isRunning
    ? {
        kind: 'unknown',
        why: 'an sshd runs on another port than its settings name: it was started with its own',
      }
    : { kind: 'idle' };
}

/** Of several, each; sshd_config(5): 22 where none is named. */
export function portsOfSsh({ values }: SshSettings): number[] {
  const texts = [...(values.port ?? '').split(', '), ...(values.listenaddress ?? '').split(', ')];
  const named = texts.flatMap((text) => {
    const port = /^(\d+)$|^\[[^\]]*\]:(\d+)$|^[^:]+:(\d+)$/.exec(text.trim())?.slice(1).find(Boolean);
    return port === undefined ? [] : [Number(port)];
  });
  return named.length > 0 ? [...new Set(named)] : [22];
}

export interface SshJudgement {
  /** 0: root may not log in; 1: with a key alone; 2: with a password too. */
  readonly rootLogin: 0 | 1 | 2;
  readonly isPasswordTaken: boolean;
  readonly isEmptyTaken: boolean;
}

export function judgeSsh({ values }: SshSettings): SshJudgement {
  const isOn = (name: string) => values[name] === 'yes';
  // PAM asks for a password over keyboard-interactive too.
  const isPasswordTaken =
    isOn('passwordauthentication') ||
    isOn('kbdinteractiveauthentication') ||
    isOn('challengeresponseauthentication');
  const root = values.permitrootlogin ?? 'prohibit-password';
  const byPassword = root === 'yes' && isPasswordTaken ? 2 : 1;
  return {
    rootLogin: root === 'no' ? 0 : byPassword,
    isPasswordTaken,
    isEmptyTaken: isOn('passwordauthentication') && isOn('permitemptypasswords'),
  };
}
