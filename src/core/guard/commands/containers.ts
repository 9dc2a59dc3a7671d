/** docker, podman and kubectl by what they do. */
import { because, type Reason, rankOf } from '../classes.ts';
import { shows } from './secret-files.ts';
import { hasOption as has, operands } from './words.ts';

/** Services that hold data. */
export const databases =
  /(postgres|mysql|mariadb|redis|mongo|opensearch|elasticsearch|rabbitmq|tidb|tikv|pd)/i;

/**
 * `docker --context far volume rm data`: which words are values of options cannot be told, so the first ones are tried
 * as the verb too, and what destroys counts.
 */
export function worstOfTails(
  rest: readonly string[],
  judgeTail: (rest: readonly string[]) => Reason,
): Reason {
  const [verb, ...others] = operands(rest);
  const options = rest.filter((word) => word.startsWith('-'));
  const said = judgeTail(rest);
  const isCompose = verb === 'compose';
  const later = others
    .slice(0, 4)
    .map((_, at) => judgeTail([...(isCompose ? ['compose'] : []), ...others.slice(at), ...options]))
    .filter((one) => rankOf(one.class) >= rankOf('destructive'));
  return [said, ...later].reduce((worst, one) => (rankOf(one.class) > rankOf(worst.class) ? one : worst));
}

export function ofContainers(all: readonly string[]): Reason {
  const [verb = '', sub = '', ...rest] = operands(all);
  const said = [verb, sub].filter(Boolean).join(' ');
  const secrets = environmentShown(all);
  if (secrets) return secrets;
  const isReading = /^(ps|images|logs|inspect|stats|top|version|info|events|port|diff|history|search)$/;
  if (
    isReading.test(verb) ||
    (/^(container|image|volume|network|system|compose|node|service|stack)$/.test(verb) &&
      /^(ls|list|ps|inspect|df|logs|config|top|info|images|events|version)$/.test(sub))
  )
    return because('read', 'shell.read', `${said} only reads`);
  if (verb === 'compose' && sub === 'down')
    return has(all, 'v', '--volumes')
      ? because('forbidden', 'shell.removes-volumes', 'compose down -v removes the volumes with their data')
      : because('risky', 'shell.container', 'compose down stops everything');
  if (verb === 'compose' && sub === 'rm')
    return because('destructive', 'shell.removes', 'removes containers');
  if (/^(volume|system|image|container|network|builder)$/.test(verb) && /^(rm|remove|prune)$/.test(sub))
    return because(
      // `system prune` takes volumes along when it is told to.
      verb === 'volume' || (verb === 'system' && has(all, '', '--volumes')) ? 'forbidden' : 'destructive',
      'shell.removes-volumes',
      `${said} removes it for good`,
    );
  if (verb === 'rm' || verb === 'rmi')
    return because('destructive', 'shell.removes', `${verb} removes it for good`);
  if (verb === 'exec' || (verb === 'compose' && (sub === 'exec' || sub === 'run')))
    return because('forbidden', 'shell.unseen', `${said} runs a command inside that cannot be seen here`);
  if (verb === 'run' || verb === 'create')
    return because(
      all.some((word) => /^--(privileged|pid|cap-add|device)|^-v$|^--volume|^--mount/.test(word))
        ? 'forbidden'
        : 'risky',
      'shell.container',
      'starts a container, perhaps with this machine inside',
    );
  if ((verb === 'stop' || verb === 'kill') && [sub, ...rest].some((name) => databases.test(name)))
    return because('forbidden', 'shell.stops-database', `${verb} of a database`);
  return because(
    'risky',
    /^(start|stop|restart|pause|unpause|kill|pull|compose|update|scale)$/.test(verb)
      ? 'shell.container'
      : 'shell.unknown',
    `${said} changes containers`,
  );
}

/** The environment of a container is part of what `inspect` says of it, and of a resolved compose file. */
function environmentShown(all: readonly string[]): Reason | undefined {
  const [verb = '', sub = '', ...rest] = operands(all);
  if (verb === 'inspect' || (verb === 'container' && sub === 'inspect')) {
    const format = all.findIndex((word) => /^(-f|--format)(=|$)/.test(word));
    const asked = format < 0 ? '' : `${all[format]} ${all[format + 1] ?? ''}`;
    return format < 0 || /env|json|\.Config\s*[}|]|\{\{\s*\.\s*[}|]|range|with/i.test(asked)
      ? shows('the environment of a container; ask for one field with --format')
      : undefined;
  }
  const isResolved = verb === 'compose' && (sub === 'config' || sub === 'convert');
  if (isResolved && !all.some((word) => /^(-q|--quiet|--services|--images|--volumes|--profiles)$/.test(word)))
    return shows('the variables that compose.yaml is filled with');
  if (verb === 'top' && rest.some((word) => /^[A-Za-z]*[eE][A-Za-z]*$/.test(word)))
    return shows('the environments of processes');
  return undefined;
}

/** Deleting it deletes the data with it. */
const holdsData =
  /^(pvc|persistentvolumeclaims?|pv|persistentvolumes?|ns|namespaces?|statefulsets?|sts|all)([/,]|$)/;

export function ofCluster(all: readonly string[]): Reason {
  const [verb = '', kind = ''] = operands(all);
  if (/^(get|describe|logs|top|explain|version|cluster-info|api-resources|auth|diff|events)$/.test(verb))
    return all.some((word) => /(^|[,/])secrets?(\.v1)?([,/]|$)/.test(word))
      ? shows('secrets of the cluster')
      : (verb === 'auth' && !/^(can-i|whoami)$/.test(kind)) ||
          all.some((word) => /^--output-directory/.test(word))
        ? because('risky', 'shell.cluster', `kubectl ${verb} ${kind} changes or writes something`)
        : because('read', 'shell.read', `kubectl ${verb} only reads`);
  if (verb === 'delete')
    return /^(pods?|po)(\/|$)/.test(kind) && !all.includes('--all')
      ? because('risky', 'shell.cluster', 'a pod is made anew by what owns it')
      : because(
          holdsData.test(kind) ? 'forbidden' : 'destructive',
          'shell.cluster-delete',
          `kubectl delete ${kind} removes it for good`,
        );
  if (/^(exec|cp|attach|debug|proxy|port-forward|run)$/.test(verb))
    return because('forbidden', 'shell.unseen', `kubectl ${verb} does what cannot be seen here`);
  if (/^(drain|replace|apply|patch|edit)$/.test(verb))
    return because('destructive', 'shell.cluster', `kubectl ${verb} may change anything`);
  return because('risky', 'shell.cluster', `kubectl ${verb} changes the cluster`);
}
