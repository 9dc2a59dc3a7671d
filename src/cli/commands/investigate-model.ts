/** What a model makes of the findings: asked only with --model, of the endpoint that the configuration names. */
import type { Configuration } from '../../core/configuration.ts';
import { newSecret } from '../../id.ts';
import { createCaller } from '../../mcp/caller.ts';
import type { ModelAnswer } from '../../model/investigate.ts';
import { taught } from '../../practices/agent-definition/facts.ts';
import { verbs } from '../../verbs/index.ts';
import { connect } from '../ask.ts';
import { chooseConfiguration, requireConfiguration, Usage } from '../configuration.ts';
import { lookingFirst } from '../looking.ts';
import { paint, plainLines, type Terminal } from '../terminal.ts';
import type { World } from '../world.ts';

export interface ModelWords extends ModelAnswer {
  /** `llama3.1 at 127.0.0.1:11434` */
  readonly model: string;
}

export async function requireModel(
  world: World,
  config: string | undefined,
): Promise<NonNullable<Configuration['model']>> {
  const { model } = requireConfiguration(await chooseConfiguration(world, config));
  if (model) return model;
  throw new Usage(
    '--model needs model: in upkeep.yaml; docs/guide/assistants.md shows one. Nothing was sent anywhere',
  );
}

export async function askModel(
  world: World,
  options: { readonly config?: string },
  question: { readonly subject: string; readonly findings: unknown },
): Promise<ModelWords> {
  const settings = await requireModel(world, options.config);
  const scopes = ['read', 'operate'] as const;
  const connection = await connect(world, { ...options, model: { scopes } });
  try {
    const [{ investigateWith }, { openModel }] = await Promise.all([
      import('../../model/investigate.ts'),
      import('../../model/speak.ts'),
    ]);
    const caller = createCaller(verbs, {
      scopes,
      names: taught.map(([verb]) => verb),
      call: lookingFirst(connection, world.clock.now),
      newMark: newSecret,
    });
    const speaker = await openModel(settings, world.clock);
    const { clock } = world;
    const answer = await investigateWith({ speaker, caller, clock, budget: settings.budget }, question);
    return { model: `${settings.name} at ${new URL(settings.url).host}`, ...answer };
  } finally {
    await connection.close();
  }
}

/** Set apart from the findings, so that nobody takes a model's words for evidence. */
export function printWords(terminal: Terminal, { model, text, calls, tokens, stopped }: ModelWords): string {
  const rule = paint(terminal, 'gray', '─'.repeat(Math.min(terminal.width, 80)));
  const proposed = calls.filter(({ tool, isError }) => tool === 'action_propose' && !isError).length;
  return [
    rule,
    `${paint(terminal, 'bold', `In the words of ${plainLines(model)}`)} (a model; nobody has checked this, the findings above are Upkeep's own)`,
    '',
    text === '' ? 'It said nothing.' : plainLines(text),
    '',
    paint(
      terminal,
      'gray',
      `${calls.length} tool calls, ${tokens} tokens${stopped === null ? '' : `; ended early: ${plainLines(stopped)}`}`,
    ),
    ...(proposed > 0
      ? [
          `It proposed ${proposed === 1 ? 'an action' : `${proposed} actions`}: upkeep action list shows what waits for you.`,
        ]
      : []),
    rule,
  ].join('\n');
}
