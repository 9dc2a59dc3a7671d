/** Understands a question about what is watched, in plain English and without a model: about what, which symptom, when. */
import { nearest } from '../suggest.ts';
import { readWhen, type When } from './when.ts';

export const symptoms = [
  'slow',
  'errors',
  'down',
  'full',
  'memory',
  'cpu',
  'connections',
  'lag',
  'traffic',
] as const;
export type Symptom = (typeof symptoms)[number];

/** What there is to ask about. */
export interface Known {
  readonly targets: readonly { readonly name: string; readonly system: string }[];
  readonly services: readonly { readonly name: string; readonly targets: readonly string[] }[];
  /** Epoch milliseconds. */
  readonly now: number;
  readonly timezone: string;
}

export interface Understood {
  /** Names of targets; all of them where nothing was named. */
  readonly targets: readonly string[];
  /** `the service shop`, `the target db`, `everything that is watched` */
  readonly about: string;
  readonly isEverything: boolean;
  readonly symptoms: readonly Symptom[];
  readonly when: When | null;
  /** Words that mean nothing here, each with the name that was probably meant. */
  readonly unknown: readonly { readonly word: string; readonly near: string | null }[];
}

const symptomWords: Readonly<Record<Symptom, RegExp>> = {
  slow: /\b(?:slow\w*|latenc\w*|response[ -]times?|degrad\w*|sluggish|laggy|time[ds]?[ -]?out\w*|timing out|hang\w*|stuck|p9[59]|tak(?:es?|ing) (?:too |so |very )?long\w*|performance|delays?)\b/i,
  errors:
    /\b(?:errors?|error rates?|5xx|50[0-4]s?|fail\w*|exceptions?|broken|crash\w*|refus\w*|reject\w*)\b/i,
  down: /\b(?:down|outages?|unreachable|offline|dead|unavailable|downtime|not (?:working|responding|reachable|answering)|(?:doesn'?t|does not|won'?t|isn'?t) (?:work\w*|respond\w*|answer\w*|start\w*)|went away)\b/i,
  full: /\b(?:full|disks?|space|storage|inodes?|filling(?: up)?)\b/i,
  memory: /\b(?:memory|ram|oom|leak\w*|swap\w*|evict\w*)\b/i,
  cpu: /\b(?:cpu|processors?|busy|overload\w*|load)\b/i,
  connections: /\b(?:connections?|pools?|sessions?|sockets?|clients?)\b/i,
  lag: /\b(?:replication|replicas?|lag|lagging|behind)\b/i,
  traffic: /\b(?:traffic|requests?|visitors?|users?|spikes?|peaks?|throughput|qps|rps)\b/i,
};

/** What people call the systems. A name of a target or service goes before. */
const systemWords: readonly (readonly [RegExp, readonly string[]])[] = [
  [/^(?:db|dbs|databases?|sql)$/, ['postgres', 'mysql', 'tidb']],
  [/^(?:postgres|postgresql|pg)$/, ['postgres']],
  [/^(?:mysql|mariadb)$/, ['mysql']],
  [/^(?:tidb|tikv)$/, ['tidb']],
  [/^(?:cache|caches|redis|valkey)$/, ['redis']],
  [/^(?:queue|queues|broker|rabbit|rabbitmq|messages?)$/, ['rabbitmq']],
  [/^(?:api|apis|endpoints?|web|website|site|sites|pages?|frontend|backend|http|https)$/, ['http']],
  [/^(?:proxy|proxies|balancer|loadbalancer|haproxy)$/, ['haproxy', 'nginx']],
  [/^nginx$/, ['nginx']],
  [/^(?:hosts?|machines?|server|servers|vm|vms|box)$/, ['host']],
  [
    /^(?:process|processes|app|apps|application|worker|workers|daemon)$/,
    ['process', 'received', 'prometheus'],
  ],
  [/^(?:containers?|docker|podman)$/, ['container']],
  [/^(?:certificates?|certs?|tls|ssl)$/, ['tls']],
  [/^(?:dns|resolvers?|names?|domains?)$/, ['dns']],
  [/^(?:search|opensearch|elasticsearch)$/, ['opensearch']],
  [/^(?:jobs?|cron|crons|heartbeats?|backups?)$/, ['heartbeat']],
];

/** Words that say nothing of what is asked. */
const filler = new Set(
  `a about again all also am an and any are as at be because been being but by can cause caused causes causing check
  could did do does done during ever every everything explain find for from gave get gets getting give given go goes
  going got had happen happened happening happens has have having help here high higher how i if in increase increased
  increasing increases investigate is issue issues it its just keep keeps kept know like look looks low lower many may me might more most much my need no
  not of off often ok on one or our out over please problem problems quickly rate rates rise rises rising rose see seem
  seems seen serve should show since so some something start started still suddenly system systems tell than that the their them
  then there these they thing things this those time times to today too trouble up us very was we were what whats when
  where which while who why will with would wrong year yet you your dropped drop drops dropping falling fell jumped jumps became become
  return returns returned say says said report reports reported customer customers people complain complains complaining between
  behaving behave badly bad weird strange odd lot lots than usual usually normal normally before after until service services target targets`
    .split(/\s+/)
    .filter(Boolean),
);

export function understand(text: string, known: Known): Understood {
  const { when, rest } = readWhen(text.slice(0, 500), known.now, known.timezone);
  const words = [...rest.matchAll(/[\p{L}\p{N}][\p{L}\p{N}._'’-]*/gu)].map(([word]) =>
    word.replace(/[.'’-]+$/, ''),
  );
  const subject = subjectOf(words, known);
  const found = symptoms
    .flatMap((symptom) => {
      const match = symptomWords[symptom].exec(rest);
      // A target that is called `users` or `disk` is the subject, not the symptom.
      return match && !subject.words.has(match[0].toLowerCase()) ? [{ symptom, at: match.index }] : [];
    })
    .sort((a, b) => a.at - b.at)
    .map(({ symptom }) => symptom);
  return {
    ...{ targets: subject.targets, about: subject.about, isEverything: subject.isEverything },
    symptoms: found,
    when,
    unknown: unknownWords(words, rest, subject.words, known),
  };
}

interface Subject extends Pick<Understood, 'targets' | 'about' | 'isEverything'> {
  /** In lower case. */
  readonly words: ReadonlySet<string>;
}

function subjectOf(words: readonly string[], { targets, services }: Known): Subject {
  const names: string[] = [];
  const about: string[] = [];
  const used = new Set<string>();
  const add = (word: string, label: string, found: readonly string[]) => {
    used.add(word);
    if (!about.includes(label)) about.push(label);
    for (const name of found) if (!names.includes(name)) names.push(name);
  };
  const lower = words.map((word) => word.toLowerCase());
  for (const word of lower) {
    const service = services.find(({ name }) => name.toLowerCase() === word);
    const target = targets.find(({ name }) => name.toLowerCase() === word);
    if (target) add(word, `the target ${target.name}`, [target.name]);
    else if (service) add(word, `the service ${service.name}`, service.targets);
  }
  for (const word of names.length > 0 ? [] : lower) {
    const ofName = targets.filter(({ name }) => partsOf(name).includes(singular(word)));
    const ofService = services.filter(({ name }) => partsOf(name).includes(singular(word)));
    const kinds = systemWords.find(([pattern]) => pattern.test(word))?.[1] ?? [];
    const ofKind = targets.filter(({ system }) => kinds.includes(system) || system === word);
    const [best] = [ofName, ofKind].filter((list) => list.length > 0);
    if (ofName.length === 0 && ofService.length > 0)
      for (const { name, targets: its } of ofService) add(word, `the service ${name}`, its);
    else for (const { name } of best ?? []) add(word, `the target ${name}`, [name]);
  }
  return names.length > 0
    ? { targets: names, about: listed(about), isEverything: false, words: used }
    : {
        targets: targets.map(({ name }) => name),
        about: 'everything that is watched',
        isEverything: true,
        words: used,
      };
}

function partsOf(name: string): string[] {
  return name.toLowerCase().split(/[-_.]/).map(singular);
}

function singular(word: string): string {
  return word.length > 3 ? word.replace(/s$/, '') : word;
}

const mostListed = 6;

function listed(names: readonly string[]): string {
  const told = names.slice(0, mostListed).join(', ');
  return names.length > mostListed ? `${told} and ${names.length - mostListed} more` : told;
}

function unknownWords(
  words: readonly string[],
  rest: string,
  used: ReadonlySet<string>,
  { targets, services }: Known,
): { word: string; near: string | null }[] {
  const names = [...targets, ...services].map(({ name }) => name);
  const ofSymptoms = Object.values(symptomWords).flatMap((pattern) =>
    [...rest.matchAll(new RegExp(pattern.source, 'gi'))].flatMap(([found]) =>
      found.toLowerCase().split(/[\s-]+/),
    ),
  );
  const known = new Set([...used, ...ofSymptoms, ...ofSymptoms.map((word) => word.replace(/['’]/g, ''))]);
  const strange = words.filter((word) => {
    const lower = word.toLowerCase();
    const isKind = systemWords.some(
      ([pattern, kinds]) => pattern.test(lower) && targets.some(({ system }) => kinds.includes(system)),
    );
    const isOurs = known.has(lower) || lower.split('-').every((part) => known.has(part));
    return !isOurs && !isKind && !filler.has(lower.replace(/['’]/g, '')) && lower.length > 1;
  });
  return [...new Set(strange)].map((word) => ({ word, near: nearest(word, names) ?? null }));
}

/** Whether anything of it was understood; only words that mean nothing here are no question. */
export function isUnderstood({ isEverything, symptoms: found, when, unknown }: Understood): boolean {
  return !isEverything || found.length > 0 || when !== null || unknown.length === 0;
}

/** What can be asked, for whoever asked otherwise. */
export const askable = [
  'upkeep investigate "API response times have been degrading since Monday"',
  'upkeep investigate "errors on shop yesterday between 14:00 and 15:00"',
  'upkeep investigate "why is the database slow for two hours"',
  'upkeep investigate "is a disk filling up"',
];
