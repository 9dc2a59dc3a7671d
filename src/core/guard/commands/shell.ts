/** Commands of a shell, of containers and of clusters by what they do; what is not known is risky. */
import { because, type Classification, classified, type Reason } from '../classes.ts';
import { databases, ofCluster, ofContainers, worstOfTails } from './containers.ts';
import { ofReader } from './readers.ts';
import { ofRemote } from './remote.ts';
import { secretsShown, shows } from './secret-files.ts';
import { ofSignals } from './signals.ts';
import { type Command, hasOption as has, operands, splitCommands } from './words.ts';

/** @param command text as for a shell, or the words of one command */
export function classifyShell(command: string | readonly string[]): Classification {
  const least = because('read', 'shell.read', 'only reads');
  if (typeof command !== 'string') return classified(judge({ words: command }), least);
  const split = splitCommands(command);
  if ('unseen' in split) return classified([because('forbidden', 'shell.unseen', split.unseen)], least);
  if (split.commands.length === 0)
    return classified([because('forbidden', 'shell.syntax', 'no command')], least);
  return classified(split.commands.flatMap(judge), least);
}

/** They run what comes after them. */
const carriers =
  /^(sudo|doas|env|nice|ionice|nohup|time|timeout|setsid|stdbuf|command|builtin|chrt|taskset|runuser|setpriv|xargs|watch)$/;
const interpreters =
  /^(sh|bash|dash|zsh|ksh|fish|ash|python[\d.]*|perl|ruby|node|php|lua|awk|gawk|mawk|eval|exec|source|\.|ssh|su|at|batch|crontab|parallel|psql|mysql|redis-cli|mongosh|sqlite3|nc|ncat|socat|busybox)$/;
const devices = /^\/dev\/(?!null$|stdout$|stderr$|tty$|zero$)/;

/** Where the programs of a machine are; what lies elsewhere may be anything, whatever its name. */
const places = /^(?:\/usr)?(?:\/local)?\/s?bin\/[^/]+$|^\/snap\/bin\/[^/]+$/;

type Judged = Pick<Command, 'words'> & Partial<Pick<Command, 'writes' | 'reads'>>;

function judge({ words, writes = [], reads = [] }: Judged): Reason[] {
  const reasons: Reason[] = writes.map((file) =>
    devices.test(file)
      ? because('forbidden', 'shell.writes-device', `writes onto ${file}`)
      : file === '/dev/null' || /^\d$/.test(file)
        ? because('read', 'shell.read', 'only reads')
        : because('destructive', 'shell.overwrites', `overwrites ${file}`),
  );
  const [first = '', ...rest] = words;
  const name = first.split('/').at(-1) ?? '';
  const shown = secretsShown(name, [...rest, ...reads]);
  if (shown) reasons.push(shown);
  if (words.length === 0) return reasons;
  if (first.includes('/') && !places.test(first))
    reasons.push(because('risky', 'shell.unknown', `${first} may be any program, whatever its name`));
  if (/^\w+=/.test(first))
    return [
      ...reasons,
      because('risky', 'shell.sets-variable', 'changes what a command finds'),
      ...judge({ words: rest }),
    ];
  if (carriers.test(name)) return [...reasons, ...ofCarrier(name, rest)];
  // iproute2 takes the beginning of a word for the word.
  const within = rest.findIndex(
    (word, at) => /^exe?c?$|^e$/.test(word) && /^(ne|v)/.test(rest[at - 1] ?? ''),
  );
  if (name === 'ip' && within > 0) return [...reasons, ...ofCarrier('ip netns exec', rest.slice(within + 2))];
  if (interpreters.test(name)) return [...reasons, ofInterpreter(name, rest)];
  return [...reasons, ofCommand(name, rest)];
}

function ofCarrier(name: string, rest: readonly string[]): Reason[] {
  if (name === 'env' && rest.every((word) => /^-|=/.test(word) && !/^(-S|--split-string)/.test(word)))
    return [shows('the environment')];
  const by = because(
    name === 'sudo' || name === 'doas' || name === 'runuser' || name === 'xargs' || name.startsWith('ip ')
      ? 'risky'
      : 'safe',
    'shell.carrier',
    `${name} runs what follows`,
  );
  // Which of its words are options' values cannot be told, so every rest of the line is tried.
  const tails = rest
    .map((_, at) => rest.slice(at))
    .filter(([word = '']) => !word.startsWith('-') && !/^\d/.test(word));
  const inner = tails.flatMap((tail, at) =>
    at === 0 || isKnown(tail[0] ?? '') ? judge({ words: tail }) : [],
  );
  return inner.length === 0
    ? [because('risky', 'shell.unknown', `what ${name} runs cannot be seen`)]
    : [by, ...inner];
}

