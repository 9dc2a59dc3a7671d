/** Who may issue certificates for a name (CAA, RFC 8659), and who did. Pure but for the questions it is handed. */
import type { CaaData } from 'dns-packet';

/** Names by which authorities call themselves in CAA records, by the organisation in their certificates. */
const known: readonly (readonly [RegExp, string])[] = [
  [/let's encrypt/i, 'letsencrypt.org'],
  [/google trust services/i, 'pki.goog'],
  [/digicert|geotrust|rapidssl|thawte/i, 'digicert.com'],
  [/sectigo|comodo|usertrust|zerossl/i, 'sectigo.com'],
  [/globalsign/i, 'globalsign.com'],
  [/amazon/i, 'amazon.com'],
  [/entrust/i, 'entrust.net'],
  [/godaddy|starfield/i, 'godaddy.com'],
  [/ssl corp/i, 'ssl.com'],
  [/buypass/i, 'buypass.com'],
  [/certum|asseco/i, 'certum.pl'],
];

/** Undefined where it is not known how this authority calls itself. */
export function caaNameOf(issuer: string): string | undefined {
  return known.find(([pattern]) => pattern.test(issuer))?.[1];
}

/**
 * The records that count: those of the name itself, else of the nearest name above that has any.
 * @param ask gives the CAA records of a name
 */
export async function caaOf(
  name: string,
  ask: (name: string) => Promise<readonly CaaData[]>,
): Promise<{ readonly at: string; readonly records: readonly CaaData[] } | undefined> {
  const labels = name.replace(/\.$/, '').replace(/^\*\./, '').split('.');
  for (let at = 0; at < labels.length; at++) {
    const above = labels.slice(at).join('.');
    const records = await ask(above);
    if (records.length > 0) return { at: above, records };
  }
  return undefined;
}

/** Without any record of its tag everybody may issue. */
export function permits(records: readonly CaaData[], authority: string, isWildcard: boolean): boolean {
  const of = (tag: string) => records.filter((each) => each.tag.toLowerCase() === tag);
  const [plain, wild] = [of('issue'), of('issuewild')];
  const counting = isWildcard && wild.length > 0 ? wild : plain;
  if (counting.length === 0) return true;
  return counting.some(
    ({ value }) => (value.split(';')[0] ?? '').trim().toLowerCase() === authority.toLowerCase(),
  );
}
