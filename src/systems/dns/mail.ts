/** What is wrong with the records that mail stands on: SPF (RFC 7208), DMARC (RFC 7489), DKIM (RFC 6376), MX. Pure. */

/** Undefined where nothing is wrong. */
export type Fault = string | undefined;

const mostLookups = 10;

/** @param lookups how many further questions the record makes, where it was counted */
export function spfFault(texts: readonly string[], lookups?: number): Fault {
  const records = texts.filter((text) => /^v=spf1(\s|$)/i.test(text));
  const [record, second] = records;
  if (record === undefined) return 'there is no SPF record (v=spf1)';
  if (second !== undefined) return `there are ${records.length} SPF records: receivers then take none`;
  if (/\s\+?all(\s|$)/i.test(record)) return 'it lets everybody send (+all)';
  if (!/\s([-~?]all|redirect=\S+)(\s|$)/i.test(record)) return 'it says nothing of all others (-all or ~all)';
  if (lookups !== undefined && lookups > mostLookups)
    return `it takes ${lookups} lookups, and receivers stop after ${mostLookups}`;
  return undefined;
}

/** Names that an SPF record sends receivers to, and how many lookups it costs itself. */
export function spfQuestions(record: string): {
  readonly includes: readonly string[];
  readonly lookups: number;
} {
  const terms = record
    .split(/\s+/)
    .slice(1)
    .map((term) => term.replace(/^[+\-~?]/, ''));
  const includes = terms.flatMap((term) => /^(?:include:|redirect=)(\S+)$/i.exec(term)?.[1] ?? []);
  const lookups = terms.filter((term) =>
    /^(include:|redirect=|a([:/]|$)|mx([:/]|$)|ptr|exists:)/i.test(term),
  ).length;
  // Macros depend on who sends: they cannot be followed.
  return { includes: includes.filter((name) => !name.includes('%')), lookups };
}

export function dmarcFault(texts: readonly string[]): Fault {
  const records = texts.filter((text) => /^v=DMARC1\s*(;|$)/i.test(text));
  const [record] = records;
  if (record === undefined) return 'there is no DMARC record (v=DMARC1) at _dmarc';
  if (records.length > 1) return `there are ${records.length} DMARC records: receivers then take none`;
  const policy = /;\s*p\s*=\s*(\w+)/i.exec(record)?.[1]?.toLowerCase();
  if (policy === undefined || !['none', 'quarantine', 'reject'].includes(policy))
    return 'it has no policy (p=none, quarantine or reject)';
  if (policy === 'none' && !/;\s*rua\s*=/i.test(record))
    return 'p=none without rua: it neither protects nor reports';
  return undefined;
}

const leastRsaBytes = 128;

export function dkimFault(texts: readonly string[]): Fault {
  const record = texts.find((text) => /(^|;)\s*p\s*=/i.test(text));
  if (record === undefined) return 'there is no DKIM key';
  const key = /(?:^|;)\s*p\s*=\s*([^;]*)/i.exec(record)?.[1]?.replace(/\s+/g, '') ?? '';
  if (key === '') return 'its key is revoked (p=)';
  const isRsa = !/(?:^|;)\s*k\s*=\s*ed25519/i.test(record);
  const bytes = Buffer.from(key, 'base64').length;
  if (isRsa && bytes < leastRsaBytes) return `its RSA key is too short (${bytes} bytes with its frame)`;
  if (/(?:^|;)\s*t\s*=\s*[^;]*\by\b/i.test(record)) return 'it is marked as a test (t=y)';
  return undefined;
}
