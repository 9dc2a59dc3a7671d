import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { oncallQuery } from '../api/oncall.ts';
import { configurationQuery } from '../api/queries.ts';
import { PageHead } from '../parts/panel.tsx';
import { Loaded } from '../parts/states.tsx';
import { useTitle } from '../parts/title.ts';
import { EscalationEditor } from './escalation-editor.tsx';

export function EscalationPage() {
  useTitle('Escalation');
  const oncall = useQuery(oncallQuery);
  const configuration = useQuery(configurationQuery);
  return (
    <>
      <PageHead
        above={<Link to="/oncall">On call</Link>}
        title="Edit the escalation"
        lead="What is edited here becomes YAML. The file stays the truth: paste it there, or have it written after a look at what changes."
      />
      <Loaded query={oncall}>
        {(data) => (
          <Loaded query={configuration}>
            {(settings) => (
              <EscalationEditor
                oncall={data}
                notifiers={settings.notifiers.map(({ name }) => name)}
                file={settings.file}
              />
            )}
          </Loaded>
        )}
      </Loaded>
    </>
  );
}
