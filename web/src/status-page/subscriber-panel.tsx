import { IconMail } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import type { SubscriberView } from '../../../src/core/status-page.ts';
import { subscribersQuery, useRemoveSubscriber } from '../api/status-page.ts';
import { Age } from '../parts/age.tsx';
import { ConfirmedButton } from '../parts/confirmed-button.tsx';
import { Chip } from '../parts/marks.tsx';
import { Panel } from '../parts/panel.tsx';
import rows from '../parts/rows.module.css';
import { Empty, Loaded } from '../parts/states.tsx';
import { tellDone, tellFailure } from '../parts/tell.ts';

export function SubscriberPanel() {
  const subscribers = useQuery(subscribersQuery);
  return (
    <Panel title="Subscribers by mail" count={subscribers.data?.length} flush>
      <Loaded query={subscribers} rows={2}>
        {(list) =>
          list.length === 0 ? (
            <Empty icon={<IconMail size={26} />} title="Nobody is subscribed">
              Readers subscribe on the page itself where <code>subscriptions</code> names an e-mail notifier.
            </Empty>
          ) : (
            <ul aria-label="Subscribers">
              {list.map((one) => (
                <Row key={one.id} one={one} />
              ))}
            </ul>
          )
        }
      </Loaded>
    </Panel>
  );
}

function Row({ one }: { one: SubscriberView }) {
  const remove = useRemoveSubscriber();
  return (
    <li className={rows.row}>
      <div className={rows.what}>
        <p className={rows.marks}>
          <strong className={rows.title}>{one.address}</strong>
          {one.confirmedAt === null ? <Chip tone="warning">not confirmed yet</Chip> : null}
        </p>
        <p className={rows.sub}>
          {one.confirmedAt === null ? 'asked ' : 'confirmed '}
          <Age at={one.confirmedAt ?? one.createdAt} />
        </p>
      </div>
      <div className={rows.aside}>
        <ConfirmedButton
          needs="admin"
          word="Remove"
          what={one.address}
          isBusy={remove.isPending}
          onConfirm={() =>
            remove.mutate(one.address, {
              onSuccess: () => tellDone(`${one.address} gets no more mails`),
              onError: tellFailure,
            })
          }
        />
      </div>
    </li>
  );
}
