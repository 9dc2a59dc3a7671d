/** Which versions were measured, for the page. */
import { spawnSync } from 'node:child_process';
import { locate } from '../test/servers/installed.ts';
import { alertmanager, blackbox, prometheus } from './prometheus.ts';

export function versions(): string[] {
  const peers = [prometheus, blackbox, alertmanager].flatMap((binary) => {
    const file = locate(binary);
    if (file === null) return [];
    const { stdout, stderr } = spawnSync(file, ['--version'], { encoding: 'utf8' });
    const version = /version (\S+)/.exec(stdout + stderr)?.[1]?.replace(/[+,].*$/, '');
    return version === undefined ? [] : [`${binary.name} ${version}`];
  });
  return [`Node ${process.versions.node}`, ...peers];
}
