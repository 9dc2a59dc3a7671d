import type { Evidence } from '../../../core/evidence.ts';
import type { DiagnosisContext } from '../../../core/system.ts';
import type { HaproxyConnection } from '../client.ts';
import { failureOf } from '../failure.ts';

/** Looks over the runtime API for one piece of evidence; what fails becomes `unseen`. */
export async function look(
  conn: HaproxyConnection,
  target: string,
  ctx: DiagnosisContext,
  about: Pick<Evidence, 'id' | 'title' | 'how'>,
  read: () => Promise<Pick<Evidence, 'facts' | 'table' | 'text' | 'unseen'>>,
): Promise<Evidence> {
  const began = ctx.clock.monotonic();
  const base = { ...about, id: `${target}.${about.id}`, target, at: ctx.clock.now() };
  try {
    return { ...base, ...(await read()) };
  } catch (error) {
    const { why, detail } = failureOf(error, conn.config.socket, ctx.clock.monotonic() - began);
    return { ...base, unseen: detail, facts: { why, answer: detail } };
  }
}

/** `show stat` as people repeat it. */
export function asked(conn: HaproxyConnection, command: string): string {
  return `echo "${command}" | socat stdio ${conn.socket.startsWith('/') ? conn.socket : `tcp:${conn.socket}`}`;
}

export function percent(ratio: number): string {
  return `${Math.round(ratio * 100)} %`;
}