function isKnown(word: string): boolean {
  const name = word.split('/').at(-1) ?? '';
  return (
    interpreters.test(name) ||
    carriers.test(name) ||
    Object.hasOwn(commands, name) ||
    ofListed(name, []) !== undefined
  );
}

/** Its text is code that is not read here. */
function ofInterpreter(name: string, rest: readonly string[]): Reason {
  if (/^(psql|mysql|redis-cli|mongosh|sqlite3)$/.test(name))
    return because('forbidden', 'shell.unseen', `${name} runs statements past the guard`);
  if (rest.length === 1 && /^(--version|-V|--help)$/.test(rest[0] ?? ''))
    return because('read', 'shell.read', 'only reads');
  return because('forbidden', 'shell.unseen', `${name} runs code that cannot be seen here`);
}

/** Undefined for what neither signals, nor works elsewhere, nor only reads. */
function ofListed(name: string, rest: readonly string[]): Reason | undefined {
  return ofSignals(name, rest) ?? ofRemote(name, rest) ?? ofReader(name, rest);
}

function ofCommand(name: string, rest: readonly string[]): Reason {
  const judged = Object.hasOwn(commands, name) ? commands[name]?.(rest) : undefined;
  if (judged) return judged;
  const known = ofListed(name, rest);
  if (known) return known;
  if (/^mkfs|^mke2fs$|^wipefs$|^fdisk$|^sfdisk$|^parted$|^blkdiscard$|^shred$|^hdparm$/.test(name))
    return because('forbidden', 'shell.destroys-disk', `${name} destroys what is on a disk`);
  return because('risky', 'shell.unknown', `${name} is no command that is known`);
}

type Judge = (rest: readonly string[]) => Reason;

