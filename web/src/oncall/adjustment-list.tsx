import { type OnCallView, useCancelOverride } from '../api/oncall.ts';
import { formatMoment, formatSpan } from '../format/time.ts';
import { Chip } from '../parts/marks.tsx';
import { Panel } from '../parts/panel.tsx';
import { PermittedButton } from '../parts/permitted-button.tsx';
import rows from '../parts/rows.module.css';
import { Empty } from '../parts/states.tsx';
import { tellDone, tellFailure } from '../parts/tell.ts';

export function AdjustmentList({ oncall }: { oncall: OnCallView }) {
  const cancel = useCancelOverride();
  const nameOf = (id: string) => oncall.people.find((each) => each.id === id)?.name ?? id;
  const amount = oncall.overrides.length + oncall.absences.length;
  return (
    <Panel title="Overrides and absences to come" count={amount} flush>
      {amount === 0 ? (
        <Empty title="The plan holds as it is">Nobody takes over and nobody is away.</Empty>
      ) : (
        <ul aria-label="Overrides and absences">
          {oncall.overrides.map((one) => (
            <li key={`${one.id} ${one.rotation} ${one.person} ${one.from}`} className={rows.row}>
              <div className={rows.what}>
                <p className={rows.marks}>
                  <strong className={rows.title}>{nameOf(one.person)}</strong>
                  <Chip tone="low">{one.replaces === null ? 'takes over' : 'swap'}</Chip>
                </p>
                <p>
                  {one.rotation}
                  {one.replaces === null ? '' : `, the turns of ${nameOf(one.replaces)}`}
                  {one.why === '' ? '' : `: ${one.why}`}
                </p>
                <p className={rows.sub}>
                  {formatMoment(one.from)}, for {formatSpan(one.to - one.from)} · by {one.by}
                </p>
              </div>
              <div className={rows.aside}>
                {one.id === null ? (
                  <Chip tone="quiet">from upkeep.yaml</Chip>
                ) : (
                  <PermittedButton
                    needs="operate"
                    variant="default"
                    size="xs"
                    aria-label={`Take back: ${nameOf(one.person)} in ${one.rotation}`}
                    loading={cancel.isPending && cancel.variables === one.id}
                    onClick={() =>
                      cancel.mutate(one.id ?? '', {
                        onSuccess: () => tellDone('Taken back; the plan holds again'),
                        onError: tellFailure,
                      })
                    }
                  >
                    Take back
                  </PermittedButton>
                )}
              </div>
            </li>
          ))}
          {oncall.absences.map((one) => (
            <li key={`away ${one.person} ${one.from}`} className={rows.row}>
              <div className={rows.what}>
                <p className={rows.marks}>
                  <strong className={rows.title}>{nameOf(one.person)}</strong>
                  <Chip tone="quiet">away</Chip>
                </p>
                <p className={rows.sub}>
                  {formatMoment(one.from)}, for {formatSpan(one.to - one.from)}
                  {one.why === '' ? '' : ` · ${one.why}`}
                </p>
              </div>
            </li>
          ))}
        </ul>
      )}
    </Panel>
  );
}
