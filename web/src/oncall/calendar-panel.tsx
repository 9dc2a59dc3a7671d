import { NativeSelect } from '@mantine/core';
import { IconCalendarShare } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import type { FeedView } from '../../../src/core/oncall/view.ts';
import { feedsQuery, type OnCallView, useEndFeed, useGiveFeed } from '../api/oncall.ts';
import { Age } from '../parts/age.tsx';
import { ConfirmedButton } from '../parts/confirmed-button.tsx';
import { FormDialog } from '../parts/form-dialog.tsx';
import { Panel } from '../parts/panel.tsx';
import { PermittedButton } from '../parts/permitted-button.tsx';
import rows from '../parts/rows.module.css';
import { ShownOnce } from '../parts/shown-once.tsx';
import { Empty, Loaded } from '../parts/states.tsx';
import { tellDone, tellFailure } from '../parts/tell.ts';

type Feed = Pick<FeedView, 'kind' | 'name'>;

export function CalendarPanel({ oncall }: { oncall: OnCallView }) {
  const feeds = useQuery(feedsQuery);
  const [isGiving, setGiving] = useState(false);
  const words = ({ kind, name }: Feed) =>
    kind === 'rotation'
      ? `Turns of the rotation ${name}`
      : `Turns of ${oncall.people.find(({ id }) => id === name)?.name ?? name}`;
  return (
    <Panel
      title="Calendars to subscribe to"
      count={feeds.data?.length}
      flush
      aside={
        <PermittedButton
          needs="operate"
          variant="default"
          size="xs"
          leftSection={<IconCalendarShare size={15} />}
          onClick={() => setGiving(true)}
        >
          Make an address
        </PermittedButton>
      }
    >
      <Loaded query={feeds} rows={2}>
        {(list) =>
          list.length === 0 ? (
            <Empty title="No address was given out">
              A calendar app that subscribes to one shows the turns of a person or a rotation.
            </Empty>
          ) : (
            <ul aria-label="Calendars">
              {list.map((feed) => (
                <Row key={`${feed.kind} ${feed.name}`} feed={feed} words={words(feed)} />
              ))}
            </ul>
          )
        }
      </Loaded>
      {isGiving ? <GiveDialog oncall={oncall} onClose={() => setGiving(false)} /> : null}
    </Panel>
  );
}

function Row({ feed, words }: { feed: FeedView; words: string }) {
  const end = useEndFeed();
  return (
    <li className={rows.row}>
      <div className={rows.what}>
        <strong className={rows.title}>{words}</strong>
        <p className={rows.sub}>
          address given out <Age at={feed.createdAt} /> by {feed.createdBy}
        </p>
      </div>
      <div className={rows.aside}>
        <ConfirmedButton
          needs="operate"
          word="Revoke"
          what={words}
          isBusy={end.isPending}
          onConfirm={() =>
            end.mutate(feed, {
              onSuccess: () => tellDone('Revoked; the address opens nothing any more'),
              onError: tellFailure,
            })
          }
        />
      </div>
    </li>
  );
}

function GiveDialog({ oncall, onClose }: { oncall: OnCallView; onClose: () => void }) {
  const give = useGiveFeed();
  const choices = [
    ...oncall.people.map(({ id, name }) => ({ value: `person:${id}`, label: name })),
    ...oncall.rotations.map(({ name }) => ({ value: `rotation:${name}`, label: `rotation ${name}` })),
  ];
  const [chosen, setChosen] = useState(choices[0]?.value ?? '');
  if (give.data !== undefined)
    return (
      <ShownOnce title="Subscribe to this address" secret={give.data.url} what="address" onClose={onClose}>
        <p>Whoever has the address may read this calendar and nothing else.</p>
      </ShownOnce>
    );
  const colon = chosen.indexOf(':');
  const name = chosen.slice(colon + 1);
  return (
    <FormDialog
      title="An address for a calendar app"
      submit="Make it"
      size="md"
      isBusy={give.isPending}
      isReady={name !== ''}
      error={give.error}
      onClose={onClose}
      onSubmit={() => give.mutate(chosen.startsWith('person:') ? { person: name } : { rotation: name })}
    >
      <NativeSelect
        label="Whose turns"
        description="An address given out before for the same turns ends."
        data={choices}
        value={chosen}
        onChange={(event) => setChosen(event.currentTarget.value)}
      />
    </FormDialog>
  );
}
