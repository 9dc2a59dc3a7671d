/** What could not be seen, as few lines as there are reasons: a server that is gone hides twelve looks at once. Pure. */
import type { Evidence } from './evidence.ts';
import { grouped, named } from './fold.ts';

const titlesNamed = 3;
const targetsNamed = 3;

type Look = Pick<Evidence, 'target' | 'title' | 'unseen'>;

/** `db: 12 looks (Sessions, Locks, Logins and 9 more): nobody listens on 127.0.0.1:5432 (ECONNREFUSED)`. */
export function unseenLines(evidence: readonly Look[]): string[] {
  const looks = evidence.flatMap(({ target, title, unseen }) =>
    unseen === undefined ? [] : [{ target, title, unseen }],
  );
  const ofTargets = grouped(looks, ({ target, unseen }) => `${target}\n${unseen}`).map((group) => ({
    target: group[0].target,
    text: foldedText(
      group.map(({ title }) => title),
      group[0].unseen,
    ),
  }));
  return grouped(ofTargets, ({ text }) => text).map((group) => {
    const targets = group.map(({ target }) => target);
    return `${named(targets, targetsNamed)}: ${group[0].text}`;
  });
}

/** The same of one finding, whose texts are `title: reason` where a look failed. */
export function foldedReasons(texts: readonly string[]): string[] {
  const parts = texts.map((text) => {
    const colon = text.indexOf(': ');
    return colon < 0
      ? { title: null, reason: text }
      : { title: text.slice(0, colon), reason: text.slice(colon + 2) };
  });
  return grouped(parts, ({ title, reason }) => `${title === null}\n${reason}`).map((group) => {
    const titles = group.flatMap(({ title }) => title ?? []);
    return titles.length === 0 ? group[0].reason : foldedText(titles, group[0].reason);
  });
}

function foldedText(all: readonly string[], reason: string): string {
  const titles = [...new Set(all)];
  const what = titles.length === 1 ? titles[0] : `${titles.length} looks (${named(titles, titlesNamed)})`;
  return `${what}: ${inWords(reason)}`;
}

function inWords(reason: string): string {
  return reason.replace(/^connect ECONNREFUSED (\S+)$/, 'nobody listens on $1 (ECONNREFUSED)');
}
