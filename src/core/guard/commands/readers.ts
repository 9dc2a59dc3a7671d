/**
 * Programs that only read, and with which options. What has no option that writes, runs or changes something is inert
 * (coreutils, procps-ng, util-linux, sysstat, by their manuals of Debian 12); of all others the harmless options are
 * listed, and an option that is not listed is not taken for one.
 */
import { because, type Reason } from '../classes.ts';
import { shows } from './secret-files.ts';

const inert = new Set(
  `ls cat head tail grep egrep fgrep zgrep wc df du free uptime pgrep id whoami uname stat readlink realpath pwd echo
  printf true false which netstat vmstat iostat mpstat dig host nslookup lsblk findmnt sha256sum sha1sum md5sum cksum
  cut tr diff cmp comm basename dirname test nproc w who tac nl seq sleep`
    .trim()
    .split(/\s+/),
);

interface Options {
  /** Letters that take no value, in a cluster: `-lnt`. */
  readonly letters: string;
  /** Letters whose value is the rest of the word, or the next one. */
  readonly valued?: string;
  /** Long options without their hyphens; a value after `=` or in the next word where the name ends in `=`. */
  readonly long?: string;
  readonly operands?: 'any' | 'none' | 'one';
  /** What an operand must look like. */
  readonly operand?: RegExp;
  /** Whether its value makes a listed option more than reading. */
  readonly isMore?: (option: string, value: string) => boolean;
  /** What it may do by a word that is not known to be harmless. */
  readonly may?: (word: string) => string;
  /** What it may do loses something; `risky` where left out. */
  readonly class?: 'destructive';
}

