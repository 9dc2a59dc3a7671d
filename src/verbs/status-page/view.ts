import type { StatusPageView } from '../../core/status-page.ts';
import { UpkeepError } from '../../core/verb.ts';
import type { Rendered } from '../../practices/status-page/index.ts';

export function viewOf({ page, files, settings }: Rendered, problem: string | null): StatusPageView {
  return {
    title: page.title,
    access: settings.access,
    overall: page.overall,
    components: page.components.map(({ name, group, state, uptime }) => ({ name, group, state, uptime })),
    openIncidents: page.incidents.filter(({ resolvedAt }) => resolvedAt === null).map(({ title }) => title),
    folder: settings.folder,
    files: files.size,
    writtenAt: page.writtenAt,
    problem,
  };
}

/** @throws UpkeepError not-found where no page is configured */
export function configured(rendered: Rendered | null): Rendered {
  if (rendered) return rendered;
  throw new UpkeepError('not-found', 'there is no status page; add statusPage: to upkeep.yaml');
}
