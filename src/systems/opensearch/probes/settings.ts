import type { Snapshot } from '../../../core/change.ts';
import type { Missing } from '../../../core/sample.ts';
import type { Probe } from '../../../core/system.ts';
import { indexTemplates } from '../answers.ts';
import { ask, type OpensearchConnection, observe, tryAsk } from '../client.ts';
import { changedSettings, readSettings } from '../settings.ts';

export const settings: Probe<OpensearchConnection> = {
  id: 'opensearch.settings',
  summary: 'Settings of the cluster that somebody made, and index templates, for the ledger of changes',
  atMostEveryMs: 30_000,
  metrics: {
    'opensearch.settings.changed': {
      summary: 'Settings of the cluster that somebody made',
      unit: 'count',
      kind: 'gauge',
    },
    'opensearch.templates': { summary: 'Index templates', unit: 'count', kind: 'gauge' },
  },
  run: (conn, ctx) =>
    observe(conn, ctx, async () => {
      const missing: Missing[] = [];
      const made = await tryAsk(conn, missing, ['opensearch.settings.changed'], async () =>
        changedSettings(await readSettings(conn, ctx.signal)),
      );
      const found = await tryAsk(conn, missing, ['opensearch.templates'], () =>
        ask(conn, '_index_template', indexTemplates, ctx.signal),
      );
      const templates = found?.index_templates.map(
        (one) => [one.name, JSON.stringify(one.index_template)] as const,
      );
      const snapshot = (document: string, values: Readonly<Record<string, string>>): Snapshot => ({
        document: `opensearch.${document}`,
        kind: 'configuration',
        values,
      });
      return {
        missing,
        readings: [
          ...(made ? [{ metric: 'opensearch.settings.changed', value: Object.keys(made).length }] : []),
          ...(templates ? [{ metric: 'opensearch.templates', value: templates.length }] : []),
        ],
        snapshots: [
          ...(made ? [snapshot('settings', made)] : []),
          ...(templates ? [snapshot('templates', Object.fromEntries(templates))] : []),
        ],
      };
    }),
};
