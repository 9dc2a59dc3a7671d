import { useQuery } from '@tanstack/react-query';
import { reportQuery } from '../api/queries.ts';
import { CopyWide } from '../parts/copy.tsx';
import { PageHead, Panel } from '../parts/panel.tsx';
import { Prose } from '../parts/prose.tsx';
import { Loaded } from '../parts/states.tsx';
import { useTitle } from '../parts/title.ts';

export function ReportPage() {
  useTitle('Daily report');
  const report = useQuery(reportQuery);
  return (
    <>
      <PageHead
        title="Daily report"
        lead="The last 24 hours: what ran, what did not, and what was done."
        aside={
          report.data === undefined ? undefined : <CopyWide value={report.data.markdown} what="as Markdown" />
        }
      />
      <Panel title="Last 24 hours">
        <Loaded query={report}>{(data) => <Prose text={data.markdown} />}</Loaded>
      </Panel>
    </>
  );
}
