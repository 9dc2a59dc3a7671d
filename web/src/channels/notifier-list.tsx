import { IconBellOff, IconSend } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { type NotifierView, notifiersQuery, useTestNotifier } from '../api/channels.ts';
import { count } from '../format/words.ts';
import { Age } from '../parts/age.tsx';
import { Chip } from '../parts/marks.tsx';
import { Panel } from '../parts/panel.tsx';
import { PermittedButton } from '../parts/permitted-button.tsx';
import rows from '../parts/rows.module.css';
import { Empty, Loaded } from '../parts/states.tsx';
import styles from './channels.module.css';

export function NotifierList() {
  const notifiers = useQuery(notifiersQuery);
  return (
    <Panel title="Notifiers" count={notifiers.data?.length} flush>
      <Loaded query={notifiers}>
        {(list) =>
          list.length === 0 ? (
            <Empty icon={<IconBellOff size={28} />} title="Nobody is told">
              Name a notifier under <code>notify:</code> in upkeep.yaml and call it in the escalation.
            </Empty>
          ) : (
            <ul aria-label="Notifiers">
              {list.map((one) => (
                <Row key={one.name} one={one} />
              ))}
            </ul>
          )
        }
      </Loaded>
    </Panel>
  );
}

const healths = {
  works: { word: 'works', tone: 'ok' },
  fails: { word: 'fails', tone: 'critical' },
  unused: { word: 'not used yet', tone: 'unknown' },
} as const;

function Row({ one }: { one: NotifierView }) {
  const test = useTestNotifier();
  const { word, tone } = healths[one.health];
  return (
    <li className={rows.row}>
      <div className={rows.what}>
        <p className={rows.marks}>
          <strong className={rows.title}>{one.name}</strong>
          <span className={rows.sub}>{one.kind}</span>
          <Chip tone={tone}>{word}</Chip>
          {one.waiting > 0 ? <Chip tone="warning">{count(one.waiting, 'message')} waiting</Chip> : null}
        </p>
        <p className={rows.sub}>
          {one.lastDeliveredAt === null ? (
            one.health === 'unused' ? (
              'Nothing is known of it until it took a message: send a test'
            ) : (
              'Nothing ever arrived'
            )
          ) : (
            <>
              Last message <Age at={one.lastDeliveredAt} />
            </>
          )}
          {one.oldestWaitingAt === null ? null : (
            <>
              {' '}
              · the oldest that waits was written <Age at={one.oldestWaitingAt} />
            </>
          )}
          {one.fallback === null ? '' : ` · falls back to ${one.fallback}`}
        </p>
        {one.health !== 'fails' ? null : (
          <p className={styles.failure}>
            {one.failingSince === null ? null : (
              <>
                First failed <Age at={one.failingSince} />:{' '}
              </>
            )}
            {one.lastFailure ?? 'why is unknown'}
            {one.failuresInARow > 1 ? `, ${one.failuresInARow} times in a row` : ''}
            {one.openUntil === null ? null : (
              <>
                {' '}
                · tried again <Age at={one.openUntil} />
              </>
            )}
          </p>
        )}
        <p className={styles.result} role="status" data-tone={test.data?.ok ? 'ok' : 'critical'}>
          {test.isError ? test.error.message : null}
          {test.data === undefined
            ? null
            : test.data.ok
              ? `The test arrived after ${test.data.ms} ms.`
              : `The test failed: ${test.data.detail}`}
        </p>
      </div>
      <PermittedButton
        needs="operate"
        variant="default"
        size="xs"
        leftSection={<IconSend size={15} />}
        loading={test.isPending}
        onClick={() => test.mutate(one.name)}
        aria-label={`Send a test by ${one.name}`}
      >
        Send a test
      </PermittedButton>
    </li>
  );
}
