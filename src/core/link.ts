/**
 * Links that act without a session: purpose, what for, by which channel to whom, until when, and a code that only we
 * can compute. The code also covers the digest of the plan where one is approved, so another plan needs another link.
 */
export const linkPurposes = ['acknowledge', 'resolve', 'approve', 'deny'] as const;
export type LinkPurpose = (typeof linkPurposes)[number];

export interface Link {
  readonly purpose: LinkPurpose;
  /** Of the incident, of the storm whose incidents are acknowledged together, or of the action to approve or deny. */
  readonly id: string;
  /** Name of the notifier that sent it. */
  readonly channel: string;
  /** Name in `oncall.people`; empty where it was sent to nobody in particular. */
  readonly person: string;
  /** Epoch milliseconds, of whole seconds. */
  readonly expiresAt: number;
}

/** HMAC-SHA256 with our key, base64url; cut to 132 bits here. */
export type Mac = (text: string) => string;

const letters: Readonly<Record<LinkPurpose, string>> = {
  acknowledge: 'a',
  resolve: 'r',
  approve: 'y',
  deny: 'n',
};
const codeLength = 22;

/** @param digest of the plan for an approval or a denial, else empty */
export function writeLink(link: Link, digest: string, mac: Mac): string {
  const text = [
    letters[link.purpose],
    link.id,
    Math.floor(link.expiresAt / 1_000).toString(36),
    encodeURIComponent(link.channel),
    encodeURIComponent(link.person),
  ].join('~');
  return `${text}~${codeOf(text, digest, mac)}`;
}

function codeOf(text: string, digest: string, mac: Mac): string {
  return mac(`${text}~${digest}`).slice(0, codeLength);
}

export interface UnprovenLink {
  readonly link: Link;
  /** True when the code is ours, for a plan with this digest. */
  isOurs(digest: string, mac: Mac, isSame: (a: string, b: string) => boolean): boolean;
}

/** What a link claims; null for what has not even its form. */
export function readLink(token: string): UnprovenLink | null {
  if (token.length > 400) return null;
  const [letter, id = '', expires = '', channel = '', person, code = '', ...more] = token.split('~');
  const purpose = linkPurposes.find((one) => letters[one] === letter);
  if (!purpose || person === undefined || more.length > 0 || code.length !== codeLength) return null;
  if (!/^(?:storm-)?[0-9a-f-]{4,64}$/.test(id) || !/^[0-9a-z]{1,9}$/.test(expires)) return null;
  const names = [channel, person].map(decoded);
  const [channelName, personName] = names;
  if (channelName == null || personName == null) return null;
  const expiresAt = Number.parseInt(expires, 36) * 1_000;
  const text = token.slice(0, token.length - codeLength - 1);
  return {
    link: { purpose, id, channel: channelName, person: personName, expiresAt },
    isOurs: (digest, mac, isSame) => isSame(codeOf(text, digest, mac), code),
  };
}

function decoded(text: string): string | null {
  try {
    return decodeURIComponent(text);
  } catch {
    return null;
  }
}

/** `Lea D by mail`, `a link of mail`; what is no name of a follower as it is. */
export function followerWords(
  name: string,
  people: readonly { readonly id: string; readonly name: string }[],
): string {
  const [first, channel, ...rest] = name.split(':');
  if (first !== 'link' || channel === undefined) return people.find(({ id }) => id === name)?.name ?? name;
  const person = rest.join(':');
  if (person === '') return `a link of ${channel}`;
  return `${people.find(({ id }) => id === person)?.name ?? person} by ${channel}`;
}

/** Who it is, without the way they took: `Lea D`, and `zoe` of `slack:zoe` where a channel is called slack. */
export function followerName(
  name: string,
  people: readonly { readonly id: string; readonly name: string }[],
  channels: readonly string[],
): string {
  const [first = '', second = '', ...rest] = name.split(':');
  const isLink = first === 'link' && rest.length > 0;
  const isButton = channels.includes(first) && second !== '';
  const id = isLink ? rest.join(':') : isButton ? [second, ...rest].join(':') : name;
  if (id === '' || (first === 'link' && !isLink)) return followerWords(name, people);
  return people.find((one) => one.id === id)?.name ?? id;
}

/** As the journal names who followed it: `link:mail:ann`. */
export function followerOf({ channel, person }: Pick<Link, 'channel' | 'person'>): string {
  return person === '' ? `link:${channel}` : `link:${channel}:${person}`;
}
