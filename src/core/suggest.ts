/** Finds the name that was probably meant. */

/** Optimal string alignment distance: insertions, deletions, replacements and swaps of neighbours cost 1. */
function editDistance(a: string, b: string): number {
  let beforeLast: number[] = [];
  let last = Array.from({ length: b.length + 1 }, (_, column) => column);
  for (let row = 1; row <= a.length; row++) {
    const current = [row];
    for (let column = 1; column <= b.length; column++) {
      const replaced = at(last, column - 1) + (a[row - 1] === b[column - 1] ? 0 : 1);
      let best = Math.min(at(last, column) + 1, at(current, column - 1) + 1, replaced);
      if (row > 1 && column > 1 && a[row - 1] === b[column - 2] && a[row - 2] === b[column - 1]) {
        best = Math.min(best, at(beforeLast, column - 2) + 1);
      }
      current.push(best);
    }
    beforeLast = last;
    last = current;
  }
  return at(last, b.length);
}

function at(row: readonly number[], column: number): number {
  return row[column] ?? Number.POSITIVE_INFINITY;
}

/** Longer names are nobody's typing error and would make the search slow. */
const longestNameCompared = 80;

/** The nearest of `names`, or undefined where none is near enough to be a typing error. */
export function nearest(name: string, names: readonly string[]): string | undefined {
  if (name.length > longestNameCompared) return undefined;
  const wanted = name.toLowerCase();
  const allowed = Math.max(1, Math.floor(name.length / 3));
  let best: { name: string; distance: number } | undefined;
  for (const candidate of names) {
    if (Math.abs(candidate.length - name.length) > allowed) continue;
    const distance = editDistance(wanted, candidate.toLowerCase());
    if (distance <= allowed && (best === undefined || distance < best.distance)) {
      best = { name: candidate, distance };
    }
  }
  return (
    best?.name ?? names.find((candidate) => candidate.endsWith(`.${name}`)) ?? onlyBeginning(wanted, names)
  );
}

/** Keys, and the words that people and other programs have for them; the first that is known was meant. */
const meanings: Readonly<Record<string, string>> = {
  resolver: 'nameserver dns server',
  'url host name': 'url host address uri dsn endpoint connection connectionString connectionUrl server',
  'host name url': 'hostname domain fqdn site webhook webhookUrl',
  every: 'interval frequency period scrapeInterval checkInterval',
  dependsOn: 'needs requires dependencies dependency depends upstream',
  'system notifier': 'type kind driver',
  start: 'command cmd exec execStart run entrypoint program script',
  match: 'pattern regex cmdline processName name',
  'cwd folder': 'directory dir folder workdir workingDir workingDirectory',
  pidFile: 'pid pidPath',
  socket: 'stats statsSocket sock adminSocket',
  expect: 'status expected answer answers expectStatus value',
  followRedirects: 'redirects redirect follow maxRedirects',
  'serverName host': 'sni domain',
  ca: 'caFile caCert rootCa caBundle certificateAuthority',
  labels: 'tags annotations',
  logs: 'log logFile logFiles',
  environment: 'stage tier',
  'to chat channel': 'recipients recipient receiver chatId',
  from: 'sender',
  'token apiKey routingKey key': 'apiKey botToken accessToken integrationKey token key secret',
  slo: 'objective objectives sla',
  targets: 'checks monitors hosts endpoints',
  notify: 'notifications notifiers alerting receivers contacts',
};

const bare = (word: string) => word.toLowerCase().replaceAll(/[_-]/g, '');

/** The key that was meant by `name`: written otherwise, misspelt, or another word for it (`host` for `url`). */
export function meantKey(name: string, keys: readonly string[]): string | undefined {
  const wanted = bare(name);
  const meant = Object.entries(meanings).flatMap(([ours, theirs]) =>
    theirs.split(' ').some((word) => bare(word) === wanted) ? ours.split(' ') : [],
  );
  return (
    keys.find((key) => bare(key) === wanted) ?? meant.find((key) => keys.includes(key)) ?? nearest(name, keys)
  );
}

/**
 * `did you mean url?`, else the keys that belong there where they are few.
 * @param own those to list, where not all of `keys`
 */
export function hintForKey(
  name: string,
  keys: readonly string[],
  own: readonly string[] = keys,
): string | undefined {
  const meant = meantKey(name, keys);
  return meant === undefined ? listed(own) : `did you mean ${meant}?`;
}

/** What was cut short: `warn` for `warning`. */
function onlyBeginning(wanted: string, names: readonly string[]): string | undefined {
  const found = wanted.length < 3 ? [] : names.filter((name) => name.toLowerCase().startsWith(wanted));
  return found.length === 1 ? found[0] : undefined;
}

const listedAtMost = 12;

function listed(names: readonly string[]): string | undefined {
  return names.length > 0 && names.length <= listedAtMost ? `one of ${names.join(', ')}` : undefined;
}

/** `did you mean timeout?`, else the names there are where they are few. */
export function hintFor(name: string, names: readonly string[]): string | undefined {
  const near = nearest(name, names);
  return near === undefined ? listed(names) : `did you mean ${near}?`;
}

/** `no target is called databsae; did you mean database?` */
export function unknownName(what: string, name: string, names: readonly string[]): string {
  const hint = hintFor(name, names);
  const none = names.length === 0 ? `there is no ${what} yet` : undefined;
  const words = hint ?? none;
  return `no ${what} is called ${name}${words === undefined ? '' : `; ${words}`}`;
}
