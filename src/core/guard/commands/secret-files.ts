/** Where a machine keeps what nobody but its owner may read: passwords, keys, the environments of processes. */
import { because, type Reason } from '../classes.ts';

/** Programs that name a file, or count it, and show nothing of what it holds. */
const showsNothing =
  /^(ls|stat|test|file|find|readlink|realpath|du|df|basename|dirname|chmod|chown|rm|unlink|truncate|shred|echo|printf|which|wc|md5sum|sha256sum|lsof|fuser|findmnt|lsblk)$/;

/** Begins a path, or the value of an option: `--file=`, `if=`, `@`, `file://`. */
const start = '(?:^|[/=@:,]|^-[A-Za-z])';
const secretFile = new RegExp(
  `${start}(?:${[
    'etc/(?:g?shadow-?|krb5\\.keytab|ipsec\\.secrets|security/opasswd|mysql/debian\\.cnf|ssl/private/.*|wireguard/.*|ppp/.*-secrets|NetworkManager/system-connections/.*|ssh/ssh_host_\\w+_key)$',
    '(?:\\.ssh/)?id_(?:rsa|dsa|ecdsa|ed25519)(?:_sk)?$',
    '\\.(?:pgpass|my\\.cnf|mylogin\\.cnf|netrc|npmrc|pypirc|git-credentials|vault-token|htpasswd|\\w*_history)$',
    '\\.(?:aws/credentials|docker/config\\.json|kube/config|config/gh/hosts\\.yml)$',
    '\\.(?:gnupg|azure|config/gcloud|password-store)/.*$',
    '\\.env(?:\\.(?!example$|sample$|template$)[\\w.-]+)?$',
    '[^/]*\\.(?:key|p12|pfx|jks|keystore|keytab|kdbx)$',
    '[^/]*privkey[^/]*\\.pem$',
    '(?:var/)?run/secrets/.*$',
    '(?:wp-config\\.php|secrets?\\.(?:ya?ml|json|env)|credentials(?:\\.json)?)$',
    '(?:proc|self)/.*/?(?:environ|mem)$',
    'proc/kcore$',
    'dev/(?:sd|hd|vd|xvd|nvme|md|dm-|mapper/|mem$|kmem$).*$',
  ].join('|')})`,
);

const showsFiles =
  /^(cat|tac|nl|head|tail|diff|comm|sort|uniq|cut|zcat|less|more|strings|od|xxd|base64|curl|dd)$/;
const patterns = /[*?[{]/;
/** Folders in which a pattern may find a secret too. */
const private_ = /^(?:~|\/(?:etc|root|home|proc|run|srv|opt|var\/lib|var\/run)(?:\/|$)|\/?[*?[{.])/;

/** @returns what a command would show; undefined for what names no secret */
export function secretsShown(name: string, rest: readonly string[]): Reason | undefined {
  if (showsNothing.test(name)) return undefined;
  const paths = rest.map(plainPath);
  const found = paths.findIndex((path) => secretFile.test(path));
  if (found >= 0) return shows(rest[found] ?? '');
  const vague = paths.find((path) => patterns.test(path) && private_.test(path));
  const isSearch = /^[a-z]?grep$/.test(name);
  if (vague !== undefined && showsFiles.test(name))
    return because('risky', 'shell.unseen-files', `which files ${vague} names cannot be seen here`);
  const isDeep = isSearch && rest.some((word) => /^-\w*[rR]|^--(dereference-)?recursive$/.test(word));
  const wide = paths.find((path) => /^(?:~|\/|\/(?:etc|root|home|proc|run)(?:\/.*)?)\/?$/.test(path));
  return isDeep && wide !== undefined
    ? because('risky', 'shell.unseen-files', `${name} reads all that is below ${wide}`)
    : undefined;
}

export function shows(what: string): Reason {
  return because('forbidden', 'shell.reads-secrets', `shows secrets: ${what}`);
}

/** `/etc//x/../shadow` is `/etc/shadow`. */
function plainPath(word: string): string {
  let path = word.replace(/\/(?:\.?\/)+/g, '/').replace(/\/\.$/, '');
  for (let before = ''; before !== path; ) {
    before = path;
    path = path.replace(/(^|\/)(?!\.\.\/)[^/]+\/\.\.(?=\/|$)/, '$1').replace(/\/{2,}/g, '/');
  }
  return path;
}
