import { Button } from '@mantine/core';
import { IconWand } from '@tabler/icons-react';
import { useMutation } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { requestTuning } from '../api/rules.ts';
import { CodeText } from '../parts/copy.tsx';
import { Chip } from '../parts/marks.tsx';
import { Panel } from '../parts/panel.tsx';
import rows from '../parts/rows.module.css';
import { Empty, Failed, Loading } from '../parts/states.tsx';

/** Asked for by hand: each proposal is replayed over what is stored. */
export function TuningPanel() {
  const tuning = useMutation({ mutationFn: requestTuning });
  return (
    <Panel
      title="Which rules cost more than they help?"
      flush
      aside={
        <Button
          variant="default"
          size="xs"
          leftSection={<IconWand size={15} />}
          loading={tuning.isPending}
          onClick={() => tuning.mutate()}
        >
          Look at the last 30 days
        </Button>
      }
    >
      {tuning.isPending ? <Loading rows={2} /> : null}
      {tuning.isError ? <Failed error={tuning.error} retry={() => tuning.mutate()} /> : null}
      {tuning.isIdle ? (
        <Empty title="Noisy, never acted on, flapping or late">
          Each gets a proposal, computed by playing it over what was stored.
        </Empty>
      ) : null}
      {tuning.data === undefined ? null : tuning.data.advice.length === 0 ? (
        <Empty title="No rule needs attention" />
      ) : (
        <ul aria-label="Advice on rules">
          {tuning.data.advice.map((one) => (
            <li key={`${one.rule} ${one.target}`} className={rows.row}>
              <div className={rows.what}>
                <p className={rows.marks}>
                  <Link to="/rules/$rule" params={{ rule: one.rule }} className={rows.title}>
                    {one.rule}
                  </Link>
                  <span>on {one.target}</span>
                  {one.faults.map((fault) => (
                    <Chip key={fault} tone="warning">
                      {fault}
                    </Chip>
                  ))}
                </p>
                <p>{one.why}</p>
                {one.unproposed === null ? null : <p>{one.unproposed}</p>}
                {one.proposal === null ? null : (
                  <>
                    <p>This proposal {one.proposal.words}:</p>
                    <CodeText text={one.proposal.set} what="proposal" />
                  </>
                )}
              </div>
            </li>
          ))}
        </ul>
      )}
    </Panel>
  );
}
