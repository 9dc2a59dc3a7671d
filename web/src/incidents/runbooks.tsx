import { Panel } from '../parts/panel.tsx';
import { Prose } from '../parts/prose.tsx';
import styles from './runbooks.module.css';

export function Runbooks({
  runbooks,
}: {
  runbooks: readonly { readonly rule: string; readonly text: string }[];
}) {
  if (runbooks.length === 0) return null;
  return (
    <Panel title="Runbook" id="runbook" count={runbooks.length > 1 ? runbooks.length : undefined} flush>
      {runbooks.map(({ rule, text }, index) => (
        <details key={rule} className={styles.runbook} open={index === 0}>
          <summary>
            <code>{rule}</code>
          </summary>
          <Prose text={text} />
        </details>
      ))}
    </Panel>
  );
}
