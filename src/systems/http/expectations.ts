/** Whether an answer is the one that was declared. Pure. */
import { STATUS_CODES } from 'node:http';
import type { Expectation, StatusExpectation } from './config.ts';

export interface JudgedAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>;
  /** The part of the body that was read. */
  readonly body: string;
  readonly isCut: boolean;
  readonly totalSeconds: number;
  readonly strayed: string | undefined;
}

/** What is not as declared, in words that follow the status; empty when all is. */
export function unmetExpectations(answer: JudgedAnswer, expect: Expectation): string[] {
  const unmet: string[] = [];
  if (!statusMeets(answer.status, expect.status)) unmet.push(`expected ${[expect.status].flat().join(', ')}`);
  if (answer.strayed !== undefined) unmet.push(answer.strayed);
  for (const [name, part] of Object.entries(expect.headers)) {
    const value = answer.headers[name.toLowerCase()];
    const text = value === undefined ? undefined : [value].flat().join(', ');
    if (text === undefined) unmet.push(`header ${name} is missing`);
    else if (!text.toLowerCase().includes(part.toLowerCase()))
      unmet.push(`header ${name} lacks ${quoted(part)}`);
  }
  const where = answer.isCut ? `the first ${answer.body.length} characters of the body` : 'the body';
  const { contains, matches } = expect.body ?? {};
  if (contains !== undefined && !answer.body.includes(contains))
    unmet.push(`${where} lacks ${quoted(contains)}`);
  if (matches !== undefined && !new RegExp(matches).test(answer.body)) {
    unmet.push(`${where} does not match /${matches}/`);
  }
  if (expect.maxMs !== undefined && answer.totalSeconds * 1_000 > expect.maxMs) {
    unmet.push(
      `${tookWord} ${Math.round(answer.totalSeconds * 1_000)} ms, expected at most ${expect.maxMs} ms`,
    );
  }
  return unmet;
}

const tookWord = 'took';

/** Of the words of `unmetExpectations`: only that it came too late. */
export function isOfTime(unmet: string): boolean {
  return unmet.startsWith(`${tookWord} `);
}

export function statusMeets(status: number, expected: Expectation['status']): boolean {
  return [expected].flat().some((each: StatusExpectation) => {
    return typeof each === 'number' ? each === status : each[0] === String(status)[0];
  });
}

/** `503 Service Unavailable`: the standard's words, never the server's own. */
export function statusLine(status: number): string {
  const words = STATUS_CODES[status];
  return words === undefined ? String(status) : `${status} ${words}`;
}

/** `text/html` of `text/html; charset=utf-8`; null where none was named, or by nothing that is a media type. */
export function mediaType(header: string | undefined): string | null {
  return (
    /^[a-z0-9.+-]{1,40}\/[a-z0-9.+-]{1,60}(?=\s*(?:;|$))/i.exec(header?.trim() ?? '')?.[0].toLowerCase() ??
    null
  );
}

/** What is declared has quotation marks of its own where it is JSON. */
function quoted(text: string): string {
  return text.includes('"') ? `'${text}'` : `"${text}"`;
}
