/** The runtime API: one connection a command, which HAProxy closes after its answer (management guide, 9.3). */
import { connect, type Socket } from 'node:net';

/** A thousand servers take about 700 kB. */
const maxBytes = 16 * 1_024 * 1_024;

/** HAProxy did not do what it was told, or may not tell; the message is its own. */
export class RuntimeRefusal extends Error {
  override readonly name = 'RuntimeRefusal';
}

/**
 * @param words one command; a word never holds a separator, so that a name cannot become a second command
 * @throws the error of the socket, or the signal's reason
 */
export function ask(socket: string, words: readonly string[], signal: AbortSignal): Promise<string> {
  const command = commandOf(words);
  return new Promise((resolve, reject) => {
    if (signal.aborted) {
      reject(signal.reason);
      return;
    }
    const tcp = tcpOf(socket);
    const link: Socket = tcp ? connect(tcp) : connect({ path: socket });
    const chunks: Buffer[] = [];
    let length = 0;
    const end = (finish: () => void) => {
      signal.removeEventListener('abort', interrupt);
      link.destroy();
      finish();
    };
    const interrupt = () => end(() => reject(signal.reason));
    signal.addEventListener('abort', interrupt, { once: true });
    link.on('error', (error) => end(() => reject(error)));
    link.on('data', (chunk: Buffer) => {
      chunks.push(chunk);
      length += chunk.length;
      if (length > maxBytes) end(() => reject(new Error(`the answer to ${command} is too long`)));
    });
    link.once('close', () => {
      const text = Buffer.concat(chunks).toString('utf8');
      const objection = objectionIn(text);
      end(() => (objection ? reject(objection) : resolve(text)));
    });
    link.write(`${command}\n`);
  });
}

/** As it is sent, for people to repeat. */
export function commandOf(words: readonly string[]): string {
  for (const word of words) {
    if (!/^[\w@.:/%[\]+-]+$/.test(word))
      throw new RuntimeRefusal(`${JSON.stringify(word)} is no word of a command`);
  }
  return words.join(' ');
}

/** What HAProxy says instead of an answer. */
function objectionIn(text: string): Error | undefined {
  if (text === '') return new Error('the connection was closed without an answer');
  const line = text.trim().split('\n')[0] ?? '';
  return /^(Permission denied|Unknown command)/.test(line) ? new RuntimeRefusal(line) : undefined;
}

/** Host and port of a runtime API on TCP; undefined where it is a path. */
export function tcpOf(socket: string): { host: string; port: number } | undefined {
  const found = /^(\[[0-9A-Fa-f:]+\]|[^/\s]+):(\d{1,5})$/.exec(socket);
  if (found === null) return undefined;
  const [, host = '', port] = found;
  return { host: host.replace(/^\[(.*)\]$/, '$1'), port: Number(port) };
}

/** Sends commands that answer with nothing when they were obeyed. @throws RuntimeRefusal with HAProxy's own words */
export async function order(
  socket: string,
  commands: readonly (readonly string[])[],
  signal: AbortSignal,
): Promise<void> {
  for (const words of commands) {
    const answer = (await ask(socket, words, signal)).trim();
    if (answer !== '' && !/^(New server registered|Server deleted)\.?$/.test(answer))
      throw new RuntimeRefusal(`${commandOf(words)}: ${answer}`);
  }
}
