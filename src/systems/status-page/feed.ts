/**
 * Incidents of an Atom or RSS feed. Feeds have no field for a state, so it is read from the words that status pages use;
 * the newest update stands first in an entry.
 */
import { XMLParser, XMLValidator } from 'fast-xml-parser';
import { type Condition, codeOf, type PageReading, plainText, type State, Unreadable } from './condition.ts';

interface Entry {
  readonly id: string;
  readonly title: string;
  readonly text: string;
  readonly at: number;
  readonly link: string;
}

const parser = new XMLParser({
  ignoreAttributes: false,
  attributeNamePrefix: '@',
  parseTagValue: false,
  parseAttributeValue: false,
  htmlEntities: true,
  ignoreDeclaration: true,
  ignorePiTags: true,
});

/** @throws Unreadable */
export function readFeed(
  xml: string,
  options: {
    readonly wanted: readonly string[] | undefined;
    readonly openForMs: number;
    readonly now: number;
  },
): PageReading {
  const feed = parse(xml);
  const { wanted, openForMs, now } = options;
  const open = feed.entries
    .filter(({ at }) => at > now - openForMs && at < now + openForMs)
    .filter((entry) => wanted === undefined || wanted.some((word) => mentions(entry, word)))
    .filter((entry) => !isOver(entry))
    .map((entry) => ({ entry, state: stateOf(entry) }))
    .filter(({ state }) => state !== 'operational')
    .toSorted((a, b) => codeOf(b.state) - codeOf(a.state) || b.entry.at - a.entry.at);
  const [worst] = open;
  return {
    name: feed.title,
    conditions: [worst ? conditionOf(worst.entry, worst.state) : wellCondition],
    incidents: open.length,
    absent: [],
    offered: [],
  };
}

const wellCondition: Condition = {
  component: null,
  state: 'operational',
  detail: 'no open incident',
  annotations: {},
};

function conditionOf({ title, text, link }: Entry, state: State): Condition {
  return {
    component: null,
    state,
    detail: `${title}: ${text.slice(0, 300)}`,
    annotations: { incident: title, update: text, ...(link === '' ? {} : { link }) },
  };
}

/** The first word of a life cycle that occurs is that of the newest update. */
const lifeCycle =
  /\b(resolved|completed|postmortem|investigating|identified|monitoring|update|in progress|verifying|scheduled)\b/i;
const overWords = /^(resolved|completed|postmortem|scheduled)$/i;
const wellWords = /\b(operating normally|fully operational|has been resolved|is resolved|was resolved)\b/i;

function isOver({ title, text }: Entry): boolean {
  if (/\bresolved\b|\boperating normally\b/i.test(title)) return true;
  const first = lifeCycle.exec(text)?.[1];
  if (first !== undefined) return overWords.test(first);
  return wellWords.test(text);
}

function stateOf({ title, text }: Entry): State {
  const said = `${title} ${text.slice(0, 400)}`;
  if (/\bmaintenance\b/i.test(title)) return 'maintenance';
  if (/\bmajor outage\b|\bservice (is )?(down|unavailable)\b|\bcomplete outage\b/i.test(said)) return 'major';
  if (/\boutage\b|\bdisruption\b|\bunavailab/i.test(said)) return 'partial';
  return 'degraded';
}

function mentions({ title, text }: Entry, word: string): boolean {
  return `${title} ${text}`.toLowerCase().includes(word.toLowerCase());
}

function parse(xml: string): { title: string; entries: Entry[] } {
  // Declared entities can grow without end, and no feed needs them.
  if (/<!(DOCTYPE|ENTITY)/i.test(xml)) throw new Unreadable('the feed declares a document type');
  const valid = XMLValidator.validate(xml);
  if (valid !== true)
    throw new Unreadable(`line ${valid.err.line}, character ${valid.err.col}: ${valid.err.msg}`);
  const root = tree(xml);
  const atom = child(root, 'feed');
  if (atom !== undefined)
    return { title: textOf(child(atom, 'title')), entries: listOf(child(atom, 'entry')).map(atomEntry) };
  const channel = child(child(root, 'rss'), 'channel');
  if (channel !== undefined)
    return { title: textOf(child(channel, 'title')), entries: listOf(child(channel, 'item')).map(rssItem) };
  const rdf = child(root, 'rdf:RDF');
  if (rdf === undefined) throw new Unreadable('it is neither Atom nor RSS');
  return {
    title: textOf(child(child(rdf, 'channel'), 'title')),
    entries: listOf(child(rdf, 'item')).map(rssItem),
  };
}

function tree(xml: string): unknown {
  try {
    return parser.parse(xml);
  } catch (error) {
    throw new Unreadable(error instanceof Error ? error.message : 'the feed cannot be read');
  }
}

function atomEntry(entry: unknown): Entry {
  const link = listOf(child(entry, 'link')).map((one) => textOf(child(one, '@href')))[0] ?? '';
  const text = textOf(child(entry, 'content')) || textOf(child(entry, 'summary'));
  return entryOf(entry, text, textOf(child(entry, 'updated')) || textOf(child(entry, 'published')), link);
}

function rssItem(item: unknown): Entry {
  const text = textOf(child(item, 'content:encoded')) || textOf(child(item, 'description'));
  const at = textOf(child(item, 'pubDate')) || textOf(child(item, 'dc:date'));
  return entryOf(item, text, at, textOf(child(item, 'link')));
}

function entryOf(entry: unknown, text: string, at: string, link: string): Entry {
  return {
    id: textOf(child(entry, 'id')) || textOf(child(entry, 'guid')),
    title: plainText(textOf(child(entry, 'title')), 200),
    text: plainText(text, 2_000),
    at: Date.parse(at),
    link: /^https?:\/\//.test(link) ? link.slice(0, 500) : '',
  };
}

function child(node: unknown, name: string): unknown {
  if (typeof node !== 'object' || node === null || !Object.hasOwn(node, name)) return undefined;
  return Reflect.get(node, name);
}

function listOf(node: unknown): readonly unknown[] {
  return node === undefined ? [] : Array.isArray(node) ? node : [node];
}

function textOf(node: unknown): string {
  if (typeof node === 'string') return node;
  if (Array.isArray(node)) return textOf(node[0]);
  return typeof node === 'object' && node !== null ? textOf(child(node, '#text')) : '';
}
