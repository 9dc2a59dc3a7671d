import type { Command } from 'commander';
import { type Scope, scopes } from '../../core/verb.ts';
import { newSecret } from '../../id.ts';
import { createCaller } from '../../mcp/caller.ts';
import { nounsIn } from '../../mcp/endpoint.ts';
import { verbs } from '../../verbs/index.ts';
import { version } from '../../version.ts';
import { connect } from '../ask.ts';
import { Usage } from '../configuration.ts';
import { lookingFirst } from '../looking.ts';
import type { Session } from '../session.ts';

interface McpOptions {
  readonly config?: string;
  readonly scopes: string;
  readonly only?: string;
}

export function mcpCommand(program: Command, { world, terminal }: Session): void {
  program
    .command('mcp')
    .description('serves an assistant on standard input and output by the Model Context Protocol')
    .option('-c, --config <file>', 'the configuration')
    .option('--scopes <list>', 'what the assistant may do at most', 'read,operate')
    .option('--only <nouns>', 'offer only tools of these nouns: status,incident,target')
    .addHelpText(
      'after',
      [
        '',
        'Speaks to the Upkeep that runs here, or to the one of UPKEEP_URL with UPKEEP_TOKEN; where none runs it looks',
        'by itself. What the assistant proposes waits for a person, whatever its scopes. What takes effect at once (silences,',
        'resolving, maintenance, notes …) is offered only with the scope act.',
        '',
        'Examples:',
        '  upkeep mcp',
        '  upkeep mcp --scopes read',
        '  upkeep mcp --scopes read,operate,act',
        '  upkeep mcp --config /etc/upkeep/upkeep.yaml --only status,target,incident,action,guard',
      ].join('\n'),
    )
    .action(async (options: McpOptions) => {
      const granted = scopesIn(options.scopes);
      const connection = await connect(world, { config: options.config, model: { scopes: granted } });
      try {
        const caller = createCaller(verbs, {
          scopes: granted,
          nouns: nounsIn(options.only, verbs),
          call: lookingFirst(connection, world.clock.now),
          newMark: newSecret,
        });
        terminal.err(
          connection.isLive
            ? 'upkeep mcp: speaks to the Upkeep that runs'
            : 'upkeep mcp: no Upkeep runs, so it looks by itself; upkeep run keeps history and handles incidents',
        );
        await serveUntilClosed(caller);
      } finally {
        await connection.close();
      }
    });
}

function scopesIn(list: string): Scope[] {
  return list.split(',').map((word) => {
    const scope = scopes.find((one) => one === word.trim());
    if (!scope) throw new Usage(`--scopes ${list}: a scope is one of ${scopes.join(', ')}`);
    return scope;
  });
}

async function serveUntilClosed(caller: Parameters<typeof import('../../mcp/server.ts').serverFor>[0]) {
  const [{ serveStdio }, { serverFor }] = await Promise.all([
    import('@modelcontextprotocol/server/stdio'),
    import('../../mcp/server.ts'),
  ]);
  const ended = new Promise<void>((resolve) => {
    process.stdin.once('end', resolve).once('close', resolve);
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => resolve());
  });
  const served = serveStdio(serverFor(caller, version));
  await ended;
  await served.close();
}
