/** Input that must not stand in the list of processes or the shell's history: typed out of sight, or a line of stdin. */
import { createInterface } from 'node:readline/promises';
import { Usage } from './configuration.ts';

/** @throws Usage when nothing was given, or the two times differ */
export async function askSecret(about: string): Promise<string> {
  if (process.stdin.isTTY !== true) return firstLine();
  const first = await typed(about);
  if ((await typed(`${about}, once more`)) !== first) throw new Usage('the two are not the same');
  return first;
}

async function typed(message: string): Promise<string> {
  const { isCancel, password } = await import('@clack/prompts');
  const answer = await password({ message });
  if (isCancel(answer) || !answer) throw new Usage('nothing was changed');
  return answer;
}

async function firstLine(): Promise<string> {
  const lines = createInterface({ input: process.stdin });
  for await (const line of lines) {
    lines.close();
    return line;
  }
  throw new Usage('type the password, or send it as a line on the standard input');
}