const options: Readonly<Record<string, Options>> = {
  hostname: {
    letters: 'fisdIAyaVh',
    long: 'fqdn long short ip-address all-ip-addresses all-fqdns domain alias yp nis help version',
    operands: 'none',
    may: (word) => `hostname ${word} gives the machine a name`,
  },
  date: {
    letters: 'uRI',
    valued: 'drfI',
    long: 'utc universal rfc-email date= reference= file= iso-8601 iso-8601= rfc-3339= debug help version resolution',
    operand: /^\+/,
    may: (word) => `date ${word} sets the clock`,
  },
  sort: {
    letters: 'bdfghiMnRrVcCmsuz',
    valued: 'ktS',
    long: `ignore-leading-blanks dictionary-order ignore-case general-numeric-sort human-numeric-sort ignore-nonprinting
      month-sort numeric-sort random-sort reverse version-sort sort= check check= merge stable unique
      zero-terminated key= field-separator= buffer-size= parallel= debug help version`,
    may: (word) => `sort ${word} may write a file or run a program`,
    class: 'destructive',
  },
  uniq: {
    letters: 'cdDiuz',
    valued: 'fsw',
    long: 'count repeated all-repeated all-repeated= skip-fields= skip-chars= check-chars= group group= ignore-case unique zero-terminated help version',
    operands: 'one',
    may: (word) => `uniq writes what it finds to ${word}`,
    class: 'destructive',
  },
  file: {
    letters: 'bchiIklLnNprsSvzZ0dE',
    valued: 'efFmP',
    long: 'brief mime mime-type mime-encoding keep-going dereference no-dereference raw uncompress help version files-from= separator= exclude= magic-file=',
    class: 'destructive',
  },
  lsof: {
    letters: 'abCEGhlMnNoOPQRtUvVwxXHiKsTF',
    valued: 'cdgipuSrTstzkfFL',
  },
  ss: {
    letters: 'hVHOnraloempTiQsEZzNb460tudwxBS',
    valued: 'fAN',
    long: `help version no-header oneline numeric resolve all listening options extended memory processes threads info
      summary tcp udp dccp raw unix sctp tipc vsock xdp mptcp ipv4 ipv6 packet context contexts net= bpf family= query=
      events inet-sockopt tos cgroup tipcinfo bound-inactive`,
    may: (word) => `ss ${word} may end connections or write a file`,
    class: 'destructive',
  },
  ping: {
    letters: '46aBDhLnOqrRUvV',
    valued: 'cIiMQsStTWw',
    isMore: (option, value) => option === 'i' && /^0?\.[01]\d*$|^0$/.test(value),
    may: (word) => `ping ${word} may flood the network`,
  },
  journalctl: {
    letters: 'afemnqkrxbhlN',
    valued: 'uUSptgonbTcMDF',
    long: `unit= user-unit= lines lines= follow since= until= priority= grep= case-sensitive case-sensitive= output= output-fields=
      boot boot= dmesg reverse all pager-end no-tail no-pager no-hostname no-full full utc catalog quiet merge identifier=
      exclude-identifier= facility= cursor= after-cursor= show-cursor list-boots list-invocations invocation= disk-usage header
      verify fields field= system user machine= directory= file= namespace= dump-catalog list-catalog help version
      truncate-newline local no-local`,
    may: (word) => `journalctl ${word} may remove or change the journal`,
    class: 'destructive',
  },
  dmesg: {
    letters: 'dehHkLPprSTtuwWxVJ',
    valued: 'fls',
    long: `decode show-delta reltime human kernel color color= facility= level= nopager noescape raw syslog ctime notime
      time-format= userspace follow follow-new since= until= buffer-size= file= json force-prefix help version`,
    may: (word) => `dmesg ${word} may clear the messages of the kernel or change where they go`,
    class: 'destructive',
  },
  getent: { letters: 'i', valued: 's', long: 'no-idn service= help version' },
  curl: {
    letters: '#0123446fgiIjklLMnNpqRsSvVZ',
    valued: 'AbeHmrtuUwxyYzEXo',
    long: `silent show-error fail fail-with-body location insecure include head verbose max-time= connect-timeout= header= user-agent=
      referer= user= resolve= connect-to= compressed http1.0 http1.1 http2 http3 ipv4 ipv6 write-out= retry= retry-delay=
      retry-max-time= retry-all-errors retry-connrefused cacert= capath= cert= key= tlsv1.2 tlsv1.3 tls-max= range=
      max-redirs= no-progress-meter progress-bar url= get globoff cookie= interface= proxy= noproxy= unix-socket=
      http2-prior-knowledge path-as-is speed-limit= speed-time= request= output= version help no-buffer keepalive-time=`,
    isMore: (option, value) => {
      if (/^(o|output)$/.test(option)) return value !== '/dev/null' && value !== '-';
      if (/^(X|request)$/.test(option)) return !/^(GET|HEAD|OPTIONS)$/.test(value);
      return /%output|%\{stderr/.test(value);
    },
    may: (word) => `curl ${word} may send or write something`,
  },
};

/** The first word that is not known to be harmless. */
function firstUnknown(rest: readonly string[], known: Options): string | undefined {
  const found: string[] = [];
  for (let at = 0; at < rest.length; at++) {
    const word = rest[at] ?? '';
    if (word === '--') {
      found.push(...rest.slice(at + 1));
      break;
    }
    if (!/^-./.test(word)) {
      found.push(word);
      continue;
    }
    const read = word.startsWith('--') ? longOption(word, known) : letterOptions(word, known);
    if (read === undefined) return word;
    const value = read.value ?? (read.takesNext ? rest[++at] : undefined);
    if (value !== undefined && known.isMore?.(read.option, value) === true) return `${word} ${value}`;
  }
  if (known.operands === 'none') return found[0];
  if (known.operands === 'one') return found[1];
  return known.operand && found.find((word) => !known.operand?.test(word));
}

interface Read {
  readonly option: string;
  readonly value?: string;
  readonly takesNext: boolean;
}

function longOption(word: string, known: Options): Read | undefined {
  const long = (known.long ?? '').trim().split(/\s+/);
  const [option, value] = split(word.slice(2));
  const isBare = long.includes(option);
  if (!isBare && !long.includes(`${option}=`)) return undefined;
  return { option, ...(value === undefined ? {} : { value }), takesNext: !isBare };
}

/** `-k2,2`, `-rn`, `-n 5`. A letter that may stand alone too takes no value at the end of its word. */
function letterOptions(word: string, known: Options): Read | undefined {
  const letters = [...word.slice(1)];
  const isLast = (at: number) => at === letters.length - 1;
  const stop = letters.findIndex(
    (letter, at) => known.valued?.includes(letter) && !(known.letters.includes(letter) && isLast(at)),
  );
  const plain = stop < 0 ? letters : letters.slice(0, stop);
  if (!plain.every((letter) => known.letters.includes(letter) || /[\d,.]/.test(letter))) return undefined;
  const value = stop < 0 ? '' : word.slice(stop + 2);
  return {
    option: letters[stop] ?? '',
    ...(value === '' ? {} : { value }),
    takesNext: stop >= 0 && value === '',
  };
}

function split(option: string): [string, string | undefined] {
  const at = option.indexOf('=');
  return at < 0 ? [option, undefined] : [option.slice(0, at), option.slice(at + 1)];
}

/** @returns undefined for a program that is no reader */
export function ofReader(name: string, rest: readonly string[]): Reason | undefined {
  if (name === 'ps') return ofProcessList(rest);
  if (name === 'getent' && /^g?shadow$/.test(rest.find((word) => !word.startsWith('-')) ?? ''))
    return shows('the hashes of passwords');
  if (name === 'ip') return ofNetwork(rest);
  const known = Object.hasOwn(options, name) ? options[name] : undefined;
  const word = known && firstUnknown(rest, known);
  if (word !== undefined)
    return because(
      known?.class ?? 'risky',
      'shell.changes',
      known?.may?.(word) ?? `${name} ${word} is not known to be harmless`,
    );
  if (known || inert.has(name)) return because('read', 'shell.read', `${name} only reads`);
  return undefined;
}

/** `ps e` and `ps auxe` print the environments; `ps -e` all processes. Options of BSD have no hyphen. */
function ofProcessList(rest: readonly string[]): Reason {
  const takesValue =
    /^-\w*[oOCpqtuUgGskN]$|^[A-Za-z]*[oOkptUq]$|^--(format|sort|pid|ppid|user|User|group|Group|tty|quick-pid|cols|columns|rows|lines|width|sid)$/;
  const environment = rest.find((word, at) => {
    if (/^(-\w*[oO]|--format=)?.*\benviron\b/i.test(word)) return true;
    // `-auxe` is `auxe` where there is no user of the name `xe`.
    if (/^-\w*ux\w*e|^-\w*e\w*ux|^-\w*E/.test(word)) return true;
    return /^[A-Za-z]*[eE][A-Za-z]*$/.test(word) && !takesValue.test(rest[at - 1] ?? '');
  });
  return environment === undefined
    ? because('read', 'shell.read', 'ps only reads')
    : shows(`the environments of processes (ps ${environment})`);
}

/** Options of `ip` that take a value in the next word. */
const valuedOfIp = /^-(n|netns|f|family|rc|rcvbuf|l|loops)$/;
const harmlessOfIp =
  /^-(s|stats|statistics|d|details|4|6|0|B|M|o|oneline|br|brief|j|json|p|pretty|c|color(=\w+)?|h|human|human-readable|iec|t|timestamp|ts|tshort|r|resolve|N|Numeric|a|all|V|Version|echo|n|netns|f|family|rc|rcvbuf|l|loops)$/;

/**
 * iproute2 takes the beginning of a word for the word, and `s` of `ip link` is `set`: only what can be nothing but
 * showing is reading.
 */
function ofNetwork(rest: readonly string[]): Reason {
  const words: string[] = [];
  for (let at = 0; at < rest.length; at++) {
    const word = rest[at] ?? '';
    if (words.length > 0 || !word.startsWith('-')) words.push(word);
    else if (!harmlessOfIp.test(word))
      return because('destructive', 'shell.network', `ip ${word} may run any change from a file`);
    else if (valuedOfIp.test(word)) at++;
  }
  const [object = '', verb] = words;
  if (/^x/.test(object)) return shows('keys of encrypted connections (ip xfrm)');
  const isShowing =
    verb === undefined ||
    /^(sh|sho|show|l|li|lis|list|ls|lst|get|help)$/.test(verb) ||
    (/^netns$/.test(object) && /^(identify|pids|list-id|monitor)$/.test(verb)) ||
    /^mon/.test(object);
  return isShowing
    ? because('read', 'shell.read', `ip ${object} only reads`)
    : because('destructive', 'shell.network', `ip ${object} ${verb} changes the network of this machine`);
}
