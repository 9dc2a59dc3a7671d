/** git, and the tools of storage, clouds and infrastructure elsewhere, by what they do. */
import { because, type Reason } from '../classes.ts';
import { shows } from './secret-files.ts';
import { operands } from './words.ts';

interface Tool {
  /** The place of the verb in a line without options before it. */
  readonly verbAt: number;
  readonly reads: RegExp;
  /** Which words are values of options cannot be told, so what destroys counts wherever it stands. */
  readonly destroys: RegExp;
}

const cloud: Tool = {
  verbAt: 1,
  reads: /^(list|ls|describe|show|get|status|version)$|^(list|describe)-/,
  destroys:
    /^(rm|rb|mv|sync|delete|destroy|purge|terminate|remove|reset|restore|stop)$|^(delete|terminate|purge|deregister|remove|reset|revoke|schedule|stop|disable|batch-delete|force)-/,
};
const storage: Tool = {
  verbAt: 0,
  reads: /^(ls|cat|lsd|lsl|lsf|size|check|stat|du|hash|md5sum|diff|info|version|about|tree)$/,
  destroys:
    /^(rm|rb|rd|rmr|mv|del|move|moveto|delete|deletefile|purge|rmdir|rmdirs|sync|bisync|cleanup|dedupe|mirror)$/,
};
/** Everything but what surely reads may tear down what stands. */
const infrastructure: Tool = {
  verbAt: 0,
  reads: /^(plan|validate|version|preview|graph|providers|about|whoami)$/,
  destroys: /(?:)/,
};

const tools: Readonly<Record<string, Tool>> = {
  ...{ aws: cloud, az: cloud, doctl: cloud, hcloud: cloud, gcloud: { ...cloud, verbAt: 2 } },
  ...{ heroku: cloud, flyctl: cloud, fly: cloud },
  ...{ gsutil: storage, rclone: storage, mc: storage, mcli: storage, s3cmd: storage, s5cmd: storage },
  ...{ terraform: infrastructure, tofu: infrastructure, pulumi: infrastructure, terragrunt: infrastructure },
  helm: {
    verbAt: 0,
    reads: /^(list|ls|status|history|version|search|lint)$/,
    destroys: /^(uninstall|delete|del|un)$/,
  },
  rsync: { verbAt: 0, reads: /^(?!)/, destroys: /^--(del|remove-source-files|force|inplace)/ },
  zfs: { verbAt: 0, reads: /^(list|get|diff|version)$/, destroys: /^(destroy|rollback)$/ },
  zpool: { verbAt: 0, reads: /^(list|get|status|history)$/, destroys: /^(destroy|labelclear|remove)$/ },
  btrfs: { verbAt: 1, reads: /^(list|show|usage|df)$/, destroys: /^(delete|del)$/ },
};

/** Options that make an upload or a listing remove things too. */
const removing = /^--?(delete(-.*)?|del|remove(-.*)?|d|purge)$/;

/** Undefined for a program that is none of these. */
export function ofRemote(name: string, rest: readonly string[]): Reason | undefined {
  if (/^(drop(db|user)|lvremove|vgremove|pvremove|userdel|groupdel)$/.test(name))
    return because('destructive', 'shell.removes', `${name} removes it for good`);
  if (name === 'git') return ofGit(rest);
  const tool = Object.hasOwn(tools, name) ? tools[name] : undefined;
  if (!tool) return undefined;
  // An option that bears its value (`-chdir=infra`) moves nothing.
  const words = rest.filter((word) => !/^-.*=/.test(word));
  const isPlain = words.slice(0, tool.verbAt + 1).every((word) => !word.startsWith('-'));
  const verb = isPlain ? (words[tool.verbAt] ?? '') : '';
  if (tool === infrastructure && /^(show|output)$/.test(verb))
    return shows(`what is kept with the state (${name} ${verb})`);
  if (
    tool === infrastructure &&
    rest.some((word) => /^--?(out|show-secrets|destroy|refresh-only|generate-config-out)/.test(word))
  )
    return because('destructive', 'shell.elsewhere', `${name} ${verb} does more than look`);
  const removal = rest.find((word) => removing.test(word));
  if (tool.reads.test(verb) && removal === undefined)
    return because('read', 'shell.read', `${name} ${verb} only reads`);
  const found = rest.find((word) => tool.destroys.test(word)) ?? removal;
  if (found !== undefined)
    return because(
      'destructive',
      'shell.removes-elsewhere',
      `${name} ${tool === infrastructure ? verb : found} may remove what cannot be brought back`,
    );
  return because('risky', 'shell.elsewhere', `${name} changes something elsewhere`);
}