const commands: Readonly<Record<string, Judge>> = {
  rm: (rest) => {
    const wide = operands(rest).some(
      (path) => /^(\/|\/\*|~|~\/|\.|\.\.|\*|\/\w+\/?|\/\w+\/\*|\.\/\*?)$/.test(path) || path.includes('..'),
    );
    if (has(rest, 'rR', '--recursive') || wide)
      return because('forbidden', 'shell.removes-tree', 'rm -r removes a whole tree');
    return because('destructive', 'shell.removes', 'rm removes files for good');
  },
  rmdir: () => because('risky', 'shell.removes', 'rmdir removes an empty folder'),
  unlink: () => because('destructive', 'shell.removes', 'unlink removes a file for good'),
  truncate: () => because('destructive', 'shell.overwrites', 'truncate cuts files'),
  tee: () => because('destructive', 'shell.overwrites', 'tee overwrites files'),
  mv: () => because('destructive', 'shell.overwrites', 'mv overwrites what is there'),
  cp: () => because('destructive', 'shell.overwrites', 'cp overwrites what is there'),
  find: (rest) =>
    rest.some((word) => /^-(delete|exec|execdir|ok|okdir|fprint.*|fls)$/.test(word))
      ? because('forbidden', 'shell.removes', 'find with -delete or -exec changes what it finds')
      : because('read', 'shell.read', 'find only reads'),
  sed: (rest) =>
    has(rest, 'i', '--in-place')
      ? because('destructive', 'shell.overwrites', 'sed -i rewrites files')
      : because('risky', 'shell.unknown', 'a script of sed may write files'),
  dd: (rest) =>
    rest.some((word) => /^of=\/dev\//.test(word) && !/^of=\/dev\/(null|stdout)$/.test(word))
      ? because('forbidden', 'shell.writes-device', 'dd writes onto a device')
      : rest.some((word) => word.startsWith('of='))
        ? because('forbidden', 'shell.overwrites', 'dd overwrites a file without looking')
        : because('read', 'shell.read', 'dd without of= only reads'),
  printenv: () => shows('the environment'),
  set: () => shows('the variables of the shell'),
  declare: () => shows('the variables of the shell'),
  export: (rest) =>
    operands(rest).length === 0
      ? shows('the environment')
      : because('risky', 'shell.sets-variable', 'changes what a command finds'),
  chmod: (rest) =>
    because(
      has(rest, 'R', '--recursive') ? 'destructive' : 'risky',
      'shell.rights',
      'changes who may do what',
    ),
  chown: (rest) =>
    because(
      has(rest, 'R', '--recursive') ? 'destructive' : 'risky',
      'shell.rights',
      'changes who may do what',
    ),
  init: () => because('destructive', 'shell.stops-machine', 'stops the machine, or most of what it runs'),
  telinit: () => because('destructive', 'shell.stops-machine', 'stops the machine, or most of what it runs'),
  reboot: () => because('destructive', 'shell.stops-machine', 'stops the machine'),
  shutdown: () => because('destructive', 'shell.stops-machine', 'stops the machine'),
  halt: () => because('destructive', 'shell.stops-machine', 'stops the machine'),
  poweroff: () => because('destructive', 'shell.stops-machine', 'stops the machine'),
  iptables: () => because('destructive', 'shell.firewall', 'changes what the firewall lets in'),
  nft: () => because('destructive', 'shell.firewall', 'changes what the firewall lets in'),
  ufw: (rest) =>
    rest[0] === 'status'
      ? because('read', 'shell.read', 'only reads')
      : because('destructive', 'shell.firewall', 'changes what the firewall lets in'),
  wget: () => because('risky', 'shell.writes', 'wget writes files'),
  systemctl: (rest) => ofProperties(rest) ?? ofService(operands(rest)),
  service: ([name = '', verb = '']) => ofService([verb, name]),
  docker: (rest) => worstOfTails(rest, ofContainers),
  podman: (rest) => worstOfTails(rest, ofContainers),
  'docker-compose': (rest) => worstOfTails(['compose', ...rest], ofContainers),
  kubectl: (rest) => worstOfTails(rest, ofCluster),
  apt: (rest) => ofPackages(rest),
  'apt-get': (rest) => ofPackages(rest),
  pgbackrest: (rest) =>
    rest.some((word) => /^(stanza-delete|repo-rm|expire)$/.test(word))
      ? because('forbidden', 'shell.deletes-backups', 'deletes backups')
      : because(
          rest.some((word) => word === 'restore')
            ? 'destructive'
            : rest.some((word) => /^(info|check|verify)$/.test(word))
              ? 'safe'
              : 'risky',
          'shell.backups',
          'pgbackrest',
        ),
  restic: (rest) =>
    rest.some((word) => /^(forget|prune)$/.test(word))
      ? because('destructive', 'shell.deletes-backups', 'deletes backups')
      : because('risky', 'shell.backups', 'restic'),
  pg_resetwal: () => because('forbidden', 'shell.damages-storage', 'pg_resetwal loses transactions'),
};

/** `Environment=` of a unit is one of its properties, and shown with all of them. */
function ofProperties(rest: readonly string[]): Reason | undefined {
  const [verb] = operands(rest);
  if (verb === 'show-environment') return shows('the environment of the services');
  if (verb !== 'show') return undefined;
  const asked = rest.flatMap((word, at) =>
    /^(-p|-P|--property)$/.test(rest[at - 1] ?? '')
      ? [word]
      : (/^(?:-[pP]|--property=|--value=)(.+)/.exec(word)?.slice(1) ?? []),
  );
  return asked.length === 0 || asked.some((name) => /environ/i.test(name))
    ? shows('the environment of a service; name other properties with -p')
    : because('read', 'shell.read', 'only reads');
}

function ofService([verb = '', ...names]: readonly string[]): Reason {
  if (
    /^(status|show|is-active|is-enabled|is-failed|cat|list-units|list-unit-files|list-timers|list-dependencies)$/.test(
      verb,
    ) ||
    verb === ''
  )
    return because('read', 'shell.read', 'only reads');
  const stops = /^(stop|kill|mask|disable|isolate|poweroff|reboot|halt|emergency|rescue)$/.test(verb);
  if (
    stops &&
    (names.length === 0 || names.some((name) => databases.test(name) || /\.target$|\*/.test(name)))
  )
    return because('forbidden', 'shell.stops-database', `systemctl ${verb} of a database or of everything`);
  return because('risky', 'shell.service', `systemctl ${verb} changes a service`);
}

function ofPackages(rest: readonly string[]): Reason {
  const [verb = ''] = operands(rest);
  if (rest.some((word) => /^(-o|-c|--option|--config-file)/.test(word)))
    return because('risky', 'shell.packages', 'a setting of apt may name a program to run');
  if (/^(list|show|search|policy|changelog)$/.test(verb)) return because('read', 'shell.read', 'only reads');
  if (/^(remove|purge|autoremove)$/.test(verb))
    return because('destructive', 'shell.removes', 'removes packages');
  return because('risky', 'shell.packages', 'changes packages');
}
