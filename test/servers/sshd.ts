/** The real sshd, which refuses to begin without the folder that its service makes. */
import { existsSync, mkdirSync } from 'node:fs';
import { type Binary, missing } from './installed.ts';

export const sshServer: Binary = { name: 'sshd', apt: 'openssh-server' };
const separation = '/run/sshd';

/** As `missing`: on CI what is missing is an error. */
export function missingSshd(): string | false {
  const absent = missing(sshServer);
  if (absent !== false || existsSync(separation)) return absent;
  if (process.getuid?.() === 0) {
    mkdirSync(separation, { mode: 0o755 });
    return false;
  }
  const reason = `sshd needs ${separation}: mkdir ${separation} as root`;
  if (process.env.CI === 'true') throw new Error(reason);
  return reason;
}
