/** A real Alertmanager on a free port, without a cluster. */
import type { Binary } from './installed.ts';
import { type ListeningServer, startListening } from './listening.ts';

export const alertmanagerServer: Binary = { name: 'prometheus-alertmanager', apt: 'prometheus-alertmanager' };

/** @param configuration text of alertmanager.yml */
export function startAlertmanager(configuration: string): Promise<ListeningServer> {
  return startListening({
    binary: alertmanagerServer,
    files: () => ({ 'alertmanager.yml': configuration }),
    args: (port, folder) => [
      `--config.file=${folder}/alertmanager.yml`,
      `--storage.path=${folder}/data`,
      `--web.listen-address=127.0.0.1:${port}`,
      '--cluster.listen-address=',
    ],
    ready: /Listening on|server is listening|address=127/i,
  });
}
