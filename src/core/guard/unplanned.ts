/** Why no plan of an action could be made: the system's refusal in words, told apart from a defect of ours. Pure. */
import { redact } from '../redact.ts';
import { UpkeepError } from '../verb.ts';

/** The words of the systems for "you may not": Redis, PostgreSQL, MySQL, RabbitMQ, OpenSearch, the kernel. */
const deniedWords =
  /\bNOPERM\b|\bNOAUTH\b|\bWRONGPASS\b|permission denied|access (to \S+ )?denied|access[_ ]refused|not permitted|not authori[sz]ed|unauthori[sz]ed|forbidden|security_exception|must be (a )?(superuser|owner|member)|you need .* privilege|insufficient privilege|\bEACCES\b|\bEPERM\b/i;
/** SQLSTATE of PostgreSQL and the numbers' names of MySQL. */
const deniedCodes = /^(42501|28000|28P01|EACCES|EPERM|ER_\w*ACCESS_DENIED\w*)$/;

/** Errors that only a defect of the program throws. */
const defects = [TypeError, ReferenceError, RangeError, SyntaxError, EvalError];

/**
 * What an error while planning says of the system; null where it says nothing of it: a defect, or a clear error already.
 * @param privileges the least that the action needs, ready to copy
 */
export function whyUnplanned(error: unknown, target: string, privileges: string): string | null {
  if (!(error instanceof Error) || error instanceof UpkeepError) return null;
  if (defects.some((kind) => error instanceof kind) || error.name === 'AssertionError') return null;
  const said = redact(messageOf(error));
  const code = 'code' in error ? String(error.code) : '';
  if (deniedWords.test(said) || deniedCodes.test(code))
    return `Upkeep's login on ${target} may not (${said}). It needs: ${inOneLine(privileges)}`;
  return `${target} could not be asked: ${said}`;
}

/** Without the remarks, which say what each is for. */
function inOneLine(privileges: string): string {
  const lines = privileges.split('\n').map((line) => line.replace(/\s+(--|#) .*$/, '').trim());
  return lines.filter(Boolean).join(' ');
}

/** A reason that says which right is missing, of a refusal or of the above. */
export function lacksRight(reason: string): boolean {
  return /\bGRANT ["A-Za-z_]|\bACL SETUSER\b|\bALTER ROLE\b|^Upkeep's login on \S+ may not \(/.test(reason);
}

/** Two reasons that differ in numbers alone, as in times and ids, say the same. */
export function sameReason(one: string, other: string): boolean {
  const bare = (reason: string) => reason.replace(/\d+/g, '#');
  return bare(one) === bare(other);
}

function messageOf(error: Error): string {
  const first: unknown = error instanceof AggregateError ? error.errors[0] : error;
  return first instanceof Error ? first.message : String(first);
}
