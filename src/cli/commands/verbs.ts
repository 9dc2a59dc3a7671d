/** `upkeep <noun> <verb>`: one command for each verb, its options made from its input schema. */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import type { Command } from 'commander';
import { z } from 'zod';
import { inputProblems } from '../../core/input-words.ts';
import type { AnyVerb } from '../../verbs/context.ts';
import { connect } from '../ask.ts';
import { Usage } from '../configuration.ts';
import { noOpenIncident, writtenBytes } from '../print/incidents.ts';
import { printResult } from '../print/result.ts';
import { askSecret } from '../secrets.ts';
import type { Session } from '../session.ts';
import { jsonText } from '../terminal.ts';

/** Verbs that have an everyday word of their own. */
const everyday = new Set(['status.show', 'target.investigate']);
/** Verbs that give a document, which may go into a file. */
const writing = new Set(['incident.postmortem', 'agent.definition']);

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
  for (const [noun, parent] of nouns) {
    parent.description(
      `${parent.commands.map((command) => command.name()).join(', ')}: see upkeep ${noun} --help`,
    );
    parent.exitOverride();
  }
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
    command.option(`--${name} <${property.type ?? 'value'}>`, describe(property));
  }
  if (writing.has(verb.name)) command.option('--write <file>', 'write it to this file');
  command
    .option('-c, --config <file>', 'the configuration')
    .option('--json', 'print JSON')
    .addHelpText('after', `\nExamples:\n${verb.examples.map((example) => `  ${example}`).join('\n')}`)
    .action(async (...args: unknown[]) => {
      const options = command.opts<
        { config?: string; json?: boolean; write?: string } & Record<string, unknown>
      >();
      const { config, json, write, ...input } = options;
      for (const [index, name] of verb.positional.entries())
        if (args[index] !== undefined) input[name] = args[index];
      for (const [name, property] of properties)
        if (isSecret(property) && required.has(name))
          input[name] = await askSecret(property.description ?? name);
      for (const [name, { format }] of properties)
        if (format === 'document' && typeof input[name] === 'string')
          input[name] = contentOf(resolve(session.world.cwd, input[name]), input[name]);
      await call(verb, input, { config, json, write }, session);
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

async function call(
  verb: AnyVerb,
  input: Record<string, unknown>,
  options: { config?: string | undefined; json?: boolean | undefined; write?: string | undefined },
  { world, terminal, exit }: Session,
) {
  const { error } = verb.input.safeParse(input);
  if (error) {
    const typed = (name: string) => (verb.positional.includes(name) ? `<${name}>` : `--${name}`);
    throw new Usage(inputProblems(error, verb.input, typed).join('\n'));
  }
  const connection = await connect(world, options);
  try {
    const result = await connection.call(verb, input);
    const now = world.clock.now();
    const written = options.write === undefined ? null : writtenBytes(result);
    if (options.write !== undefined && written) {
      writeTo(resolve(world.cwd, options.write), written);
      terminal.out(`${options.write} written, ${written.length} bytes`);
      return;
    }
    const isCalm = verb.name === 'incident.list' && isOpenOnly(input) && isEmpty(result);
    terminal.out(
      options.json
        ? jsonText(result)
        : isCalm
          ? noOpenIncident(await connection.call(verb, { status: 'resolved', limit: 500 }), now)
          : printResult(terminal, verb.name, result, now),
    );
    if (isBad(result)) exit(1);
  } finally {
    await connection.close();
  }
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

/** A result that says of itself that something is wrong: a broken chain, a refusal. */
function isBad(result: unknown): boolean {
  if (result === null || typeof result !== 'object') return false;
  if ('ok' in result && result.ok === false) return true;
  if ('action' in result && result.action !== null && typeof result.action === 'object') {
    return 'state' in result.action && result.action.state === 'refused';
  }
  return 'refused' in result;
}