const gitReads =
  /^(status|log|diff|show|blame|rev-parse|ls-files|ls-tree|describe|shortlog|grep|cat-file|version)$/;

/** The verb and what follows it; `-C FOLDER` and `-c name=value` stand before. */
function verbOfGit(rest: readonly string[]): readonly string[] {
  const at = rest.findIndex(
    (word, index) =>
      !word.startsWith('-') &&
      !/^(-C|-c|--git-dir|--work-tree|--namespace|--exec-path|--super-prefix|--config-env)$/.test(
        rest[index - 1] ?? '',
      ),
  );
  return at < 0 ? [] : rest.slice(at);
}

function ofGit(rest: readonly string[]): Reason {
  const [verb = '', ...after] = verbOfGit(rest);
  const losing = (text: string) => because('destructive', 'shell.loses-commits', text);
  const hasLetter = (letters: RegExp) =>
    after.some((word) => /^-[A-Za-z]+$/.test(word) && letters.test(word));
  // A setting of one command may name a program to run.
  if (rest.some((word) => /^(-c|--config-env|--exec-path)/.test(word)) && verb !== 'push')
    return because('risky', 'shell.repository', 'git -c may run another program');
  if (verb === 'push') {
    const isForced = after.some((word) => /^--(force|mirror|delete|prune)/.test(word)) || hasLetter(/[fd]/);
    return isForced || operands(after).some((ref) => /^[+:]/.test(ref))
      ? losing('git push with force, +REF or a deletion throws away commits of others')
      : because('risky', 'shell.elsewhere', 'git push changes what others have');
  }
  if (/^(filter-branch|filter-repo|gc|prune|reflog|update-ref)$/.test(verb))
    return losing(`git ${verb} removes commits for good`);
  if (/^(reset|checkout|restore|switch|clean|branch|tag|stash|worktree|remote|rm)$/.test(verb)) {
    const isLosing =
      /^(clean|restore|rm)$/.test(verb) ||
      after.some((word) => /^--(hard|force|delete|discard-changes)$|^--$|^(clear|drop|remove)$/.test(word)) ||
      hasLetter(/[fdDB]/);
    return isLosing
      ? losing(`git ${verb} throws away work that is not kept elsewhere`)
      : because('risky', 'shell.repository', 'changes the working tree or its branches');
  }
  const writing = after.find((word) => /^--outp?u?t?(=|$)/.test(word));
  if (gitReads.test(verb) && writing !== undefined)
    return because('destructive', 'shell.overwrites', `git ${verb} ${writing} writes a file`);
  const running = after.find((word) => /^--(ext|open|textconv|filters)|^-O/.test(word));
  if (gitReads.test(verb) && running !== undefined)
    return because('risky', 'shell.repository', `git ${verb} ${running} may run another program`);
  if (rest.some((word) => /^(-p|--paginate)$/.test(word) && rest.indexOf(word) < rest.indexOf(verb)))
    return because('risky', 'shell.repository', 'git --paginate runs another program');
  return gitReads.test(verb)
    ? because('read', 'shell.read', `git ${verb} only reads`)
    : because('risky', 'shell.repository', `git ${verb} changes the repository`);
}
