/** The Model Context Protocol: tools made from the verbs, incidents and runbooks as resources, one prompt. */
import type { McpServerFactory } from '@modelcontextprotocol/server';
import { ProtocolError, ProtocolErrorCode, Server } from '@modelcontextprotocol/server';
import { UpkeepError } from '../core/verb.ts';
import type { Caller } from './caller.ts';
import { instructions, prompts, promptText } from './prompts.ts';
import { listResources, readResource, resourceTemplates } from './resources.ts';

/** A server for each connection or request, as the SDK's transports want it; it keeps nothing of its own. */
export function serverFor(caller: Caller, version: string): McpServerFactory {
  return () => {
    const server = new Server(
      { name: 'upkeep', title: 'Upkeep', version },
      { capabilities: { tools: {}, resources: {}, prompts: {} }, instructions },
    );
    server.setRequestHandler('tools/list', () => ({
      tools: caller.tools.map(({ name, description, inputSchema, annotations }) => ({
        name,
        title: annotations.title,
        description,
        inputSchema,
        annotations,
      })),
    }));
    server.setRequestHandler('tools/call', async ({ params }) => {
      const { text, isError } = await caller.callTool(params.name, params.arguments ?? {});
      return { content: [{ type: 'text', text }], isError };
    });
    server.setRequestHandler('resources/list', async () => ({
      resources: await told(listResources(caller)),
    }));
    server.setRequestHandler('resources/templates/list', () => ({ resourceTemplates }));
    server.setRequestHandler('resources/read', async ({ params }) => ({
      contents: [await told(readResource(caller, params.uri))],
    }));
    server.setRequestHandler('prompts/list', () => ({ prompts }));
    server.setRequestHandler('prompts/get', ({ params }) => {
      if (params.name !== 'investigate')
        throw new ProtocolError(ProtocolErrorCode.InvalidParams, 'the only prompt is investigate');
      return {
        messages: [{ role: 'user', content: { type: 'text', text: promptText(params.arguments ?? {}) } }],
      };
    });
    return server;
  };
}

/** Our own errors keep their words; anything else stays inside. */
async function told<T>(answer: Promise<T>): Promise<T> {
  try {
    return await answer;
  } catch (error) {
    if (!(error instanceof UpkeepError))
      throw new ProtocolError(ProtocolErrorCode.InternalError, 'it failed');
    throw new ProtocolError(ProtocolErrorCode.InvalidParams, error.message);
  }
}
