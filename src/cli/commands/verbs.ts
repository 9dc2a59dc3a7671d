/** `upkeep <noun> <verb>`: one command for each verb, its options made from its input schema. */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { type Command, Option } from 'commander';
import { z } from 'zod';
import { inputProblems } from '../../core/input-words.ts';
import type { ActionView } from '../../core/view.ts';
import type { AnyVerb } from '../../verbs/context.ts';
import { type Connection, connect } from '../ask.ts';
import { Problems, Usage } from '../configuration.ts';
import { followAction, followHint, isUnderWay, outcomeText } from '../follow-action.ts';
import { showingProgress } from '../follow-backup.ts';
import { machineZone } from '../moments.ts';
import { markedAsStored, notRunningLine, tellsThePresent } from '../not-running.ts';
import { noOpenIncident, writtenBytes } from '../print/incidents.ts';
import { printResult } from '../print/result.ts';
import { askSecret } from '../secrets.ts';
import type { Session } from '../session.ts';
import { jsonText, plain } from '../terminal.ts';

/** Verbs that have an everyday word of their own. */
const everyday = new Set(['status.show', 'target.investigate']);
/** Returns before what it lets be done is done. */
const approving = 'action.approve';
/** Verbs that give a document, which may go into a file. */
const writing = new Set(['incident.postmortem', 'report.recovery-plan', 'agent.definition']);

/** Their answer is folded for people, unless they ask for all of it. */
const folding = new Set(['incident.show', 'rule.show']);

export function addVerbCommands(program: Command, verbs: readonly AnyVerb[], session: Session): void {
  const nouns = new Map<string, Command>();
  for (const verb of verbs) {
    if (everyday.has(verb.name)) continue;
    const [noun = '', word = ''] = verb.name.split('.');
    const own = program.commands.find((command) => command.name() === noun && !nouns.has(noun));
    const parent = nouns.get(noun) ?? own ?? program.command(noun);
    // A noun with everyday commands says itself what it is for.
    if (!own) nouns.set(noun, parent);
    addVerb(parent, word, verb, session);
  }
  for (const parent of nouns.values()) {
    describeGroup(parent);
    parent.exitOverride();
  }
}

/** Names what the group has, again where a command joins it. */
export function describeGroup(group: Command): void {
  const words = group.commands.map((command) => command.name()).join(', ');
  group.description(`${words}: see upkeep ${group.name()} --help`);
}

interface Property {
  readonly type?: string;
  readonly description?: string;
  readonly default?: unknown;
  readonly enum?: readonly unknown[];
  readonly format?: string;
}

function addVerb(parent: Command, word: string, verb: AnyVerb, session: Session): void {
  const schema = z.toJSONSchema(verb.input, { io: 'input', unrepresentable: 'any' });
  const properties = Object.entries((schema.properties ?? {}) as Record<string, Property>);
  const required = new Set(schema.required ?? []);
  const command = parent.command(word).description(verb.summary).exitOverride();
  for (const name of verb.positional) {
    const about = properties.find(([key]) => key === name)?.[1].description ?? '';
    command.argument(required.has(name) ? `<${name}>` : `[${name}]`, about);
  }
  for (const [name, property] of properties) {
    if (verb.positional.includes(name) || isSecret(property)) continue;
    // What is asked for by naming it needs no word after it.
    const value = property.type === 'boolean' ? '[yes|no]' : `<${property.type ?? 'value'}>`;
    const flag = name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
    command.option(`--${flag} ${value}`, describe(property));
    // As the API names it.
    if (flag !== name) command.addOption(new Option(`--${name} ${value}`).hideHelp());
  }
  if (writing.has(verb.name)) command.option('--write <file>', 'write it to this file');
  if (folding.has(verb.name)) command.option('--all', 'fold nothing: every row in a line of its own');
  if (verb.name === approving) command.option('--no-wait', 'do not follow the action to its end');
  command
    .option('-c, --config <file>', 'the configuration')
    .option('--json', 'print JSON')
    .addHelpText('after', `\nExamples:\n${verb.examples.map((example) => `  ${example}`).join('\n')}`)
    .action(async (...args: unknown[]) => {
      const options = command.opts<
        { config?: string; json?: boolean; write?: string; wait?: boolean; all?: boolean } & Record<
          string,
          unknown
        >
      >();
      const { config, json, write, wait = false, all = false, ...input } = options;
      for (const [index, name] of verb.positional.entries())
        if (args[index] !== undefined) input[name] = args[index];
      for (const [name, property] of properties)
        if (isSecret(property) && required.has(name))
          input[name] = await askSecret(property.description ?? name);
      for (const [name, { format }] of properties)
        if (format === 'document' && typeof input[name] === 'string')
          input[name] = contentOf(resolve(session.world.cwd, input[name]), input[name]);
      await call(verb, input, { config, json, write, wait, all }, session);
    });
}

/** A document is named by its file. */
function contentOf(path: string, shown: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    throw new Usage(`${shown} cannot be read: ${error instanceof Error ? error.message : String(error)}`);
  }
}

function isSecret({ format }: Property): boolean {
  return format === 'password';
}

