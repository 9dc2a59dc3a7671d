import { Button } from '@mantine/core';
import { IconMail } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import type { SubscriberView } from '../../../src/core/status-page.ts';
import { subscribersQuery, useRemoveSubscriber } from '../api/status-page.ts';
import { Age } from '../parts/age.tsx';
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
  const [isSure, setSure] = useState(false);
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
        <Button
          size="xs"
          {...(isSure ? { color: 'red' } : { variant: 'default' })}
          loading={remove.isPending}
          aria-label={`${isSure ? 'Remove now' : 'Remove…'} ${one.address}`}
          onClick={() =>
            isSure
              ? remove.mutate(one.address, {
                  onSuccess: () => tellDone(`${one.address} gets no more mails`),
                  onError: tellFailure,
                })
              : setSure(true)
          }
        >
          {isSure ? 'Remove now' : 'Remove…'}
        </Button>
        {isSure ? (
          <Button size="xs" variant="default" onClick={() => setSure(false)}>
            Keep
          </Button>
        ) : null}
      </div>
    </li>
  );
}