function describe({ description = '', enum: choices, default: standard }: Property): string {
  const among = choices ? ` (${choices.join(', ')})` : '';
  return `${description}${among}${standard === undefined || standard === '' ? '' : ` [${JSON.stringify(standard)}]`}`;
}

interface CallOptions {
  readonly config: string | undefined;
  readonly json: boolean | undefined;
  readonly write: string | undefined;
  /** Follows what was approved to its end. */
  readonly wait: boolean;
  readonly all: boolean;
}

async function call(verb: AnyVerb, input: Record<string, unknown>, options: CallOptions, session: Session) {
  const { error } = verb.input.safeParse(input);
  if (error) {
    const typed = (name: string) => (verb.positional.includes(name) ? `<${name}>` : `--${name}`);
    throw new Problems(inputProblems(error, verb.input, typed).join('\n'));
  }
  const { world, terminal, exit } = session;
  const connection = await connect(world, options);
  try {
    const result = await showingProgress(connection, session, verb.name, () => connection.call(verb, input));
    if (verb.name === approving && isUnderWay(result as ActionView))
      return await afterApproval(connection, result as ActionView, options, session);
    const now = world.clock.now();
    const written = options.write === undefined ? null : writtenBytes(result);
    if (options.write !== undefined && written) {
      writeTo(resolve(world.cwd, options.write), written);
      terminal.out(`${options.write} written, ${written.length} bytes`);
      return;
    }
    let told = result;
    if (!connection.isLive && tellsThePresent(verb.name)) {
      const storedAt = await connection.storedAt();
      const name = connection.timezone() ?? machineZone();
      const line = notRunningLine({ ...terminal, zone: { name, wasUsed: false } }, storedAt, now);
      if (options.json) terminal.err(line);
      else terminal.out(line);
      told = markedAsStored(result, storedAt);
    }
    const isCalm = verb.name === 'incident.list' && isOpenOnly(input) && isEmpty(result);
    terminal.out(
      options.json
        ? jsonText(told)
        : isCalm
          ? noOpenIncident(await connection.call(verb, { status: 'resolved', limit: 500 }), now)
          : printResult(terminal, verb.name, result, now, connection.timezone(), { all: options.all }),
    );
    if (isBad(verb.name, result)) exit(1);
  } finally {
    await connection.close();
  }
}

/** Without an Upkeep that runs nothing carries it out before the next start, so there is nothing to wait for. */
async function afterApproval(
  connection: Connection,
  action: ActionView,
  { json, wait }: CallOptions,
  { world, terminal, exit }: Session,
): Promise<void> {
  const isFollowed = wait && connection.isLive;
  if (isFollowed && !json) terminal.err('Approved; Ctrl-C ends the watching, not the action.');
  const say = (step: string) => terminal.err(`  ${plain(step)}`);
  const last = isFollowed
    ? await followAction(connection, world.clock, action, json ? () => {} : say)
    : action;
  if (isFollowed && last.state !== 'done') exit(1);
  terminal.out(
    json
      ? jsonText(last)
      : isFollowed
        ? outcomeText(terminal, last)
        : `Approved. ${followHint(terminal, last, connection.isLive)}`,
  );
}

/** Its folder is made where there is none. */
function writeTo(file: string, bytes: Buffer): void {
  try {
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, bytes);
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : String(error);
    throw new Usage(`${file} cannot be written: ${code}; name a file in a folder that you may write to`);
  }
}

function isOpenOnly({ status }: Record<string, unknown>): boolean {
  return status === undefined || status === 'open';
}

function isEmpty(result: unknown): boolean {
  return Array.isArray(result) && result.length === 0;
}

const takesBackups = new Set(['backup.take', 'backup.copy']);

/** A result that says of itself that something is wrong: a broken chain, a refusal, a backup or a proof that failed. */
export function isBad(verb: string, result: unknown): boolean {
  if (result === null || typeof result !== 'object') return false;
  if ('ok' in result && result.ok === false) return true;
  if ('isGood' in result && result.isGood === false) return true;
  if (takesBackups.has(verb) && 'state' in result)
    return (
      result.state === 'failed' || 'notRun' in result || ('proofs' in result && hasFailedProof(result.proofs))
    );
  if (verb === 'backup.needs' && Array.isArray(result))
    return result.some(({ isAdvice }) => isAdvice !== true);
  if (verb === 'backup.restore' && 'plan' in result)
    return isImpossible(result.plan) || ('proposed' in result && isBad('action.propose', result.proposed));
  if (verb === 'backup.restore' && 'restored' in result) return isShort(result.restored);
  if ('action' in result && result.action !== null && typeof result.action === 'object') {
    return 'state' in result.action && result.action.state === 'refused';
  }
  return 'refused' in result;
}

/** Of the newest proof, which is the one that the taking brought. */
function hasFailedProof(proofs: unknown): boolean {
  return Array.isArray(proofs) && proofs[0]?.isGood === false;
}

/** A restore that ended before what the archive should hold. */
function isShort(restored: unknown): boolean {
  return restored !== null && typeof restored === 'object' && 'short' in restored;
}

/** A dry run of what cannot be done. */
function isImpossible(plan: unknown): boolean {
  return plan !== null && typeof plan === 'object' && 'impossible' in plan && plan.impossible !== null;
}
